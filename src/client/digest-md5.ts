/**
 * The SASL mechanism DIGEST-MD5, the client's side: quality of protection `auth`, one
 * authentication for each exchange. It keeps passwords off the wire, and no more than that: where
 * others can listen, use TLS. From: RFC 2831.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { SaslExchange, SaslMechanism } from "./sasl.ts";

/**
 * Who proves what to whom.
 * @example const options: DigestMd5Options = { username: "alice", password: "secret" };
 */
export type DigestMd5Options = {
  readonly username: string;
  readonly password: string;
  /** The service and the host that servers take themselves for; ZooKeeper's unless given. */
  readonly uri?: string;
};

const URI = "zookeeper/zk-sasl-md5";
const NONCE_BYTES = 16;

/**
 * The SASL mechanism DIGEST-MD5, for the option `sasl`. The server proves in turn that it knows
 * the password.
 * @example
 * const sasl = digestMd5({ username: "alice", password: "secret" });
 * const zk = await ZooKeeper.connect("a:2181", { sasl });
 */
export const digestMd5 =
  (options: DigestMd5Options): SaslMechanism =>
  () =>
    digestMd5Exchange(options, randomBytes(NONCE_BYTES).toString("base64"));

/** `digestMd5` by a nonce that is given. */
export function digestMd5Exchange(options: DigestMd5Options, cnonce: string): SaslExchange {
  const { username, password, uri = URI } = options;
  let expected: string | undefined;
  const begin = (challenge: Map<string, string>): Uint8Array => {
    const [realm, nonce] = [challenge.get("realm") ?? "", challenge.get("nonce")];
    if (nonce === undefined || challenge.get("algorithm") !== "md5-sess") {
      throw new Error("the server does not speak DIGEST-MD5: is SASL configured there?");
    }
    const offered = challenge.get("qop") ?? "auth";
    if (!/(^|[ ,])auth($|[ ,])/.test(offered)) {
      throw new Error(`the server asks for a protection (${offered}) that is not there`);
    }
    const secret = hash(hashed([username, realm, password].join(":"))).digest();
    const session = hash(secret).update(`:${nonce}:${cnonce}`).digest("hex");
    const proof = (words: string): string =>
      hex(`${session}:${nonce}:00000001:${cnonce}:auth:${hex(`${words}:${uri}`)}`);
    expected = proof("");
    const charset = challenge.has("charset") ? "charset=utf-8," : "";
    const who = `username=${quoted(username)},realm=${quoted(realm)},nonce=${quoted(nonce)}`;
    const how = `nc=00000001,cnonce=${quoted(cnonce)},digest-uri=${quoted(uri)},qop=auth`;
    return Buffer.from(`${charset}${who},${how},response=${proof("AUTHENTICATE")}`);
  };
  return {
    initial: new Uint8Array(0),
    step(bytes) {
      const challenge = directives(Buffer.from(bytes).toString());
      if (expected === undefined) return begin(challenge);
      const proved = hash(challenge.get("rspauth") ?? "").digest();
      if (timingSafeEqual(proved, hash(expected).digest())) return undefined;
      throw new Error("the server does not know the password");
    },
  };
}

const hash = (words: string | Uint8Array) => createHash("md5").update(words);
const hex = (words: string): string => hash(words).digest("hex");
/** Latin-1 where that is enough, and UTF-8 otherwise, whatever the rest is written in. */
const hashed = (words: string): Uint8Array =>
  Buffer.from(words, /^[\0-\xff]*$/.test(words) ? "latin1" : "utf8");
const quoted = (words: string): string => `"${words.replace(/["\\]/g, "\\$&")}"`;

/** The `name=value` pairs of a challenge, without quotes; of several realms, the first. */
function directives(challenge: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, words, token] of challenge.matchAll(
    /([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))/g,
  )) {
    const value = words === undefined ? token! : words.replace(/\\(.)/g, "$1");
    if (!found.has(name!)) found.set(name!, value);
  }
  return found;
}
