/** Access control lists as text: `scheme:id:crwda,...`, and the lists that programs use most. */
import { Permission } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";

/**
 * Whoever creates may do everything: for clients that proved an identity.
 * @example
 * await zk.addAuth("digest", "alice:secret");
 * await zk.create("/private", "mine", { acl: CREATOR_ALL_ACL });
 */
export const CREATOR_ALL_ACL: readonly Acl[] = [{ perms: Permission.ALL, scheme: "auth", id: "" }];

const LETTERS: ReadonlyArray<readonly [letter: string, bit: number]> = [
  ["c", Permission.CREATE],
  ["d", Permission.DELETE],
  ["r", Permission.READ],
  ["w", Permission.WRITE],
  ["a", Permission.ADMIN],
];

/**
 * The permissions as letters, in the reference's order: `cdrwa`.
 * @example console.log(permsText(Permission.READ | Permission.WRITE)); // rw
 */
export const permsText = (perms: number): string =>
  LETTERS.map(([letter, bit]) => ((perms & bit) === 0 ? "" : letter)).join("");

/**
 * The bits of letters out of `crwda`; undefined for another letter.
 * @example const perms = permsOf("rw"); // Permission.READ | Permission.WRITE
 */
export function permsOf(text: string): number | undefined {
  let perms = 0;
  for (const letter of text) {
    const known = LETTERS.find(([one]) => one === letter);
    if (known === undefined) return undefined;
    perms |= known[1];
  }
  return perms;
}
