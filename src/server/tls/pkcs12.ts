/**
 * The certificates that a PKCS #12 file trusts. Node reads keys from such files, but not the
 * certificates of others, which is all that a trust store holds.
 *
 *   PFX = version, authSafe, MAC over authSafe
 *   authSafe = parts, each plain or encrypted, each a list of bags; a bag = type, value, attributes
 *
 * As in Java, a certificate is trusted only if its bag has the attribute that says so; keytool sets
 * it, openssl 3.0 does not. Encryption: PBES2 with AES-CBC (Java since 8u301) and 3DES.
 * Throws `MalformedDer` for what is no such file and `Pkcs12Refused` for what is not read here.
 * From: RFC 7292, RFC 8018; keytool of OpenJDK 17.
 */
import { createDecipheriv, createHash, createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { DerReader, MalformedDer, Tag } from "./der.ts";
import { pkcs12Key } from "./pkcs12-key.ts";

export class Pkcs12Refused extends Error {
  override readonly name = "Pkcs12Refused";
  readonly code: "Password" | "Unsupported";

  constructor(code: "Password" | "Unsupported", message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const OID = {
  data: "1.2.840.113549.1.7.1",
  encryptedData: "1.2.840.113549.1.7.6",
  certificateBag: "1.2.840.113549.1.12.10.1.3",
  x509: "1.2.840.113549.1.9.22.1",
  /** Java's: this certificate is trusted. */
  trustedKeyUsage: "2.16.840.1.113894.746875.1.1",
  pbes2: "1.2.840.113549.1.5.13",
  pbkdf2: "1.2.840.113549.1.5.12",
  sha1TripleDes: "1.2.840.113549.1.12.1.3",
} as const;

const CIPHERS: ReadonlyMap<string, readonly [name: string, keyBytes: number]> = new Map([
  ["2.16.840.1.101.3.4.1.2", ["aes-128-cbc", 16]],
  ["2.16.840.1.101.3.4.1.22", ["aes-192-cbc", 24]],
  ["2.16.840.1.101.3.4.1.42", ["aes-256-cbc", 32]],
  ["1.2.840.113549.3.7", ["des-ede3-cbc", 24]],
]);
const HASHES: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.2.7", "sha1"],
  ["1.2.840.113549.2.9", "sha256"],
  ["1.2.840.113549.2.10", "sha384"],
  ["1.2.840.113549.2.11", "sha512"],
  ["1.3.14.3.2.26", "sha1"],
  ["2.16.840.1.101.3.4.2.1", "sha256"],
  ["2.16.840.1.101.3.4.2.2", "sha384"],
  ["2.16.840.1.101.3.4.2.3", "sha512"],
]);
/** A file may ask for as much work as it likes; Java's limit. */
const ITERATIONS_MAX = 5_000_000;

/** The certificates in DER, in the order of the file. */
export function trustedCertificates(file: Uint8Array, password: string): Uint8Array[] {
  const pfx = new DerReader(file).enter(Tag.sequence);
  pfx.count();
  const content = dataOf(pfx.enter(Tag.sequence));
  if (!pfx.atEnd) checkMac(pfx.enter(Tag.sequence), content, password);
  const found: Uint8Array[] = [];
  const parts = new DerReader(content).enter(Tag.sequence);
  while (!parts.atEnd) {
    const part = parts.enter(Tag.sequence);
    const type = part.oid();
    if (type === OID.data) collect(part.enter(Tag.context0).take(Tag.octets), found);
    else if (type === OID.encryptedData) collect(decrypted(part, password), found);
  }
  return found;
}

function dataOf(from: DerReader): Uint8Array {
  if (from.oid() !== OID.data) throw new Pkcs12Refused("Unsupported", "it is signed with a key");
  return from.enter(Tag.context0).take(Tag.octets);
}

function checkMac(from: DerReader, content: Uint8Array, password: string): void {
  const digest = from.enter(Tag.sequence);
  const hash = known(HASHES, digest.enter(Tag.sequence).oid());
  const wanted = digest.take(Tag.octets);
  const salt = from.take(Tag.octets);
  const iterations = from.atEnd ? 1 : iterationsOf(from);
  const size = createHash(hash).digest().length;
  const key = pkcs12Key({ hash, password, salt, iterations, id: 3, bytes: size });
  const own = createHmac(hash, key).update(content).digest();
  if (own.length !== wanted.length || !timingSafeEqual(own, wanted)) {
    throw new Pkcs12Refused("Password", "the password is wrong, or the file is damaged");
  }
}

function decrypted(from: DerReader, password: string): Uint8Array {
  const data = from.enter(Tag.context0).enter(Tag.sequence);
  data.count();
  const info = data.enter(Tag.sequence);
  info.oid();
  const algorithm = info.enter(Tag.sequence);
  const { cipher, key, iv } = schemeOf(algorithm, password);
  const bytes = info.take(Tag.implicit0);
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(bytes), decipher.final()]);
  } catch (cause) {
    throw new Pkcs12Refused("Password", "the password is wrong, or the file is damaged", { cause });
  }
}

function schemeOf(algorithm: DerReader, password: string) {
  const oid = algorithm.oid();
  if (oid === OID.pbes2) return pbes2(algorithm.enter(Tag.sequence), password);
  if (oid !== OID.sha1TripleDes) {
    throw new Pkcs12Refused("Unsupported", "it is encrypted in an old way that is not read here");
  }
  const parameters = algorithm.enter(Tag.sequence);
  const salt = parameters.take(Tag.octets);
  const common = { hash: "sha1", password, salt, iterations: iterationsOf(parameters) };
  const key = pkcs12Key({ ...common, id: 1, bytes: 24 });
  const iv = pkcs12Key({ ...common, id: 2, bytes: 8 });
  return { cipher: "des-ede3-cbc", key, iv };
}

function pbes2(from: DerReader, password: string) {
  const derivation = from.enter(Tag.sequence);
  if (derivation.oid() !== OID.pbkdf2) {
    throw new Pkcs12Refused("Unsupported", "its key is not derived with PBKDF2");
  }
  const parameters = derivation.enter(Tag.sequence);
  const salt = parameters.take(Tag.octets);
  const iterations = iterationsOf(parameters);
  if (parameters.nextTag === Tag.integer) parameters.count(); // the key's length: the cipher's
  const hash = parameters.atEnd ? "sha1" : known(HASHES, parameters.enter(Tag.sequence).oid());
  const encryption = from.enter(Tag.sequence);
  const [cipher, bytes] = known(CIPHERS, encryption.oid());
  const iv = encryption.take(Tag.octets);
  return { cipher, key: pbkdf2Sync(password, salt, iterations, bytes, hash), iv };
}

function iterationsOf(from: DerReader): number {
  const iterations = from.count();
  if (iterations < 1 || iterations > ITERATIONS_MAX) {
    throw new Pkcs12Refused("Unsupported", `it asks for ${iterations} iterations`);
  }
  return iterations;
}

function known<T>(table: ReadonlyMap<string, T>, oid: string): T {
  const found = table.get(oid);
  if (found !== undefined) return found;
  throw new Pkcs12Refused("Unsupported", `the algorithm ${oid} is not read here`);
}

/** Adds the trusted certificates of a list of bags. */
function collect(bytes: Uint8Array, found: Uint8Array[]): void {
  const bags = new DerReader(bytes).enter(Tag.sequence);
  while (!bags.atEnd) {
    const bag = bags.enter(Tag.sequence);
    const type = bag.oid();
    const value = bag.enter(Tag.context0);
    if (type !== OID.certificateBag || bag.atEnd || !isTrusted(bag.enter(Tag.set))) continue;
    const certificate = value.enter(Tag.sequence);
    if (certificate.oid() !== OID.x509) throw new MalformedDer("a certificate of another kind");
    found.push(certificate.enter(Tag.context0).take(Tag.octets));
  }
}

function isTrusted(attributes: DerReader): boolean {
  while (!attributes.atEnd) {
    if (attributes.enter(Tag.sequence).oid() === OID.trustedKeyUsage) return true;
  }
  return false;
}
