/**
 * What must end by itself: sessions that are silent for too long, ephemerals whose session is in no
 * table, containers and nodes that have outlived their time. Kept by whoever decides the order of
 * writes: a standalone server or a leader.
 *
 * Promises: no turn is long; a crowd that expires at once leaves room between its closings for the
 * writes of others. Leaves to others: the sessions' connections.
 * From: specification 2.3, 5.5.
 */
import { type Millis, type SessionId, toSessionId } from "../base/ids.ts";
import type { TxnEntry } from "../records/txn.ts";
import { closeSession } from "../requests/sessions.ts";
import type { Session, Sessions } from "../session/sessions.ts";
import type { DataTree } from "../tree/data-tree.ts";
import { ContainerManager } from "./container-manager.ts";
import type { Instruments } from "./instruments.ts";
import type { Note } from "./io.ts";
import type { Loaded } from "./loading.ts";
import type { PeerClock } from "./peer-clock.ts";
import type { PeerSettings } from "./settings.ts";
import type { WritePath } from "./write-path.ts";

/** So many expired sessions are being closed at a time. */
const EXPIRING_MAX = 16;

export type KeeperParts = {
  readonly settings: PeerSettings;
  readonly clock: PeerClock;
  readonly loaded: Loaded;
  readonly sessions: Sessions;
  readonly writes: WritePath;
  readonly instruments: Instruments;
  readonly note: (note: Note) => void;
  /** Ends a local session, of which no transaction tells. */
  readonly endLocal: (session: Session) => void;
};

export class SessionKeeper {
  private readonly parts: KeeperParts;
  private readonly tree: DataTree;
  private readonly containers: ContainerManager;
  /** Expired sessions whose closing is not applied yet. */
  private readonly expiring = new Set<SessionId>();
  /** Sessions that own ephemerals and are in no table: damage, found while loading. */
  private readonly lost: SessionId[];

  constructor(parts: KeeperParts) {
    const { settings, clock, loaded, writes } = parts;
    this.parts = parts;
    this.tree = loaded.tree;
    this.containers = new ContainerManager(this.tree, writes, settings, clock.now);
    this.lost = [...this.tree.ephemeralSessions()].filter((id) => !loaded.sessions.has(id));
  }

  /** A tick has come, so long after the last one. True when there is more to do at once. */
  tick(since: Millis): boolean {
    this.endLostSessions();
    const again = this.expire();
    // After a pause of this process what clients sent is still unread: writes that keep nodes.
    return since < this.parts.settings.tickTimeMs && this.deleteOutlived() ? true : again;
  }

  /** Goes on where the last turn stopped. True when there is still more. */
  goOn(): boolean {
    const again = this.expire();
    return this.deleteOutlived() || again;
  }

  /** Closes sessions whose time is over. True when there is more to do at once. */
  expire(): boolean {
    const { sessions, clock, instruments, endLocal } = this.parts;
    let again = false;
    const room = EXPIRING_MAX - this.expiring.size;
    for (const session of sessions.takeExpired(clock.sessionTime(), room)) {
      sessions.startClosing(session);
      instruments.sessionsExpired.add();
      if (session.isLocal) {
        endLocal(session);
        again = true;
      } else {
        this.expiring.add(session.id);
        this.endSession(session.id);
      }
    }
    return again;
  }

  applied({ header, txn }: TxnEntry): void {
    if (txn.kind === "closeSession") this.expiring.delete(toSessionId(header.clientId));
  }

  /** Removes the ephemerals of sessions that are not there, so that the log tells of it. */
  private endLostSessions(): void {
    for (const id of this.lost.splice(0, EXPIRING_MAX)) {
      const about = { session: id, paths: this.tree.ephemeralsOf(id).length };
      const event = "ephemerals of an unknown session removed";
      this.parts.note({ level: "warn", event, about });
      this.endSession(id);
    }
  }

  private endSession(session: SessionId): void {
    const { writes, clock } = this.parts;
    writes.request({ session, cxid: 0, ids: [] }, clock.wallTime(), closeSession, { request: {} });
  }

  private deleteOutlived(): boolean {
    const { clock } = this.parts;
    return this.containers.deleteSome(clock.now, clock.wallTime());
  }
}
