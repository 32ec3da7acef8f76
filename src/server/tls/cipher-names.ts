/**
 * Cipher suites by Java's names, as configurations hold them, and by OpenSSL's, as Node wants them.
 * Those of TLS 1.3 have one name.
 */
import { getCiphers } from "node:tls";

/** OpenSSL's name; undefined when this Node has no such suite. OpenSSL's own names are taken too. */
export function cipherFor(name: string): string | undefined {
  const known = new Set(getCiphers());
  return [name, opensslName(name)].find((candidate) => known.has(candidate.toLowerCase()));
}

/** TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256. */
const opensslName = (name: string): string =>
  name
    .replace(/^TLS_/, "")
    // With keys exchanged by RSA OpenSSL does not say so.
    .replace(/^RSA_WITH_/, "")
    .replace("_WITH_", "-")
    .replace(/(AES|ARIA|CAMELLIA)_(\d+)/, "$1$2")
    .replace(/_CBC_(SHA\d*)$/, "-$1")
    .replace(/(CHACHA20_POLY1305)_SHA256$/, "$1")
    .replaceAll("_", "-");
