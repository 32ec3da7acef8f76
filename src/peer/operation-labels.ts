/** The four letters by which `cons` names an operation. From: the reference's `Request.op2String`. */
import { OpCode } from "../records/op-codes.ts";

const labels = new Map<number, string>([
  [OpCode.notification, "NOTI"],
  [OpCode.create, "CREA"],
  [OpCode.create2, "CRE2"],
  [OpCode.createTTL, "CRET"],
  [OpCode.createContainer, "CREC"],
  [OpCode.delete, "DELE"],
  [OpCode.exists, "EXIS"],
  [OpCode.getData, "GETD"],
  [OpCode.setData, "SETD"],
  [OpCode.sync, "SYNC"],
  [OpCode.getACL, "GETA"],
  [OpCode.setACL, "SETA"],
  [OpCode.getChildren, "GETC"],
  [OpCode.getChildren2, "GETC"],
  [OpCode.getEphemerals, "GETE"],
  [OpCode.getAllChildrenNumber, "GETACN"],
  [OpCode.ping, "PING"],
  [OpCode.check, "CHEC"],
  [OpCode.multi, "MULT"],
  [OpCode.multiRead, "MULT"],
  [OpCode.setWatches, "SETW"],
  [OpCode.setWatches2, "SETW"],
  [OpCode.createSession, "SESS"],
  [OpCode.closeSession, "CLOS"],
  [OpCode.error, "ERRO"],
]);

export const operationLabel = (code: number): string => labels.get(code) ?? "UNKN";
