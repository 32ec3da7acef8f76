/** Our mistakes and theirs: what is thrown and how it reads. */
import { equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { AssertionFailed, assert, unreachable } from "./assert.ts";
import { ProtocolError } from "./errors.ts";

test("an assertion lets what holds pass and stops what does not", () => {
  assert(true, "truth holds");
  throws(() => assert(false, "commits move forward"), new AssertionFailed("commits move forward"));
});

test("an unreachable branch names the value that reached it", () =>
  throws(() => unreachable({ kind: "x" } as never), /unreachable: \{"kind":"x"\}/));

test("a protocol error has a code to tell it by, and its details for the log", () => {
  const error = new ProtocolError("FRAME_TOO_LARGE", { length: 9, limit: 8n, first: true });
  equal(error.code, "FRAME_TOO_LARGE");
  equal(error.message, "FRAME_TOO_LARGE length=9 limit=8 first=true");
  equal(new ProtocolError("BAD_VALUE").message, "BAD_VALUE");
});
