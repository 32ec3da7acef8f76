/** Which hashes digest identities can have, and what they are: 3.8.0 asked for each. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "../base/bytes.ts";
import { digest } from "../requests/auth-scheme.ts";
import { digestAlgorithmOf, digestBy } from "./digest-algorithms.ts";

const BOB: ReadonlyArray<readonly [algorithm: string, id: string]> = [
  ["SHA-256", "bob:lXdkgIa9O1CDDWAryQ0pe9wUYi2LkG6M7Uocn/Vyn2g="],
  ["SHA3-256", "bob:W/mjsw4pvF0wVTGZI9EiUQDRnUt7BAezTWEy2LgNGUU="],
  ["SHA-512/256", "bob:A9N1joy8pAxXpZyuKoYHmry5YD7X6ES6VJn8WVyn8xY="],
];
for (const [algorithm, id] of BOB) {
  test(`the identity of bob:pw with ${algorithm}`, () => {
    const proved = digest(digestBy(algorithm), undefined).authenticate(utf8("bob:pw"), "");
    ok(typeof proved === "object");
    equal(proved[0]?.id, id);
  });
}

test("the super user is known by the configured hash", () => {
  const superDigest = `super:${digestBy("SHA-512")(utf8("super:secret"))}`;
  const scheme = digest(digestBy("SHA-512"), superDigest);
  const schemes = (credential: string) => {
    const proved = scheme.authenticate(utf8(credential), "");
    return typeof proved === "object" ? proved.map((id) => id.scheme).join() : "";
  };
  equal(schemes("super:secret"), "super,digest");
  equal(schemes("super:wrong"), "digest");
});

test("no credential proves nobody", () => {
  equal(digest(digestBy("SHA1"), undefined).authenticate(null, ""), undefined);
});

const SPELLINGS: ReadonlyArray<readonly [written: string, name: string | undefined]> = [
  ["SHA", "SHA1"],
  ["SHA-1", "SHA1"],
  ["sha256", "SHA-256"],
  ["SHA512", "SHA-512"],
  ["SHA512/256", "SHA-512/256"],
  ["sha3-256", "SHA3-256"],
  ["md5", "MD5"],
  ["SHA3256", undefined],
  ["SHA-2", undefined],
  ["", undefined],
];
for (const [written, name] of SPELLINGS) {
  test(`"${written}" is ${name ?? "not known"}`, () => equal(digestAlgorithmOf(written), name));
}
