/**
 * Key stores and trust stores: from a file, its type and its password to what Node's TLS takes.
 *
 * Types are the reference's, by name or else by the end of the file's name: PEM, PKCS12, JKS. Java
 * since version 9 writes PKCS #12 whatever the name says, so the first bytes decide between those.
 * Throws `StoreError`, which never holds a password.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { MalformedDer } from "./der.ts";
import { Pkcs12Refused, trustedCertificates } from "./pkcs12.ts";
import { StoreError } from "./store-error.ts";

/** Names as the reference's configuration has them, without regard to case. */
export const STORE_TYPES = ["jks", "pem", "pkcs12", "bcfks"] as const;
export type StoreType = (typeof STORE_TYPES)[number];

export type StoreFile = {
  readonly path: string;
  /** Empty: by the end of the file's name. */
  readonly type: StoreType | "";
  /** Empty for none. */
  readonly password: string;
  /** A file with the password, which then counts. */
  readonly passwordPath: string | undefined;
};

/** The private key, and the certificates that go with it. */
export type KeyMaterial = Pick<SecureContextOptions, "key" | "cert" | "pfx" | "passphrase">;

export function loadKeyStore(store: StoreFile): KeyMaterial {
  const { path } = store;
  const { bytes, isPkcs12, passphrase } = open(store, "key store");
  const material = isPkcs12 ? { pfx: bytes, passphrase } : { key: bytes, cert: bytes, passphrase };
  if (!isPkcs12) requireKey(path, bytes);
  try {
    createSecureContext(material);
  } catch (cause) {
    throw keyStoreRefused(path, isPkcs12, cause);
  }
  return material;
}

/** The certificates of those who are trusted, as PEM; at least one. */
export function loadTrustStore(store: StoreFile): readonly string[] {
  const { path } = store;
  const { bytes, isPkcs12, passphrase = "" } = open(store, "trust store");
  const found = isPkcs12 ? fromPkcs12(path, bytes, passphrase) : fromPem(path, bytes);
  if (found.length > 0) return found.map((certificate) => certificate.toString());
  throw new StoreError(
    path,
    "no certificate in it is marked as trusted",
    isPkcs12
      ? `Add one: keytool -importcert -alias ca -file ca.pem -keystore ${path} -storetype PKCS12.`
      : "Put the certificates of the authorities into it, each as BEGIN CERTIFICATE.",
  );
}

function open(store: StoreFile, what: string) {
  const type = typeOf(store, what);
  const bytes = read(store.path, what);
  const isSequence = bytes[0] === 0x30;
  if (type !== "pem" && !isSequence) throw notReadable(store.path, type, bytes);
  const password = passwordOf(store);
  return { bytes, isPkcs12: type !== "pem", ...(password !== "" && { passphrase: password }) };
}

function typeOf({ path, type }: StoreFile, what: string): StoreType {
  const ending = /\.(jks|pem|p12|bcfks)$/.exec(path)?.[1];
  const found = type === "" ? (ending === "p12" ? "pkcs12" : ending) : type;
  if (found === undefined) {
    const key = what === "key store" ? "ssl.keyStore.type" : "ssl.trustStore.type";
    throw new StoreError(
      path,
      `the type of this ${what} cannot be told from its name`,
      `Set ${key} to PEM or PKCS12, or let the name end in .pem, .p12 or .jks.`,
    );
  }
  return found as StoreType;
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new StoreError(path, `the ${what} cannot be read: ${told}`, "Check path and owner.", {
      cause,
    });
  }
}

/** The first line of the password file, as in the reference. */
function passwordOf({ password, passwordPath }: StoreFile): string {
  if (passwordPath === undefined) return password;
  return read(passwordPath, "password file").toString("utf8").split(/\r?\n/, 1)[0]!;
}

function notReadable(path: string, type: StoreType, bytes: Uint8Array): StoreError {
  const isPem = Buffer.from(bytes).includes("-----BEGIN ");
  if (isPem) {
    const remedy = "Let the name end in .pem, or set the store's type to PEM.";
    return new StoreError(path, `it is PEM, and is to be read as ${type.toUpperCase()}`, remedy);
  }
  const isJks = Buffer.from(bytes.subarray(0, 4)).toString("hex") === "feedfeed";
  const target = `${path.replace(/\.[a-z]+$/, "")}.p12`;
  return new StoreError(
    path,
    isJks ? "it is a JKS store, which only Java reads" : `it is no PKCS12 or PEM store`,
    `Convert it: keytool -importkeystore -srckeystore ${path} -destkeystore ${target} ` +
      "-deststoretype PKCS12, and name that file instead.",
  );
}

function requireKey(path: string, bytes: Buffer): void {
  for (const [part, found] of [
    ["private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(bytes.toString("latin1"))],
    ["certificate", bytes.includes("-----BEGIN CERTIFICATE-----")],
  ] as const) {
    if (found) continue;
    const remedy =
      "Put the key and its certificates into one file: cat key.pem cert.pem > both.pem.";
    throw new StoreError(path, `there is no ${part} in this key store`, remedy);
  }
}

function keyStoreRefused(path: string, isPkcs12: boolean, cause: unknown): StoreError {
  const told = cause instanceof Error ? cause.message : String(cause);
  const options = { cause };
  if (/mac verify|bad decrypt|bad password|no start line|interrupted|passphrase/i.test(told)) {
    const remedy = "Check ssl.keyStore.password or the file of ssl.keyStore.passwordPath.";
    return new StoreError(path, "the password does not open this key store", remedy, options);
  }
  if (isPkcs12 && /unsupported/i.test(told)) {
    const remedy =
      `Write it anew: openssl pkcs12 -legacy -in ${path} -nodes -out all.pem, ` +
      "then openssl pkcs12 -export -in all.pem -out new.p12.";
    const problem = "it is encrypted in an old way (RC2) that OpenSSL 3 does not read";
    return new StoreError(path, problem, remedy, options);
  }
  const remedy = "The key must belong to the first certificate of the file.";
  return new StoreError(path, `the key store is not usable (${told.trim()})`, remedy, options);
}

function fromPkcs12(path: string, bytes: Uint8Array, password: string): X509Certificate[] {
  try {
    return trustedCertificates(bytes, password).map((der) => new X509Certificate(der));
  } catch (cause) {
    const options = { cause };
    if (cause instanceof Pkcs12Refused && cause.code === "Password") {
      const remedy = "Check ssl.trustStore.password or the file of ssl.trustStore.passwordPath.";
      throw new StoreError(path, cause.message, remedy, options);
    }
    const isOld = cause instanceof Pkcs12Refused;
    const problem = isOld ? cause.message : "it is no PKCS12 file, or a damaged one";
    const remedy =
      `Write it anew: keytool -importkeystore -srckeystore ${path} -destkeystore new.p12 ` +
      "-deststoretype PKCS12, with Java 17 or later.";
    if (isOld || cause instanceof MalformedDer)
      throw new StoreError(path, problem, remedy, options);
    throw new StoreError(path, "it holds a certificate that is none", remedy, options);
  }
}

function fromPem(path: string, bytes: Buffer): X509Certificate[] {
  const blocks = bytes
    .toString("latin1")
    .match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs);
  try {
    return (blocks ?? []).map((block) => new X509Certificate(block));
  } catch (cause) {
    const remedy = "Look for the block that openssl x509 -noout -subject refuses.";
    throw new StoreError(path, "a certificate in it is damaged", remedy, { cause });
  }
}
