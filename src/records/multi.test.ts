/** Multi requests and results that cannot be: what is refused, and how. */
import { throws } from "node:assert/strict";
import { test } from "node:test";
import { bytesOfHex } from "../base/bytes.ts";
import { ProtocolError, type ProtocolErrorCode } from "../base/errors.ts";
import { JuteReader } from "../jute/reader.ts";
import { readMultiOps, readMultiResults } from "./multi.ts";

const END = "ffffffff 01 ffffffff";
const CHECK = "0000000d 00 ffffffff 00000002 2f61 00000000";
const GET = "00000004 00 ffffffff 00000002 2f61 00";

type Row = readonly [why: string, hex: string, reads: boolean, code: ProtocolErrorCode];
const rows: readonly Row[] = [
  ["no end", CHECK, false, "RECORD_TOO_SHORT"],
  ["nothing at all", "", false, "RECORD_TOO_SHORT"],
  ["a read among writes", `${CHECK} ${GET} ${END}`, false, "MIXED_MULTI"],
  ["a write among reads", `${GET} ${CHECK} ${END}`, true, "MIXED_MULTI"],
  ["setACL, which has no place", `00000007 00 ffffffff ${END}`, false, "UNKNOWN_TYPE"],
  ["a multi in a multi", `0000000e 00 ffffffff ${END}`, false, "UNKNOWN_TYPE"],
  ["an unknown type", `0000004d 00 ffffffff ${END}`, false, "UNKNOWN_TYPE"],
  ["an end that is none: type -1, not done", `ffffffff 00 ffffffff ${END}`, false, "UNKNOWN_TYPE"],
  ["an element cut short", "0000000d 00 ffffffff 00000002 2f61 0000", false, "RECORD_TOO_SHORT"],
  ["an element with a null path", `0000000d 00 ffffffff ffffffff ${END}`, false, "UNEXPECTED_NULL"],
];
for (const [why, hex, reads, code] of rows) {
  test(`refuses a ${reads ? "multiRead" : "multi"} with ${why}`, () =>
    throws(
      () => readMultiOps(new JuteReader(bytesOfHex(hex)), reads),
      (error) => error instanceof ProtocolError && error.code === code,
    ));
}

test("refuses a result of a type that no result has", () =>
  throws(
    () => readMultiResults(new JuteReader(bytesOfHex(`00000007 00 00000000 ${END}`))),
    (error) => error instanceof ProtocolError && error.code === "UNKNOWN_TYPE",
  ));
