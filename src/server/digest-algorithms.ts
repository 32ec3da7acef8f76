/**
 * The hashes that digest identities can be made with, under the names that Java knows them by, and
 * the identity that a user and password have. From: `DigestAuthenticationProvider.digestAlg`;
 * 3.8.0 asked for what it prints for each name.
 */
import { createHash, getHashes } from "node:crypto";
import { utf8 } from "../base/bytes.ts";
import { type DigestOfBytes, digest } from "../requests/auth-scheme.ts";

export const DIGEST_ALGORITHM_DEFAULT = "SHA1";

/** Java's names and OpenSSL's. MD2, which Java also has, does not exist in OpenSSL any more. */
const NAMES: ReadonlyArray<readonly [java: string, openssl: string]> = [
  ["SHA1", "sha1"],
  ["SHA-224", "sha224"],
  ["SHA-256", "sha256"],
  ["SHA-384", "sha384"],
  ["SHA-512", "sha512"],
  ["SHA-512/224", "sha512-224"],
  ["SHA-512/256", "sha512-256"],
  ["SHA3-224", "sha3-224"],
  ["SHA3-256", "sha3-256"],
  ["SHA3-384", "sha3-384"],
  ["SHA3-512", "sha3-512"],
  ["MD5", "md5"],
];

/** Java takes `sha256` and `SHA256` for SHA-256, but no dash away from the names of SHA-3. */
const spelling = (name: string): string => {
  const upper = name.toUpperCase();
  return upper === "SHA" || upper === "SHA-1" ? "SHA1" : upper.replace(/^SHA-(?=\d)/, "SHA");
};

const inOpenssl: ReadonlySet<string> = new Set(getHashes().map((name) => name.toLowerCase()));
const WORKING = NAMES.filter(([, openssl]) => inOpenssl.has(openssl));

/** The names that work on this machine. */
export const DIGEST_ALGORITHMS: readonly string[] = WORKING.map(([java]) => java);

/** The name of the list that `name` is a spelling of, in any case of letters; undefined for none. */
export const digestAlgorithmOf = (name: string): string | undefined =>
  DIGEST_ALGORITHMS.find((java) => spelling(java) === spelling(name));

/** `algorithm`: a name of the list. */
export function digestBy(algorithm: string): DigestOfBytes {
  const [, openssl] = WORKING.find(([java]) => java === algorithm) ?? [];
  if (openssl === undefined) throw new RangeError(`${algorithm} is not in DIGEST_ALGORITHMS`);
  return (bytes) => createHash(openssl).update(bytes).digest("base64");
}

/** `user:base64(hash(user:password))`, as it stands in access control lists and superDigest. */
export function identityOf(userAndPassword: string, algorithm: string): string {
  const proved = digest(digestBy(algorithm), undefined).authenticate(utf8(userAndPassword), "");
  if (!Array.isArray(proved)) throw new RangeError("a digest is never refused");
  return proved[0]!.id ?? "";
}
