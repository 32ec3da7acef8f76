/**
 * A client's connection as the machine sees it: its phase, its session, and the requests that it
 * waits for. It serves as the context that reads are answered from.
 *
 *   new -> joining (its session is being made) -> open -> closed
 *   new -> answering (a four-letter word)              -> closed
 */
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import { SESSION_NONE, toZxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import type { FrameCutter } from "../jute/frames.ts";
import type { JuteWriter } from "../jute/writer.ts";
import type { Id } from "../records/data.ts";
import type { ReadOperation, WriteOperation } from "../requests/operation.ts";
import type { Session } from "../session/sessions.ts";
import type { WatcherId } from "../tree/watch-table.ts";
import type { ConnectionId } from "./io.ts";
import { Latency } from "./latency.ts";

/** A request that cannot be answered yet. Answers leave in the order in which requests came. */
export type Waiting =
  /** Its transaction is on the way. */
  | {
      readonly kind: "write";
      readonly xid: number;
      readonly code: number;
      readonly since: Millis;
      /** Length of the request's frame. */
      readonly bytes: number;
      /** Of its transaction; undefined where the leader gives it. */
      readonly zxid: Zxid | undefined;
      readonly operation: WriteOperation;
      /** Undefined where the request was refused before its checks: the reply is an error. */
      readonly request: unknown;
    }
  /**
   * It stands behind a write, or waits until the tree has reached `after`. `body` is its own copy.
   */
  | {
      readonly kind: "read";
      readonly xid: number;
      readonly code: number;
      readonly since: Millis;
      /** Length of the request's frame. */
      readonly bytes: number;
      /** Changed once, for a sync, when the leader has answered it. */
      after: Zxid;
      readonly operation: ReadOperation;
      readonly ids: readonly Id[];
      readonly body: Uint8Array;
    };

const NO_ZXID = toZxid(-1n);

export type Phase = "new" | "joining" | "open" | "answering" | "closed";

export class Connection {
  readonly id: ConnectionId;
  readonly address: string;
  readonly port: number;
  readonly openedAt: Millis;
  readonly watcher: WatcherId;
  readonly cutter: FrameCutter;
  phase: Phase = "new";
  /** The first bytes while they are too few to tell a frame from a four-letter word. */
  head: Uint8Array | undefined;
  session: Session | undefined;
  /** Replaced, never changed, when an identity is added. */
  ids: readonly Id[];
  /** The request told whether it can do with a read-only server, so the response does too. */
  mirrorsReadOnly = false;
  readonly waiting = new Queue<Waiting>();
  /** How many of those that wait are reads. */
  waitingReads = 0;
  /** Frames that are not taken yet: the session is being made, or there is no room for answers. */
  readonly held = new Queue<Uint8Array>();
  /** Requests in the throttle's line. */
  throttled = 0;
  /** One was dropped there: so are all behind it. */
  requestsDropped = false;
  /** Bytes of its large requests that count, in large-requests.ts alone. */
  largeBytes = 0;
  paused = false;
  /** A turn made much output; no more is made before that has left. */
  isFull = false;
  /** This turn's output; undefined while there is none. */
  out: JuteWriter | undefined;

  received = 0;
  sent = 0;
  readonly latency = new Latency();
  lastOperation = "NA";
  /** -1 until there is one. */
  lastCxid = -1;
  lastZxid: Zxid = NO_ZXID;
  lastResponseAt: Millis = 0;
  lastLatencyMs: Millis = 0;

  constructor(
    who: {
      readonly id: ConnectionId;
      readonly address: string;
      readonly port: number;
      readonly ids: readonly Id[];
    },
    openedAt: Millis,
    watcher: WatcherId,
    cutter: FrameCutter,
  ) {
    this.id = who.id;
    this.address = who.address;
    this.port = who.port;
    this.openedAt = openedAt;
    this.watcher = watcher;
    this.cutter = cutter;
    this.ids = [{ scheme: "ip", id: who.address }, ...who.ids];
  }

  /** Requests that came and are not answered. */
  get outstanding(): number {
    return this.waiting.length + this.throttled;
  }

  get sessionId(): SessionId {
    return this.session?.id ?? SESSION_NONE;
  }

  /** Adds identities that an auth packet proved; one that is there already is not added twice. */
  addIds(proved: readonly Id[]): void {
    const fresh = proved.filter(
      (id) => !this.ids.some((own) => own.scheme === id.scheme && own.id === id.id),
    );
    if (fresh.length > 0) this.ids = [...this.ids, ...fresh];
  }

  resetStatistics(): void {
    this.received = this.sent = 0;
    this.latency.reset();
    this.lastOperation = "NA";
    this.lastLatencyMs = this.lastResponseAt = 0;
    this.lastCxid = -1;
    this.lastZxid = NO_ZXID;
  }
}
