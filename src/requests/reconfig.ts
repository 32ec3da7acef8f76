/**
 * reconfig: changes the members of an ensemble. A standalone server has none: it refuses, first
 * because reconfiguration is not switched on, then because it cannot. From: specification 2.10
 * (order of checks).
 */
import { ReconfigRequest } from "../records/client.ts";
import { OpCode } from "../records/op-codes.ts";
import { noBody, refuse, write } from "./operation.ts";

export const reconfig = write({
  code: OpCode.reconfig,
  body: ReconfigRequest,
  prepare: ({ settings }) =>
    refuse(settings.reconfigEnabled ? "Unimplemented" : "ReconfigDisabled"),
  reply: noBody,
});
