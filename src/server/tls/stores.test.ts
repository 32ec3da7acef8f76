/**
 * Key stores and trust stores from files. Those that keytool wrote (OpenJDK 17; the certificate of
 * CN=ca, the password is "secret") stand here as text, the others are made by openssl.
 */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { Certificates } from "../../../test/support/certificates.ts";
import { MalformedDer } from "./der.ts";
import { Pkcs12Refused, trustedCertificates } from "./pkcs12.ts";
import { StoreError } from "./store-error.ts";
import { loadKeyStore, loadTrustStore, type StoreFile } from "./stores.ts";

const HOME = mkdtempSync(join(tmpdir(), "quoll-stores-"));
after(() => rmSync(HOME, { recursive: true, force: true }));
const made = new Certificates(HOME);
const ca = made.authority("ca");
const server = made.sign(ca, { name: "server", subject: "/CN=server" });
const other = made.sign(ca, { name: "other", subject: "/CN=other" });

const file = (name: string, bytes: string | Uint8Array): string => {
  writeFileSync(join(HOME, name), bytes);
  return join(HOME, name);
};
const store = (path: string, password = "", more: Partial<StoreFile> = {}): StoreFile => ({
  ...{ path, type: "", password, passwordPath: undefined },
  ...more,
});

/** PBES2 with AES-256. */
const KEYTOOL_AES =
  "MIIC4gIBAzCCAowGCSqGSIb3DQEHAaCCAn0EggJ5MIICdTCCAnEGCSqGSIb3DQEHBqCCAmIwggJeAgEAMIICVwYJKoZI" +
  "hvcNAQcBMGYGCSqGSIb3DQEFDTBZMDgGCSqGSIb3DQEFDDArBBRIwjworQUerJ1jkkf7tEdYFkD3AgICJxACASAwDAYI" +
  "KoZIhvcNAgkFADAdBglghkgBZQMEASoEENtM/baUT6jIxYcV6SWxV7SAggHg3ztYzfpiJwyrEelhJNMl2dxGPT8Afa6x" +
  "jdZB3RAFnzArUthqeAO0Sp063UfuA6Q1NWZ2epRUzVP7fS76bsoM+FWxmDc57LdCbiDhqUSY+znLvEf433s5lhX2H339" +
  "ACkjnKyhsKj3UYICV209SgndK0H8TM8hqdiJfZr9IOiNR/GnE4cAYQRoa3WbZ57g+fYXe0cV48ZhxfTcNCWhGOMJgaY4" +
  "z4wYewQ20+PbqQv5l/pF+RPvaZ/oIMpFGy5jMQjmQBJp2pCLr5yb48Wrk+gqnIAZIyvqfp2+uBtbS7SDgtBUzwdfgr5F" +
  "XsM4vmfOHZs3pltmofMDmgN94S8HRdQUzaSxpA8O4Tjm04g3hqt3iTIpfqFlM+dM6aQXZdvX1Bq8RWshsenlX3XhPemU" +
  "CYSg+kOjriRJSZJJg4jkDA0JPLJhDuBl+A4NCVH6xGtAfLHZtZLx9hx8LdZsA8AizZylDbfrNIZl9rjjcJi8p7gkDslR" +
  "SIZLS2iafGtHnUiEeF+xDoefUkkorpzeTurSxErnmJRYwb8/yQJ7wpwkyMl1QK1XgKstktZdTatvb8IYfxXirKCecZ5J" +
  "pWQpSCoANcAdQO9A6UEi41z95mcnsiW8i6003In5JzXebUPoCZ1f0S9EME0wMTANBglghkgBZQMEAgEFAAQgBPkodXqe" +
  "3cLwcsuAnRrZRvPhStHkRydXNfcynApWQR4EFCGx4VbrT9Gvvwm2jHcmZ9rrUsABAgInEA==";
/** The older PBE with SHA-1 and 3DES, and a MAC with SHA-1. */
const KEYTOOL_3DES =
  "MIICjAIBAzCCAkYGCSqGSIb3DQEHAaCCAjcEggIzMIICLzCCAisGCSqGSIb3DQEHBqCCAhwwggIYAgEAMIICEQYJKoZI" +
  "hvcNAQcBMCgGCiqGSIb3DQEMAQMwGgQUU+6UQkXuzYctzA/rkHJvW0aHwpICAgPogIIB2C/HooVE3Mzcrmk47aJwy0+O" +
  "O3ww/ajHx5hWnyf71PCAGbyncG66YgL9AFJpnSdmaHGxbL0WAZIEXHcpBjLfJSa3O+a74u31OqReD1uloowXEM8PRjiZ" +
  "fAw9+sbriP2723p5/qrUGfbCZtX4lgdvNb1x6T6W+vJbVsKXK3RYpnb6FYE6VLT04/whFOQ9ja59Y4/3kHspFYSRhRYY" +
  "9IiNJa+vMM0xdHTolcybYjupP77nwE6Y5dbG/lKf/2WXzZBIOruJ4qcv3uL4exhW2lxBwrRbEQksgLiVlRYwn92yJtTi" +
  "0DYBpqutfUV9TrSoAhR0cocJ3Qhqhp85Hyqmg8K1yZ+mvbCyyW/F1RbqEbsSLS0saxurqLdrRUUBuSr43NwHccw9RcxV" +
  "B2oMl5NGfLUEj56TYunLIIzboXepyAeTM+U02GyBlYp7KB+wOFEmri6vwtlWgAe7MEXdzRTygAKBRRossV4hjWBpgCAI" +
  "1/29tVuVJuBpEOZUneNTmPwBfmKH9voBl1tn8ahyFg6yVH0Q9UogxQrjofEah8FHZQJp53h3BjTcDvZCgks6VCIx0eQa" +
  "xT5ftD9iXvLaDNSE/qEq4XzMxvKADJY0DG88o/kuqlJfT7kcGkGOduQwPTAhMAkGBSsOAwIaBQAEFMzz3URtlyMjBE2D" +
  "CSMbTMWx9L5mBBQ2WW+oXR/A3/yv0NHlnmcl9GHMkgICJxA=";
/** As Java wrote them before 8u301: RC2 with 40 bits. */
const KEYTOOL_RC2 =
  "MIICjgIBAzCCAkcGCSqGSIb3DQEHAaCCAjgEggI0MIICMDCCAiwGCSqGSIb3DQEHBqCCAh0wggIZAgEAMIICEgYJKoZI" +
  "hvcNAQcBMCkGCiqGSIb3DQEMAQYwGwQUC+APW4ToUjE8+MbZVUZhGNQPekkCAwDDUICCAdhXrS2MRKITpiYfkr9qdeDT" +
  "qnQG/kdc7f17UbjM2qRb81ZiOWHUYTh8EbhXCfl1zLPUdg0XWd3pnuJ9eY083U4D/ZMzxjbiaa5ey8ZBA3xiximub3pL" +
  "HKqrAy5xacmTyJWBJUBQ3pc/Hfca+yQ2zV8ydL+lSHa/0RqgstyZQI6Mbgdn7Qx8U0PufZ8sid9SCfOh1Rtd2bEQG61G" +
  "PNveSzhv1YT2Q4WYqaSMTIi/PomacLm6aAZGs2fuWVfnKmlxYkjHEgUoUnb/+UdQeIrE7eVb6Ut3CT3k9shfff9gHh6F" +
  "Ldbt47aROBObb+4Gq9BrcJP6YK2OSesklHKccZbfBsKZQVM9P684WVndRgsmKYaWdhydAnfm/Tt7xS6Bj61s/In0mvpr" +
  "WqgSypv2Ev0tZRidaGSwLQP0TVaMmG6CAFexpABEZ4BAYXp+peH/TYoCvNy9NOuR+Zi6xeJ6vV0Q4ZGlKx08UjcBs/dn" +
  "EfdwOGuZgU8oBw5AuyaCXIm8Fp+bfBenVo4W+w/t4mkH8+tVczpaSORrJedZN810MT6VoV95oGBEUje2ZZ9+a3WfiPgE" +
  "H3vWNX+a+YereljHdYjlPEMuXuL0QddJ8YAQn96x+bhhyMJTbVJtHqv/MD4wITAJBgUrDgMCGgUABBSvcHYNZgfl2iY+" +
  "0AcKfEqBYba/KwQUt7Dh9rS9aD1mR00+gsKBQRJ9v80CAwGGoA==";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64"));
const aes = file("aes.p12", bytes(KEYTOOL_AES));
const subjects = (pems: readonly string[]): readonly string[] =>
  pems.map((pem) => new X509Certificate(pem).subject);

for (const [name, text] of [
  ["AES", KEYTOOL_AES],
  ["3DES", KEYTOOL_3DES],
] as const) {
  test(`a trust store of keytool's, ${name}`, () => {
    const path = file("trust.p12", bytes(text));
    deepEqual(subjects(loadTrustStore(store(path, "secret"))), ["CN=ca"]);
  });
}

test("the first bytes decide what a file named .jks is, since Java writes PKCS12 there too", () => {
  const path = file("trust.jks", bytes(KEYTOOL_AES));
  deepEqual(subjects(loadTrustStore(store(path, "secret"))), ["CN=ca"]);
});

test("all certificates of a PEM trust store count", () => {
  const both = readFileSync(ca.cert, "utf8") + readFileSync(server.cert, "utf8");
  const path = file("both.pem", `a word before\n${both}`);
  deepEqual(subjects(loadTrustStore(store(path))), ["CN=ca", "CN=server"]);
});

test("the first line of a password file is the password, and counts before the other", () => {
  const passwordPath = file("password", "secret\nmore\n");
  deepEqual(subjects(loadTrustStore(store(aes, "wrong", { passwordPath }))), ["CN=ca"]);
});

test("key stores: PEM, PKCS12, and PKCS12 under the name of JKS", () => {
  ok("key" in loadKeyStore(store(server.both)));
  ok("pfx" in loadKeyStore(store(made.pkcs12(server, "server.p12", "secret"), "secret")));
  ok("pfx" in loadKeyStore(store(made.pkcs12(server, "named.jks", "secret"), "secret")));
});

const one = readFileSync(server.both, "utf8");
const TRUST_REFUSED: ReadonlyArray<readonly [why: string, of: () => StoreFile, message: RegExp]> = [
  ["no file", () => store(join(HOME, "none.pem")), /cannot be read: ENOENT.*Check path and owner/],
  ["no type", () => store(file("trust", "x")), /type of this trust store.*ssl\.trustStore\.type/],
  ["a wrong password", () => store(aes, "wrong"), /password is wrong.*ssl\.trustStore\.password/],
  ["no password", () => store(aes), /password is wrong, or the file is damaged/],
  [
    "RC2",
    () => store(file("old.p12", bytes(KEYTOOL_RC2)), "secret"),
    /encrypted in an old way.*Write it anew: keytool -importkeystore/,
  ],
  [
    "a key's own certificates, which nobody marked as trusted",
    () => store(made.pkcs12(server, "own.p12", "secret"), "secret"),
    /no certificate in it is marked as trusted.*keytool -importcert/,
  ],
  ["an empty PEM", () => store(file("empty.pem", "")), /no certificate in it.*BEGIN CERTIFICATE/],
  [
    "a damaged PEM",
    () => store(file("d.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")),
    /a certificate in it is damaged/,
  ],
  [
    "JKS",
    () => store(file("java.jks", bytes("/u3+7QAAAAI="))),
    /it is a JKS store.*keytool -importkeystore -srckeystore .*java\.jks -destkeystore .*java\.p12/,
  ],
  ["PEM under another name", () => store(file("x.p12", one)), /it is PEM.*type to PEM/],
  ["something else", () => store(file("y.p12", "hello")), /it is no PKCS12 or PEM store/],
  [
    "half a file",
    () => store(file("h.p12", bytes(KEYTOOL_AES).subarray(0, 99)), "secret"),
    /damaged/,
  ],
  [
    "a type that only Java reads",
    () => store(file("z", "hello"), "", { type: "bcfks" }),
    /it is no PKCS12 or PEM store.*Convert it/,
  ],
];
for (const [why, of, message] of TRUST_REFUSED) {
  test(`trust store refused: ${why}`, () => {
    const found = of();
    throws(
      () => loadTrustStore(found),
      (error) => error instanceof StoreError && message.test(error.message),
    );
  });
}

const keyOf = (text: string): string => text.slice(0, text.indexOf("-----BEGIN CERTIFICATE"));
const KEY_REFUSED: ReadonlyArray<readonly [why: string, of: () => StoreFile, message: RegExp]> = [
  ["no key", () => store(ca.cert), /no private key in this key store.*cat key\.pem/],
  ["no certificate", () => store(server.key, "", { type: "pem" }), /no certificate in this key/],
  [
    "the key of another certificate",
    () => store(file("mixed.pem", keyOf(one) + readFileSync(other.cert, "utf8"))),
    /not usable.*key must belong to the first certificate/,
  ],
  [
    "a wrong password",
    () => store(made.pkcs12(server, "p.p12", "secret"), "wrong"),
    /password does not open.*ssl\.keyStore\.password/,
  ],
  ["no type", () => store(file("key", "x")), /type of this key store.*ssl\.keyStore\.type/],
];
for (const [why, of, message] of KEY_REFUSED) {
  test(`key store refused: ${why}`, () => {
    const found = of();
    throws(
      () => loadKeyStore(found),
      (error) => error instanceof StoreError && message.test(error.message),
    );
  });
}

test("a damaged PKCS12 is refused as such, whatever byte is wrong", () => {
  const whole = bytes(KEYTOOL_AES);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = whole.slice();
      damaged[at]! ^= change;
      try {
        equal(trustedCertificates(damaged, "secret").length, 1);
      } catch (error) {
        ok(error instanceof MalformedDer || error instanceof Pkcs12Refused, String(error));
      }
    }),
    { numRuns: 50 },
  );
});
