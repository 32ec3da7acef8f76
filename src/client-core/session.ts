/**
 * What a client knows of its session, and the three deadlines that hang on it.
 *
 *   last sent  --- a third of the timeout (at most 10 s) --->  ping
 *   last heard --- two thirds --->  the server is given up
 *   last heard --- four thirds, unconnected --->  the session is taken for expired
 *
 * From: reference `ClientCnxn`; specification 2.2, 2.3.
 */
import { type Millis, SESSION_NONE, type SessionId, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { ConnectRequest, type ConnectResponse } from "../records/client.ts";

const PASSWORD_BYTES = 16;
/** The longest silence towards a server, in ms, whatever the timeout. */
const PING_MS_MAX: Millis = 10_000;

export class Session {
  id: SessionId = SESSION_NONE;
  password: Uint8Array = new Uint8Array(PASSWORD_BYTES);
  /** The session timeout in ms: as asked for, then as the server decided. */
  timeoutMs: Millis;
  lastZxid: Zxid = ZXID_ZERO;
  lastHeard: Millis = 0;
  lastSent: Millis = 0;
  private readonly askedTimeoutMs: Millis;
  /** A session of a read-only server is known to that server alone. */
  private hasMetQuorum = false;

  constructor(timeoutMs: Millis) {
    this.askedTimeoutMs = timeoutMs;
    this.timeoutMs = timeoutMs;
  }

  /** True when there is a session that can be taken to another server. */
  get isMovable(): boolean {
    return this.id !== SESSION_NONE && this.hasMetQuorum;
  }

  writeConnectRequest(to: JuteWriter, readOnly: boolean): void {
    const start = to.at;
    to.reserve(4);
    ConnectRequest.write(to, {
      protocolVersion: 0,
      lastZxidSeen: this.lastZxid,
      timeoutMs: this.askedTimeoutMs,
      sessionId: this.isMovable ? this.id : SESSION_NONE,
      password: this.isMovable ? this.password : new Uint8Array(PASSWORD_BYTES),
      readOnly,
    });
    to.view.setInt32(start, to.at - start - 4);
  }

  /** Takes the server's answer. False: it does not know the session, which has then expired. */
  accept(response: ConnectResponse): boolean {
    if (response.timeoutMs <= 0) return false;
    if (this.isMovable && response.sessionId !== this.id) return false;
    this.id = response.sessionId;
    this.password = new Uint8Array(response.password ?? []);
    this.timeoutMs = response.timeoutMs;
    if (response.readOnly !== true) this.hasMetQuorum = true;
    return true;
  }

  /** A reply's zxid: everything up to it has been seen. */
  saw(zxid: Zxid): void {
    if (zxid > this.lastZxid) this.lastZxid = zxid;
  }

  get pingAt(): Millis {
    return this.lastSent + Math.min(this.timeoutMs / 3, PING_MS_MAX);
  }

  get silentAt(): Millis {
    return this.lastHeard + (this.timeoutMs * 2) / 3;
  }

  /** When an unconnected session is taken for expired. */
  get expiredAt(): Millis {
    return this.isMovable ? this.lastHeard + (this.timeoutMs * 4) / 3 : Number.POSITIVE_INFINITY;
  }
}
