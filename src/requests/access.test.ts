/** Access control: identities, matching, and what an ACL becomes when it is stored. */
import { deepEqual, equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { utf8 } from "../base/bytes.ts";
import { Permission } from "../records/constants.ts";
import type { Acl, Id } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { Access } from "./access.ts";
import { digest, world } from "./auth-scheme.ts";
import { ip } from "./ip-scheme.ts";

const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("base64");
const BOB = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
const scheme = digest(sha1, "root:cHZ");
const access = new Access([world, ip, scheme], false);

const fromHere: Id = { scheme: "ip", id: "10.1.2.3" };
const bob: Id = { scheme: "digest", id: BOB };
const entry = (perms: number, name: string | null, id: string | null): Acl => ({
  perms,
  scheme: name,
  id,
});

test("digest identities are those of the reference (captured from 3.8.0)", () => {
  deepEqual(scheme.authenticate(utf8("bob:pw"), ""), [bob]);
  deepEqual(scheme.authenticate(utf8("alice:secret"), ""), [
    { scheme: "digest", id: "alice:aYXlLOpEooaV1cRAvUL1fp9Qt7E=" },
  ]);
});

test("the super digest adds the super identity before its own", () => {
  const own = `admin:${sha1(utf8("admin:x"))}`;
  const ids = digest(sha1, own).authenticate(utf8("admin:x"), "");
  deepEqual(ids, [
    { scheme: "super", id: "" },
    { scheme: "digest", id: own },
  ]);
});

const permitted: ReadonlyArray<
  readonly [why: string, acl: readonly Acl[], needed: number, ids: readonly Id[], want: boolean]
> = [
  ["an empty list allows", [], Permission.ADMIN, [], true],
  ["everybody", [entry(31, "world", "anyone")], Permission.READ, [fromHere], true],
  ["the bit is missing", [entry(1, "world", "anyone")], Permission.WRITE, [fromHere], false],
  ["any of the needed bits", [entry(16, "world", "anyone")], 1 | 16, [fromHere], true],
  ["the same digest", [entry(31, "digest", BOB)], Permission.READ, [fromHere, bob], true],
  ["another digest", [entry(31, "digest", "eve:x")], Permission.READ, [bob], false],
  ["an address", [entry(31, "ip", "10.1.2.3")], Permission.READ, [fromHere], true],
  ["a network", [entry(31, "ip", "10.1.0.0/16")], Permission.READ, [fromHere], true],
  ["a network of odd width", [entry(31, "ip", "10.1.3.0/23")], Permission.READ, [fromHere], true],
  ["another network", [entry(31, "ip", "10.2.0.0/16")], Permission.READ, [fromHere], false],
  ["an unknown scheme", [entry(31, "nobody", "x")], Permission.READ, [fromHere], false],
  ["super", [entry(0, "digest", "x:y")], 31, [{ scheme: "super", id: "" }], true],
];
for (const [why, acl, needed, ids, want] of permitted) {
  test(`access: ${why}`, () => equal(access.permits(acl, needed, ids), want));
}

test("skipACL allows everything", () => {
  equal(new Access([world], true).permits([entry(0, "x", "y")], 31, []), true);
});

const normalised: ReadonlyArray<
  readonly [why: string, acl: readonly Acl[] | null, want: readonly Acl[] | number]
> = [
  ["null", null, ErrorCode.InvalidACL],
  ["empty", [], ErrorCode.InvalidACL],
  [
    "duplicates go",
    [entry(1, "world", "anyone"), entry(1, "world", "anyone")],
    [entry(1, "world", "anyone")],
  ],
  ["auth becomes who is authenticated", [entry(7, "auth", "")], [entry(7, "digest", BOB)]],
  ["auth with a null id, as kazoo sends it", [entry(7, "auth", null)], [entry(7, "digest", BOB)]],
  ["a null id of a known scheme", [entry(1, "world", null)], ErrorCode.MarshallingError],
  ["a null scheme", [entry(1, null, "x")], ErrorCode.InvalidACL],
  ["world but not anyone", [entry(1, "world", "me")], ErrorCode.InvalidACL],
  ["an unknown scheme", [entry(1, "nobody", "x")], ErrorCode.InvalidACL],
  [
    "strange permission bits are kept",
    [entry(255, "world", "anyone")],
    [entry(255, "world", "anyone")],
  ],
];
const outcome = (acl: readonly Acl[] | null, ids: readonly Id[]) => {
  const normalised = access.normalise(acl, ids);
  return normalised.kind === "valid" ? normalised.acl : normalised.err;
};
for (const [why, acl, want] of normalised) {
  test(`normalised: ${why}`, () => deepEqual(outcome(acl, [fromHere, bob]), want));
}

test("auth leaves the super identity out, as 3.8.0 does", () => {
  const ids = [{ scheme: "super", id: "" }, bob];
  deepEqual(outcome([entry(7, "auth", "")], ids), [entry(7, "digest", BOB)]);
});

test("auth without anybody authenticated is invalid", () => {
  equal(outcome([entry(1, "auth", "")], [fromHere]), ErrorCode.InvalidACL);
});

const ids: ReadonlyArray<readonly [scheme: typeof ip, id: string, valid: boolean]> = [
  [scheme, "a:b", true],
  [scheme, ":x", true],
  [scheme, "x:", false],
  [scheme, "a:b:c", false],
  [scheme, "a", false],
  [ip, "1.2.3.4", true],
  [ip, "1.2.3.4/32", true],
  [ip, "1.2.3.4/33", false],
  [ip, "1.2.3", false],
  [ip, "1.2.3.256", false],
  [ip, "::1", true],
  [ip, "fe80::1%eth0", true],
  [ip, "2001:db8::/32", true],
  [ip, "::ffff:1.2.3.4", true],
  [ip, "1::2::3", false],
  [ip, "1:2:3:4:5:6:7:8:9", false],
  [ip, "1.2.3.4/x", false],
];
for (const [of, id, valid] of ids) {
  test(`${of.name} id ${id} is ${valid ? "valid" : "invalid"}`, () => equal(of.isValid(id), valid));
}
