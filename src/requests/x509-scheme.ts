/**
 * The x509 scheme: the subject of a client's verified certificate. A connection gets it from its
 * TLS handshake, never by an auth packet.
 *
 * From: specification 2.5, 2.6; OpenJDK 17 asked which texts are names.
 */
import type { AuthScheme } from "./auth-scheme.ts";

export const X509_SCHEME = "x509";

/** The attributes that Java knows by a word. */
const WORDS: ReadonlySet<string> = new Set(
  (
    "CN C L S ST O OU T IP STREET DC DNQUALIFIER DNQ SURNAME GIVENNAME INITIALS GENERATION " +
    "EMAIL EMAILADDRESS UID SERIALNUMBER"
  ).split(" "),
);
/** The first number of an object identifier is at most 2. */
const NUMBERS = /^(OID\.)?[0-2](\.\d+)+$/i;

// Each is tried at one place only, and no two parts of one can take the same character: a name of
// any length is read in time that grows with its length.
const KEY = /\s*([A-Za-z0-9.]+)\s*=/y;
const QUOTED = /\s*"(?:[^"\\]|\\.)*"\s*/sy;
const HEXADECIMAL = /\s*#(?:[0-9a-fA-F]{2})+\s*/y;
const PLAIN = /(?:[^",;+<>\\]|\\(?:[ ,;+<>"\\=#]|[0-9a-fA-F]{2}))*/y;

/** Whether Java reads it as a distinguished name. */
function isName(name: string): boolean {
  if (name === "") return true;
  for (let at = 0; ; at++) {
    KEY.lastIndex = at;
    const key = KEY.exec(name)?.[1]?.toUpperCase();
    if (key === undefined || !(WORDS.has(key) || NUMBERS.test(key))) return false;
    at = endOfValue(name, KEY.lastIndex);
    if (at === name.length) return true;
    if (!",;+".includes(name.charAt(at))) return false;
  }
}

function endOfValue(name: string, start: number): number {
  const isHexadecimal = name.slice(start).trimStart().startsWith("#");
  for (const form of isHexadecimal ? [HEXADECIMAL] : [QUOTED, PLAIN]) {
    form.lastIndex = start;
    if (form.test(name)) return form.lastIndex;
  }
  return start;
}

export const x509: AuthScheme = {
  name: X509_SCHEME,
  isValid: isName,
  matches: (own, wanted) => own === wanted,
  authenticates: true,
  authenticate: () => undefined,
};
