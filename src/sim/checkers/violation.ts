/** What a checker finds: a promise that a history breaks, as a value. */
import { describeId, type Zxid } from "../../base/ids.ts";
import type { CallId } from "../history.ts";

export type CheckerName =
  | "writes"
  | "reads"
  | "sessionOrder"
  | "watches"
  | "replicas"
  | "leaders"
  | "ephemerals"
  | "locks"
  | "liveness"
  | "registers"
  | "protocol"
  | "readOnly";

export type Violation = {
  readonly checker: CheckerName;
  /** A sentence for people. */
  readonly what: string;
  /** The calls that show it; empty where servers alone do. */
  readonly where: readonly CallId[];
};

/** Where a checker puts what it finds. */
export type Found = (what: string, ...where: readonly CallId[]) => void;

export const collector =
  (checker: CheckerName, into: Violation[]): Found =>
  (what, ...where) => {
    into.push({ checker, what, where });
  };

/** `epoch:counter`, as people compare zxids. */
export const showZxid = (zxid: Zxid): string =>
  `${zxid >> 32n}:${BigInt.asUintN(32, zxid).toString()}`;
export const showId = describeId;
