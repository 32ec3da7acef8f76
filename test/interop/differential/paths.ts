/**
 * What a script draws its paths, ACL lists, versions and data from: mostly right, now and then
 * wrong.
 */
import { utf8 } from "../../../src/base/bytes.ts";
import type { Prng } from "../../../src/base/prng.ts";
import { type Acl, OPEN_ACL } from "../../../src/records/data.ts";

const NAMES = ["a", "b", "s-0000000000", "s-0000000001", "s-0000000002", "ü"];
/**
 * How deep a path is; mostly shallow, so that one part of the script meets what another part made.
 */
const DEPTHS = [1, 1, 1, 1, 2, 2, 2, 2, 2, 3];

/** Refused by some operations and answered by others: which, and how, is what the script asks. */
export const INVALID_PATHS: readonly string[] = [
  "",
  "a",
  "/a/",
  "//",
  "/a//b",
  "/a/./b",
  "/a/../b",
  "/..",
  "/a\u0000b",
  "/a\u0001b",
  "/a\u007fb",
  "/a\u0085b",
  "/a\ue000b",
  "/a\uffffb",
  "/a\u{1f600}b",
];
const RESERVED = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];

const BOB = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
const ALICE = "alice:pPw62YUHT/t0i1qnSZ8xbXwfLeQ=";
const entry = (perms: number, scheme: string | null, id: string | null): Acl => ({
  perms,
  scheme,
  id,
});

const VALID_ACLS: readonly (readonly Acl[])[] = [
  [entry(31, "digest", BOB)],
  [entry(31, "digest", BOB), entry(1, "world", "anyone")],
  [entry(31, "digest", ALICE), entry(31, "digest", BOB)],
  [entry(31, "ip", "127.0.0.1")],
  [entry(7, "ip", "127.0.0.0/8"), entry(7, "ip", "127.0.0.0/8")],
  [entry(1, "ip", "10.0.0.0/8"), entry(30, "world", "anyone")],
  [entry(31, "auth", "")],
  [entry(0, "world", "anyone"), entry(255, "digest", ALICE)],
  [entry(31, "ip", "127.0.0.1/0"), entry(9, "world", "anyone")],
];
const INVALID_ACLS: readonly (readonly Acl[] | null)[] = [
  null,
  [],
  [entry(31, "digest", "x:")],
  [entry(31, "digest", "a:b:c")],
  [entry(31, "digest", "nocolon")],
  [entry(31, "digest", "")],
  [entry(31, "nobody", "x")],
  [entry(31, "ip", "999.1.1.1")],
  [entry(31, "ip", "127.0.0.1/33")],
  [entry(31, "ip", "127.0.0.1/-1")],
  [entry(31, "ip", "localhost")],
  [entry(31, "world", "someone")],
  [entry(31, null, "anyone")],
  [entry(31, "world", null)],
  [entry(31, "world", "anyone"), entry(31, "nobody", "x")],
];

/** A path that may well exist. */
export function drawPath(prng: Prng): string {
  const depth = prng.pick(DEPTHS);
  let path = "";
  for (let level = 0; level < depth; level++) path += `/${prng.pick(NAMES)}`;
  return path;
}

/** As `drawPath`, with reserved and invalid ones between. */
export function drawAnyPath(prng: Prng): string {
  const chance = prng.below(100);
  if (chance < 4) return prng.pick(INVALID_PATHS);
  if (chance < 7) return prng.pick(RESERVED);
  return drawPath(prng);
}

export function drawAcl(prng: Prng): readonly Acl[] | null {
  const chance = prng.below(100);
  if (chance < 80) return OPEN_ACL;
  return chance < 95 ? prng.pick(VALID_ACLS) : prng.pick(INVALID_ACLS);
}

export function drawVersion(prng: Prng): number {
  const chance = prng.below(100);
  if (chance < 55) return -1;
  if (chance < 92) return prng.below(3);
  return prng.pick([-2, 99, 2_147_483_647, -2_147_483_648]);
}

export function drawData(prng: Prng): Uint8Array | null {
  const chance = prng.below(100);
  if (chance < 15) return null;
  if (chance < 30) return new Uint8Array(0);
  if (chance < 33) return new Uint8Array(3_000).fill(0x62);
  return utf8(`data ${prng.below(1_000)}`);
}

/** Whether everybody may read what has this list. */
export const isReadable = (acl: readonly Acl[] | null): boolean =>
  acl?.some(({ perms, scheme }) => scheme === "world" && (perms & 1) !== 0) ?? false;
