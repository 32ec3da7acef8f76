/**
 * The handshake: a connection gets its session, new or its own again, or is refused.
 * From: specification 2.2 (order of checks).
 */
import { sameSecret } from "../base/bytes.ts";
import type { Millis, SessionId } from "../base/ids.ts";
import { SESSION_NONE } from "../base/ids.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { type ConnectRequest, ConnectResponse } from "../records/client.ts";
import { NO_PASSWORD } from "../session/password.ts";
import type { Session } from "../session/sessions.ts";
import type { ServerParts } from "./parts.ts";
import type { PeerSettings } from "./settings.ts";

const PROTOCOL_VERSION = 0;

/** What becomes of a connection that asks for a session. */
export type Welcome =
  /** It asks for a new session: one has to be made. */
  | { readonly kind: "create"; readonly timeoutMs: Millis }
  /** It has proved its right to a session that lives. */
  | { readonly kind: "attach"; readonly session: Session; readonly timeoutMs: Millis }
  /**
   * It has proved its right to a session of which it is not sure whether it lives: the leader must
   * tell, or its close is under way and may yet be lost.
   */
  | { readonly kind: "ask"; readonly session: SessionId; readonly timeoutMs: Millis }
  /** It is told that its session is over. */
  | { readonly kind: "refuse"; readonly why: string }
  /** Nobody here can tell whether its session lives: it is told nothing, and asks another server. */
  | { readonly kind: "close"; readonly why: string };

type HandshakeParts = Pick<ServerParts, "sessions" | "passwordOf" | "revalidate" | "readOnly"> & {
  readonly settings: Pick<PeerSettings, "minSessionTimeoutMs" | "maxSessionTimeoutMs">;
};

export function negotiate(
  request: ConnectRequest,
  { sessions, settings, passwordOf, revalidate, readOnly }: HandshakeParts,
): Welcome {
  const { minSessionTimeoutMs: min, maxSessionTimeoutMs: max } = settings;
  const timeoutMs = Math.min(Math.max(request.timeoutMs, min), max);
  const id = request.sessionId;
  if (id === SESSION_NONE) return { kind: "create", timeoutMs };
  const session = sessions.get(id);
  const mustAsk = revalidate !== undefined && session?.isLocal !== true;
  if (!mustAsk && session === undefined) {
    // Without a quorum: the others may have begun it, and keep it (read-only-unknown-session).
    if (readOnly) return { kind: "close", why: "a session that only a quorum may know" };
    return { kind: "refuse", why: "unknown session" };
  }
  if (!sameSecret(passwordOf(id), request.password ?? NO_PASSWORD)) {
    return { kind: "refuse", why: "wrong session password" };
  }
  return mustAsk || session === undefined || session.closing
    ? { kind: "ask", session: id, timeoutMs }
    : { kind: "attach", session, timeoutMs };
}

export function writeWelcome(
  to: JuteWriter,
  session: { readonly id: SessionId; readonly timeoutMs: Millis },
  { password, readOnly }: { readonly password: Uint8Array; readonly readOnly: boolean | undefined },
): void {
  ConnectResponse.write(to, {
    protocolVersion: PROTOCOL_VERSION,
    timeoutMs: session.timeoutMs,
    sessionId: session.id,
    ...{ password, readOnly },
  });
}

/** `readOnly`: undefined where the request did not tell either. */
export function writeRefusal(to: JuteWriter, readOnly: boolean | undefined): void {
  ConnectResponse.write(to, {
    protocolVersion: PROTOCOL_VERSION,
    timeoutMs: 0,
    sessionId: SESSION_NONE,
    password: NO_PASSWORD,
    readOnly,
  });
}
