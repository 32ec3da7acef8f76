/**
 * Authentication schemes: what an identity of a connection is, and which ACL entries it satisfies.
 * From: specification 2.5, 2.6.
 */
import { sameSecretText, utf8 } from "../base/bytes.ts";
import type { Id } from "../records/data.ts";

export interface AuthScheme {
  readonly name: string;
  /** Whether `id` is well-formed in an ACL entry of this scheme. */
  isValid(id: string): boolean;
  /** Whether a connection's `own` id satisfies the id `wanted` of an ACL entry of this scheme. */
  matches(own: string, wanted: string): boolean;
  /** Whether ids of this scheme say who somebody is: these stand in for an ACL entry of scheme auth. */
  readonly authenticates: boolean;
  /**
   * The identities that `credential` (null: the packet had none) proves for a connection from
   * `address`; undefined refuses it.
   */
  authenticate(credential: Uint8Array | null, address: string): Proof;
}

/** The connection is closed without a reply, so that the client tries another server. */
export const CLOSE_SILENTLY = "close silently";
export type Proof = readonly Id[] | typeof CLOSE_SILENTLY | undefined;

/** Base64 of the SHA-1 (or another configured digest) of bytes: given by room 6, which has the hashes. */
export type DigestOfBytes = (bytes: Uint8Array) => string;

export const world: AuthScheme = {
  name: "world",
  isValid: (id) => id === "anyone",
  matches: (_own, wanted) => wanted === "anyone",
  authenticates: false,
  authenticate: () => undefined,
};

/** Ids of this scheme may do everything. Nobody proves one by an auth packet. */
export const SUPER_SCHEME = "super";

/**
 * `user:password` becomes `user:base64(hash(user:password))`.
 * `superDigest`: the identity that is the super user as well; undefined for none.
 */
export function digest(hash: DigestOfBytes, superDigest: string | undefined): AuthScheme {
  return {
    name: "digest",
    // Java's split drops empty parts at the end: ":x" has two parts, "x:" has one.
    isValid: (id) => id.replace(/:+$/, "").split(":").length === 2,
    matches: (own, wanted) => sameSecretText(own, wanted),
    authenticates: true,
    authenticate(credential) {
      if (credential === null) return undefined;
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(credential);
      const colon = text.indexOf(":");
      const user = colon < 0 ? text : text.slice(0, colon);
      const own = { scheme: "digest", id: `${user}:${hash(utf8(text))}` };
      const isSuper = superDigest !== undefined && sameSecretText(own.id, superDigest);
      return isSuper ? [{ scheme: SUPER_SCHEME, id: "" }, own] : [own];
    },
  };
}
