/** Who a client is, by its certificate, or why it is not let in. */
import type { Id } from "../../records/data.ts";
import { SUPER_SCHEME } from "../../requests/auth-scheme.ts";
import { X509_SCHEME } from "../../requests/x509-scheme.ts";
import { MalformedDer } from "./der.ts";
import { subjectText } from "./distinguished-name.ts";
import { judgeCertificate, type Shaken } from "./peer-certificate.ts";

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

export function judgeClient(socket: Shaken, rules: ClientRules): Verdict {
  const { clientAuth, checksAddress, superUser } = rules;
  const mustName = checksAddress ? [] : undefined;
  const judged = judgeCertificate(socket, { prefix: "ssl.", clientAuth, mustName });
  if (judged.kind === "refused") return judged;
  if (judged.certificate === undefined) return { kind: "welcome", ids: [] };
  try {
    return { kind: "welcome", ids: idsOf(subjectText(judged.certificate.raw), superUser) };
  } catch (error) {
    if (!(error instanceof MalformedDer)) throw error;
    return {
      kind: "refused",
      why: `the subject of its certificate cannot be read: ${error.message}`,
    };
  }
}

function idsOf(subject: string, superUser: string | undefined): readonly Id[] {
  const own = { scheme: X509_SCHEME, id: subject };
  return subject === superUser ? [{ scheme: SUPER_SCHEME, id: subject }, own] : [own];
}
