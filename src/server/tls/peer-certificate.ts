/**
 * Judges who dialed by the certificate, after the handshake: is it one that leads to the trust
 * store, and does it name whom it should?
 *
 * Promises: with `need` nobody comes in without a certificate that leads to the trust store; with
 * `want` nobody with one that does not. The name that DNS gives an address is never asked for:
 * whoever owns the address writes it (CVE-2026-24281).
 * From: 3.8.0's `X509AuthenticationProvider` and `ZKHostnameVerifier`.
 */
import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { TLSSocket } from "node:tls";
import { commonName } from "./distinguished-name.ts";

export type CertificateRules = {
  /** What the names of the keys begin with that ask for this. */
  readonly prefix: "ssl." | "ssl.quorum.";
  readonly clientAuth: "need" | "want" | "none";
  /** A certificate must name the address that it comes from, or one of these; undefined: none. */
  readonly mustName: readonly string[] | undefined;
};

export type Judged =
  | { readonly kind: "accepted"; readonly certificate: X509Certificate | undefined }
  | { readonly kind: "refused"; readonly why: string };

/** What is asked of a socket that has shaken hands. */
export type Shaken = Pick<TLSSocket, "authorized" | "authorizationError" | "remoteAddress"> & {
  getPeerX509Certificate(): ReturnType<TLSSocket["getPeerX509Certificate"]>;
};

const refuse = (why: string): Judged => ({ kind: "refused", why });

export function judgeCertificate(socket: Shaken, rules: CertificateRules): Judged {
  const { prefix, clientAuth, mustName } = rules;
  if (clientAuth === "none") return { kind: "accepted", certificate: undefined };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    if (clientAuth === "want") return { kind: "accepted", certificate };
    return refuse(`it shows no certificate, and ${prefix}clientAuth=need asks for one`);
  }
  if (!socket.authorized) {
    return refuse(`its certificate is not trusted: ${reasonOf(socket, prefix)}`);
  }
  if (mustName !== undefined && !namesOne(certificate, socket.remoteAddress ?? "", mustName)) {
    const at = `${prefix}clientHostnameVerification`;
    return refuse(`its certificate does not name its address, which ${at} asks for`);
  }
  return { kind: "accepted", certificate };
}

/** Whether it names the address or one of the hosts. */
export function namesOne(
  certificate: X509Certificate,
  address: string,
  hosts: readonly string[],
): boolean {
  return namesAddress(certificate, address) || hosts.some((host) => namesHost(certificate, host));
}

/** An alternative name counts; the common name only where there is no alternative name at all. */
function namesAddress(certificate: X509Certificate, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  if (plain === "") return false;
  if (certificate.subjectAltName !== undefined) return certificate.checkIP(plain) !== undefined;
  return commonName(certificate.raw) === plain;
}

function namesHost(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return namesAddress(certificate, host);
  const subject = certificate.subjectAltName === undefined ? "always" : "never";
  return certificate.checkHost(host, { subject }) !== undefined;
}

/** KEYS stands for what the names of the keys begin with. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "its time has not begun",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it signed itself, and is not in KEYStrustStore.location",
  SELF_SIGNED_CERT_IN_CHAIN: "its authority is not in KEYStrustStore.location",
  UNABLE_TO_GET_ISSUER_CERT: "its authority is not in KEYStrustStore.location",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its authority is not in KEYStrustStore.location",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its authority is not in KEYStrustStore.location",
  INVALID_PURPOSE: "it is not meant for clients (extended key usage)",
};

function reasonOf({ authorizationError }: Shaken, prefix: string): string {
  // Node gives the code of the error, though its types speak of an error.
  const code = String(authorizationError);
  return REASONS[code]?.replace("KEYS", prefix) ?? code;
}
