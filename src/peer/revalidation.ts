/**
 * Who comes back with a session, to the leader or to a learner, is told here whether it lives. Of
 * one that is being closed nothing is told before its close is committed: only then it is sure.
 * From: specification 4.7 (REVALIDATE), 2.2.
 */
import type { Millis, ServerId, SessionId } from "../base/ids.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Asker } from "../zab/io.ts";
import type { LinkId } from "./links.ts";

export type RevalidationParts = {
  readonly sessions: Sessions;
  readonly sessionTime: () => Millis;
  /** The protocol tells a learner; of a session that does not live, the leader's own client too. */
  readonly tell: (asker: Asker, session: SessionId, valid: boolean) => void;
  /** The leader's own client may have its session. */
  readonly admit: (session: SessionId) => void;
};

/** A learner's question. */
export type Asked = {
  readonly link: LinkId;
  readonly from: ServerId;
  readonly session: SessionId;
  readonly timeoutMs: Millis;
};

export class Revalidation {
  private readonly parts: RevalidationParts;
  /** Learners that wait to hear of a session that is being closed. */
  private readonly askedWhileClosing = new Map<SessionId, readonly LinkId[]>();

  constructor(parts: RevalidationParts) {
    this.parts = parts;
  }

  /** The session is the learner's from now on, if it lives. */
  byLearner({ link, from, session: id, timeoutMs }: Asked): void {
    const { sessions, sessionTime, tell } = this.parts;
    const session = sessions.get(id);
    if (session?.closing) {
      const asking = this.askedWhileClosing.get(id) ?? [];
      this.askedWhileClosing.set(id, [...asking, link]);
      return;
    }
    if (session !== undefined) {
      session.timeoutMs = timeoutMs;
      session.owner = from;
      sessions.touch(session, sessionTime());
    }
    tell(link, id, session !== undefined);
  }

  /** A client of this server asks. While its session is being closed, the close will tell it. */
  byOwnClient(id: SessionId): void {
    const session = this.parts.sessions.get(id);
    if (session === undefined) this.parts.tell("self", id, false);
    else if (!session.closing) this.parts.admit(id);
  }

  /** The close of a session is committed. */
  closed(id: SessionId): void {
    for (const link of this.askedWhileClosing.get(id) ?? []) this.parts.tell(link, id, false);
    this.askedWhileClosing.delete(id);
  }
}
