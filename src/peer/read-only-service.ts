/**
 * What a participant without a quorum still does, where `readonlymode.enabled` says so: after a
 * while it serves clients that can do with it. They read; their sessions are this server's alone
 * and end when a leader is found. From: specification 2.12.
 */
import type { Millis } from "../base/ids.ts";
import { Sessions } from "../session/sessions.ts";
import type { ClientService } from "./client-service.ts";
import { type Member, newService } from "./member.ts";
import { NO_WRITES } from "./writes.ts";

/** How long a search for a leader lasts before, at the least. */
const PATIENCE_MS_MIN = 2000;
/** Sessions that are expired in one turn at the most. */
const EXPIRED_PER_TURN = 100;

export const readOnlyAfterMs = (tickTimeMs: Millis): Millis =>
  Math.max(PATIENCE_MS_MIN, tickTimeMs);

export class ReadOnlyService {
  readonly sessions: Sessions;
  readonly clients: ClientService;
  private readonly member: Member;

  constructor(member: Member) {
    const { clock, settings, store } = member;
    this.member = member;
    this.sessions = new Sessions(settings.tickTimeMs, clock.sessionTime());
    // Whose session was of the ensemble may come back with it and read.
    for (const [id, timeoutMs] of store.loaded.sessions) {
      this.sessions.add(id, timeoutMs, clock.sessionTime(), true);
    }
    const { sessions } = this;
    this.clients = newService(member, { sessions, writes: NO_WRITES, readOnly: true });
  }

  tick(): void {
    const now = this.member.clock.sessionTime();
    for (const session of this.sessions.takeExpired(now, EXPIRED_PER_TURN)) {
      this.sessions.startClosing(session);
      this.clients.endLocal(session);
    }
    this.clients.tick();
  }
}
