/**
 * The distinguished name of a certificate's subject, as the text that ACLs are compared with: that
 * of RFC 2253 exactly as Java's `X500Principal.getName()` prints it, since ACLs made with the
 * reference hold that text. Node's own text of a subject leaves out what tells values apart.
 *
 *   certificate -> tbsCertificate -> subject -> sets of (attribute, value), printed last to first
 *
 * From: RFC 2253, RFC 5280; OpenJDK 17 asked for 120 names.
 */
import { DerReader, type DerValue, Tag } from "./der.ts";

/** The attributes that RFC 2253 has a word for; others are printed as numbers. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ["2.5.4.3", "CN"],
  ["2.5.4.6", "C"],
  ["2.5.4.7", "L"],
  ["2.5.4.8", "ST"],
  ["2.5.4.9", "STREET"],
  ["2.5.4.10", "O"],
  ["2.5.4.11", "OU"],
  ["0.9.2342.19200300.100.1.1", "UID"],
  ["0.9.2342.19200300.100.1.25", "DC"],
]);

/** UTF8String, PrintableString, T61String, IA5String, GeneralString, BMPString. */
const TEXT_TAGS: ReadonlySet<number> = new Set([0x0c, 0x13, 0x14, 0x16, 0x1b, 0x1e]);

/** The subject of a certificate in DER. Throws `MalformedDer`. */
export function subjectText(certificate: Uint8Array): string {
  return nameText(subjectOf(certificate));
}

/** The text of a name in DER, its outer sequence included. Throws `MalformedDer`. */
export function nameText(name: Uint8Array): string {
  const sets: string[] = [];
  const from = new DerReader(name).enter(Tag.sequence);
  while (!from.atEnd) {
    const set = from.enter(Tag.set);
    const parts: string[] = [];
    while (!set.atEnd) parts.push(attributeText(set.enter(Tag.sequence)));
    sets.unshift(parts.join("+"));
  }
  return sets.join(",");
}

/** The common name nearest to the leaf; undefined if there is none that is a text. */
export function commonName(certificate: Uint8Array): string | undefined {
  let found: string | undefined;
  const from = new DerReader(subjectOf(certificate)).enter(Tag.sequence);
  while (!from.atEnd) {
    const set = from.enter(Tag.set);
    while (!set.atEnd) {
      const attribute = set.enter(Tag.sequence);
      const isCommonName = WORDS.get(attribute.oid()) === "CN";
      const value = attribute.next();
      if (isCommonName && TEXT_TAGS.has(value.tag)) found = text(value);
    }
  }
  return found;
}

function subjectOf(certificate: Uint8Array): Uint8Array {
  const from = new DerReader(certificate).enter(Tag.sequence).enter(Tag.sequence);
  if (from.nextTag === Tag.context0) from.next(); // the version
  from.next(); // the serial number
  from.next(); // the signature's algorithm
  from.next(); // the issuer
  from.next(); // the time of validity
  return from.next().whole;
}

function attributeText(from: DerReader): string {
  const oid = from.oid();
  const value = from.next();
  const word = WORDS.get(oid);
  if (word === undefined || !TEXT_TAGS.has(value.tag)) {
    return `${word ?? oid}=#${Buffer.from(value.whole).toString("hex")}`;
  }
  return `${word}=${escaped(text(value))}`;
}

/** Java takes every kind of text for UTF-8, also the two bytes a character of a BMPString. */
const text = (value: DerValue): string =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(value.body);

/** Java counts a carriage return at either end as a blank. */
function escaped(value: string): string {
  const [, lead = "", middle = "", trail = ""] = /^([ \r]*)(.*?)([ \r]*)$/s.exec(value)!;
  const inside = middle.replace(/[,=+<>#;"\\]/g, "\\$&").replaceAll("\0", "\\00");
  return `${lead.replace(/./gs, "\\$&")}${inside}${trail.replace(/./gs, "\\$&")}`;
}
