/**
 * Judges a client by its certificate, after the handshake: who it is, or why it is not let in.
 *
 * Promises: with `need` nobody comes in without a certificate that leads to the trust store; with
 * `want` nobody with one that does not. The name that DNS gives a client's address is never asked
 * for: whoever owns the address writes it (CVE-2026-24281).
 * From: 3.8.0's `X509AuthenticationProvider` and `ZKHostnameVerifier`.
 */
import type { TLSSocket } from "node:tls";
import type { Id } from "../../records/data.ts";
import { SUPER_SCHEME } from "../../requests/auth-scheme.ts";
import { X509_SCHEME } from "../../requests/x509-scheme.ts";
import { MalformedDer } from "./der.ts";
import { commonName, subjectText } from "./distinguished-name.ts";

export type ClientRules = {
  readonly clientAuth: "need" | "want" | "none";
  /** A certificate must name the address that its client comes from. */
  readonly checksAddress: boolean;
  /** Who may do everything; undefined for nobody. */
  readonly superUser: string | undefined;
};

export type Verdict =
  | { readonly kind: "welcome"; readonly ids: readonly Id[] }
  | { readonly kind: "refused"; readonly why: string };

/** What is asked of a socket that has shaken hands. */
export type Shaken = Pick<TLSSocket, "authorized" | "authorizationError" | "remoteAddress"> & {
  getPeerX509Certificate(): ReturnType<TLSSocket["getPeerX509Certificate"]>;
};

const refuse = (why: string): Verdict => ({ kind: "refused", why });

export function judgeClient(socket: Shaken, rules: ClientRules): Verdict {
  if (rules.clientAuth === "none") return { kind: "welcome", ids: [] };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) {
    if (rules.clientAuth === "want") return { kind: "welcome", ids: [] };
    return refuse("it shows no certificate, and ssl.clientAuth=need asks for one");
  }
  if (!socket.authorized) return refuse(`its certificate is not trusted: ${reasonOf(socket)}`);
  if (rules.checksAddress && !namesAddress(certificate, socket.remoteAddress ?? "")) {
    const at = "ssl.clientHostnameVerification";
    return refuse(`its certificate does not name its address, which ${at} asks for`);
  }
  try {
    return { kind: "welcome", ids: idsOf(subjectText(certificate.raw), rules.superUser) };
  } catch (error) {
    if (!(error instanceof MalformedDer)) throw error;
    return refuse(`the subject of its certificate cannot be read: ${error.message}`);
  }
}

function idsOf(subject: string, superUser: string | undefined): readonly Id[] {
  const own = { scheme: X509_SCHEME, id: subject };
  return subject === superUser ? [{ scheme: SUPER_SCHEME, id: subject }, own] : [own];
}

type Certificate = NonNullable<ReturnType<TLSSocket["getPeerX509Certificate"]>>;

/** An alternative name counts; the common name only where there is no alternative name at all. */
function namesAddress(certificate: Certificate, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, "").replace(/%.*$/, "");
  if (plain === "") return false;
  if (certificate.subjectAltName !== undefined) return certificate.checkIP(plain) !== undefined;
  return commonName(certificate.raw) === plain;
}

const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "it has expired",
  CERT_NOT_YET_VALID: "its time has not begun",
  DEPTH_ZERO_SELF_SIGNED_CERT: "it signed itself, and is not in ssl.trustStore.location",
  SELF_SIGNED_CERT_IN_CHAIN: "its authority is not in ssl.trustStore.location",
  UNABLE_TO_GET_ISSUER_CERT: "its authority is not in ssl.trustStore.location",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its authority is not in ssl.trustStore.location",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its authority is not in ssl.trustStore.location",
  INVALID_PURPOSE: "it is not meant for clients (extended key usage)",
};

function reasonOf({ authorizationError }: Shaken): string {
  // Node gives the code of the error, though its types speak of an error.
  const code = String(authorizationError);
  return REASONS[code] ?? code;
}
