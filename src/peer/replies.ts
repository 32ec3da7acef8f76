/**
 * Where commits meet requests: each connection has a queue of requests that cannot be answered yet,
 * and its head is either a write whose transaction is on the way or a read that may be answered
 * now. A transaction of somebody else's session touches no queue (but a sync that waited for it).
 *
 * Also the only place that writes to connections, so a reply never overtakes an event before it.
 * From: specification 2.4.
 * Size: a third of it is ReadTurn, which only this file may change.
 */
import { assert } from "../base/assert.ts";
import { ProtocolError } from "../base/errors.ts";
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import type { Percentiles } from "../base/metrics.ts";
import { Queue } from "../base/queue.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { WatcherEvent } from "../records/client.ts";
import { KeeperState, Xid } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { Access } from "../requests/access.ts";
import type { ReadContext, ReadOperation } from "../requests/operation.ts";
import type { Session } from "../session/sessions.ts";
import type { Applied, DataTree } from "../tree/data-tree.ts";
import type { WatcherId, WatchTables } from "../tree/watch-table.ts";
import type { Connection, Waiting } from "./connection.ts";
import type { Instruments } from "./instruments.ts";
import type { PeerEffect, Reads } from "./io.ts";
import { type LargeReplies, pathIn, pathOf } from "./large-replies.ts";
import type { LargeRequests } from "./large-requests.ts";
import type { Traffic } from "./latency.ts";
import { operationLabel } from "./operation-labels.ts";
import { beginFrame, beginReply, endFrame, endReply, LENGTH_BYTES, WriterPool } from "./output.ts";
import { UNTIL_TOLD } from "./writes.ts";

/** An event, and the frame that tells it. */
type SentEvent = {
  readonly zxid: Zxid;
  readonly type: number;
  readonly path: string;
  readonly bytes: Uint8Array;
};

function eventOf(type: number, path: string, zxid: Zxid): SentEvent {
  const to = new JuteWriter();
  const start = beginReply(to, Xid.event, zxid);
  WatcherEvent.write(to, { type, state: KeeperState.syncConnected, path });
  endFrame(to, start);
  return { zxid, type, path, bytes: to.taken() };
}

type Read = Extract<Waiting, { kind: "read" }>;
type Write = Extract<Waiting, { kind: "write" }>;

export type ReplyParts = {
  readonly tree: DataTree;
  readonly watches: WatchTables;
  readonly access: Access;
  readonly traffic: Traffic;
  readonly instruments: Instruments;
  readonly largeRequests: LargeRequests;
  readonly largeReplies: LargeReplies;
  /** A local session was told of its end. */
  readonly sessionEnded: (session: Session) => void;
};

export class Replies {
  private readonly tree: DataTree;
  private readonly traffic: Traffic;
  private readonly instruments: Instruments;
  private readonly largeRequests: LargeRequests;
  private readonly largeReplies: LargeReplies;
  private readonly sessionEnded: ReplyParts["sessionEnded"];
  private readonly turn: ReadTurn;
  private readonly pool = new WriterPool();
  private lastEvent: SentEvent | undefined;
  private dirty: Connection[] = [];
  /** Connections whose head waits for a zxid of somebody else, in the order of these zxids. */
  private readonly syncs = new Queue<{ readonly after: Zxid; readonly conn: Connection }>();
  /** Syncs that the leader has not answered yet, in the order in which it was asked. */
  private readonly untold = new Queue<{ readonly read: Read; readonly conn: Connection }>();
  now: Millis = 0;
  /** Reads that wait, of all connections. */
  readsWaiting = 0;

  constructor(parts: ReplyParts) {
    const { tree, watches, access, traffic, instruments } = parts;
    this.largeRequests = parts.largeRequests;
    this.largeReplies = parts.largeReplies;
    this.sessionEnded = parts.sessionEnded;
    this.tree = tree;
    this.instruments = instruments;
    this.traffic = traffic;
    this.turn = new ReadTurn(this, tree, watches, access);
  }

  /** The effects of the last step have been performed. */
  beginTurn(now: Millis): void {
    this.now = now;
    this.pool.reclaim();
  }

  /** Appends one "send" for each connection that has output. */
  endTurn(out: PeerEffect[]): void {
    for (const conn of this.dirty) {
      const writer = conn.out;
      conn.out = undefined;
      if (writer !== undefined) out.push({ kind: "send", conn: conn.id, bytes: writer.written() });
    }
    this.dirty = [];
  }

  /** This turn's buffer of a connection. */
  to(conn: Connection): JuteWriter {
    if (conn.out === undefined) {
      conn.out = this.pool.take();
      this.dirty.push(conn);
    }
    return conn.out;
  }

  /** Answers a read from the tree as it is now. `from` stands behind the request header. */
  read(conn: Connection, xid: number, operation: ReadOperation, from: JuteReader): void {
    this.turn.serve(conn, xid, this.now, conn.ids);
    this.answer(operation, from);
  }

  /** A header without a body. `zxid` defaults to the last one applied. */
  header(
    conn: Connection,
    xid: number,
    err: ErrorCode,
    zxid: Zxid = this.tree.lastProcessed,
  ): void {
    const to = this.to(conn);
    endReply(to, beginReply(to, xid, zxid), err);
    this.sent(conn);
  }

  event(conn: Connection, type: number, path: string, zxid: Zxid): void {
    const last = this.lastEvent;
    // One change tells all its watchers the same bytes.
    const isLast = last?.zxid === zxid && last.type === type && last.path === path;
    const { bytes } = isLast ? last : (this.lastEvent = eventOf(type, path, zxid));
    this.to(conn).raw(bytes);
    this.instruments.watchBytes.add(bytes.length);
    this.sent(conn);
  }

  /** A frame without a reply header: the answer to a handshake. */
  frame(conn: Connection, write: (to: JuteWriter) => void): void {
    const to = this.to(conn);
    const start = beginFrame(to);
    write(to);
    endFrame(to, start);
    this.sent(conn);
  }

  /** Queues a request behind those that the connection waits for. */
  wait(conn: Connection, waiting: Waiting): void {
    conn.waiting.push(waiting);
    if (waiting.kind === "write") return;
    conn.waitingReads++;
    this.readsWaiting++;
    if (waiting.after === UNTIL_TOLD) this.untold.push({ read: waiting, conn });
    else if (waiting.after > this.tree.lastProcessed) {
      this.syncs.push({ after: waiting.after, conn });
    }
  }

  /** The connection is gone: what it waits for is answered to nobody. */
  drop(conn: Connection): void {
    this.instruments.staleReplies.add(conn.waiting.length - conn.waitingReads);
    this.readsWaiting -= conn.waitingReads;
    conn.waitingReads = 0;
    conn.waiting.clear();
  }

  /**
   * A transaction of this connection's session was applied: answers its write and what waited for
   * it.
   */
  committed(conn: Connection, entry: TxnEntry, applied: Applied): void {
    const head = conn.waiting.peek();
    if (head?.kind !== "write" || !isAnswerTo(head, entry)) return;
    conn.waiting.shift();
    this.writeReply(conn, head, applied);
    this.largeRequests.give(conn, head.bytes);
    // What was sent behind a close is not answered: the connection ends here.
    if (entry.txn.kind !== "closeSession") this.drain(conn);
  }

  /**
   * The leader has answered the oldest sync that it was asked: what it waits for is committed up to
   * `upTo`, and perhaps not applied here yet.
   */
  synced(upTo: Zxid): void {
    const oldest = this.untold.shift();
    if (oldest === undefined) return;
    const { read, conn } = oldest;
    read.after = upTo;
    if (upTo > this.tree.lastProcessed) this.syncs.push({ after: upTo, conn });
    else this.drain(conn);
  }

  /** The tree has moved on: answers the syncs that waited for it. */
  caughtUp(): void {
    for (let head = this.syncs.peek(); head !== undefined; head = this.syncs.peek()) {
      if (head.after > this.tree.lastProcessed) return;
      this.syncs.shift();
      this.drain(head.conn);
    }
  }

  /** Answers the reads at the head of the queue, as far as they wait for nothing. */
  drain(conn: Connection): void {
    for (let head = conn.waiting.peek(); head?.kind === "read"; head = conn.waiting.peek()) {
      if (head.after > this.tree.lastProcessed || conn.phase === "closed") return;
      conn.waiting.shift();
      conn.waitingReads--;
      this.readsWaiting--;
      this.readWaited(conn, head);
    }
  }

  private readWaited(conn: Connection, read: Read): void {
    this.turn.serve(conn, read.xid, read.since, read.ids);
    this.answer(read.operation, new JuteReader(read.body));
    this.largeRequests.give(conn, read.bytes);
  }

  private answer(operation: ReadOperation, from: JuteReader): void {
    const { conn, xid, since } = this.turn;
    const bodyAt = from.at;
    const to = this.to(conn);
    let start = -1;
    let err: ErrorCode;
    try {
      operation.before?.(this.turn, from);
      start = beginReply(to, xid, this.tree.lastProcessed);
      err = operation.answer(this.turn, from, to);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      if (start < 0) start = beginReply(to, xid, this.tree.lastProcessed);
      err = ErrorCode.MarshallingError;
    }
    const bytes = endReply(to, start, err);
    const latency = this.instruments.readLatency;
    const { code } = operation;
    this.replied(conn, { xid, code, since, bytes, latency });
    if (bytes - LENGTH_BYTES > this.largeReplies.bytesMax) {
      const path = pathIn(from.bytes, bodyAt + (operation.pathAt ?? 0), from.end);
      this.largeReplies.tell({ session: conn.sessionId, code, bytes: bytes - LENGTH_BYTES, path });
    }
    if (operation.endsSession === true) this.sessionEnded(conn.session!);
  }

  private writeReply(conn: Connection, write: Write, applied: Applied): void {
    const to = this.to(conn);
    const start = beginReply(to, write.xid, this.tree.lastProcessed);
    const { operation, request } = write;
    const err = applied.kind === "failed" ? (applied.err as ErrorCode) : ErrorCode.Ok;
    if (err === ErrorCode.Ok) operation.reply(to, { tree: this.tree, request, applied });
    const bytes = endReply(to, start, err);
    const { xid, code, since } = write;
    this.replied(conn, { xid, code, since, bytes, latency: this.instruments.updateLatency });
    if (bytes - LENGTH_BYTES > this.largeReplies.bytesMax) {
      const path = pathOf(request);
      this.largeReplies.tell({ session: conn.sessionId, code, bytes: bytes - LENGTH_BYTES, path });
    }
  }

  /** Reads were answered elsewhere, none of which took long. */
  served(conn: Connection, { count, xid, code, replyBytes }: Reads): void {
    conn.sent += count;
    this.traffic.sent += count;
    conn.latency.add(0, count);
    this.traffic.latency.add(0, count);
    conn.lastLatencyMs = 0;
    conn.lastResponseAt = this.now;
    conn.lastOperation = operationLabel(code);
    conn.lastCxid = xid;
    conn.lastZxid = this.tree.lastProcessed;
    this.instruments.responseBytes.add(replyBytes);
    this.instruments.readsElsewhere.add(count);
  }

  private sent(conn: Connection): void {
    conn.sent++;
    this.traffic.sent++;
  }

  private replied(conn: Connection, reply: Answered): void {
    this.sent(conn);
    const took = this.now - reply.since;
    conn.latency.add(took);
    conn.lastLatencyMs = took;
    conn.lastResponseAt = this.now;
    conn.lastOperation = operationLabel(reply.code);
    conn.lastCxid = reply.xid;
    conn.lastZxid = this.tree.lastProcessed;
    this.traffic.latency.add(took);
    this.traffic.replied(reply.bytes);
    this.instruments.responseBytes.add(reply.bytes);
    reply.latency.record(took);
  }
}

/** Whether the transaction is what the request became. */
const isAnswerTo = ({ zxid, xid }: Write, { header }: TxnEntry): boolean =>
  zxid === undefined ? xid === header.cxid : zxid === header.zxid;

type Answered = {
  readonly xid: number;
  readonly code: number;
  readonly since: Millis;
  readonly bytes: number;
  readonly latency: Percentiles;
};

/** What the read being answered sees. One object serves all reads, one after the other. */
class ReadTurn implements ReadContext {
  readonly tree: DataTree;
  readonly watches: WatchTables;
  readonly access: Access;
  private readonly replies: Replies;
  private served: Connection | undefined;
  ids: ReadContext["ids"] = [];
  xid = 0;
  since: Millis = 0;

  constructor(replies: Replies, tree: DataTree, watches: WatchTables, access: Access) {
    this.replies = replies;
    this.tree = tree;
    this.watches = watches;
    this.access = access;
  }

  get conn(): Connection {
    assert(this.served !== undefined, "a read is being answered");
    return this.served;
  }

  get session(): SessionId {
    return this.conn.sessionId;
  }

  get watcher(): WatcherId {
    return this.conn.watcher;
  }

  serve(conn: Connection, xid: number, since: Millis, ids: ReadContext["ids"]): void {
    this.served = conn;
    this.xid = xid;
    this.since = since;
    this.ids = ids;
  }

  event(type: number, path: string, zxid: Zxid): void {
    this.replies.event(this.conn, type, path, zxid);
  }
}
