/** Arguments and what becomes of them, as tables. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ErrorCode } from "../records/error-codes.ts";
import { permsOf, permsText } from "./acl.ts";
import { BadArgumentsError, keeperError, UnknownCodeError } from "./keeper-error.ts";
import { op } from "./multi.ts";
import { clientOptions } from "./options.ts";
import { type CreateOptions, creation } from "./requests.ts";

describe("creation", () => {
  const rows: ReadonlyArray<
    readonly [options: CreateOptions, kind: string, flags: number, ttl: bigint]
  > = [
    [{}, "create", 0, 0n],
    [{ mode: "ephemeral" }, "create", 1, 0n],
    [{ mode: "persistentSequential" }, "create", 2, 0n],
    [{ mode: "ephemeralSequential" }, "create", 3, 0n],
    [{ mode: "container" }, "createContainer", 4, 0n],
    [{ mode: "persistentWithTtl", ttlMs: 5 }, "createTTL", 5, 5n],
    [{ mode: "persistentSequentialWithTtl", ttlMs: 2 ** 40 - 1 }, "createTTL", 6, 2n ** 40n - 1n],
  ];
  for (const [options, kind, flags, ttl] of rows) {
    test(options.mode ?? "no mode", () => {
      const made = creation("/a", "x", options);
      assert.equal(made.kind, kind);
      assert.equal(made.request.flags, flags);
      assert.equal(made.request.ttl, ttl);
    });
  }
  const refused: ReadonlyArray<readonly [why: string, path: string, options: CreateOptions]> = [
    ["a path that is none", "a", {}],
    ["a path that ends with /", "/a/", {}],
    ["TTL without its mode", "/a", { ttlMs: 5 }],
    ["the mode without TTL", "/a", { mode: "persistentWithTtl" }],
    ["TTL 0", "/a", { mode: "persistentWithTtl", ttlMs: 0 }],
    ["TTL above 40 bits", "/a", { mode: "persistentWithTtl", ttlMs: 2 ** 40 }],
    ["half a ms", "/a", { mode: "persistentWithTtl", ttlMs: 0.5 }],
    ["a mode that is none", "/a", { mode: "eternal" as "persistent" }],
  ];
  for (const [why, path, options] of refused) {
    test(`refuses ${why}`, () =>
      assert.throws(() => creation(path, null, options), BadArgumentsError));
  }
  test("a sequential path may end with /", () => {
    assert.equal(creation("/a/", null, { mode: "persistentSequential" }).request.path, "/a/");
  });
});

test("operations of a multi check their arguments", () => {
  assert.throws(() => op.delete("a"), BadArgumentsError);
  assert.throws(() => op.check("/a", 1.5), BadArgumentsError);
  assert.throws(() => op.setData("/a", null, 2 ** 31), BadArgumentsError);
  assert.deepEqual(op.delete("/a"), { kind: "delete", request: { path: "/a", version: -1 } });
});

test("every code of the protocol has an error class of its own", () => {
  const about = { operation: "x", path: "/x", ambiguous: false };
  const classes = new Set<unknown>();
  for (const [name, code] of Object.entries(ErrorCode)) {
    if (name === "Ok") continue;
    const error = keeperError(code, about);
    assert.equal(error.code, name);
    assert.equal(error.name, error.constructor.name);
    classes.add(error.constructor);
  }
  assert.equal(classes.size, Object.keys(ErrorCode).length - 1);
  const unknown = keeperError(-999, about);
  assert(unknown instanceof UnknownCodeError && unknown.err === -999);
});

test("a doubtful write says so", () => {
  const error = keeperError(ErrorCode.ConnectionLoss, {
    operation: "setData",
    path: "/x",
    ambiguous: true,
  });
  assert.match(error.message, /^setData \/x: connection lost before the reply; it may have been/);
});

test("permissions as letters", () => {
  for (let perms = 0; perms <= 31; perms++) assert.equal(permsOf(permsText(perms)), perms);
  assert.equal(permsText(31), "cdrwa");
  assert.equal(permsOf("x"), undefined);
});

test("options", () => {
  const options = clientOptions("a:1,b:2/app", {});
  assert.equal(options.timeoutMs, 30_000);
  assert.equal(options.chroot, "/app");
  assert.throws(() => clientOptions("", {}), RangeError);
  assert.throws(() => clientOptions("a", { timeoutMs: 0 }), RangeError);
  assert.throws(() => clientOptions("a", { timeoutMs: 2 ** 31 }), RangeError);
});
