/**
 * The way of writes at a leader: those of its own clients, and those that learners forward. Each is
 * proposed if its session lives and is the sender's. From: specification 2.3, 4.7.
 */
import { ProtocolError } from "../base/errors.ts";
import type { Millis, ServerId, Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import { JuteReader } from "../jute/reader.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import type { WriteOperation } from "../requests/operation.ts";
import { operationOf } from "../requests/table.ts";
import type { Sessions } from "../session/sessions.ts";
import type { Asker, Forwarded } from "../zab/io.ts";
import type { LinkId } from "./links.ts";
import type { PeerClock } from "./peer-clock.ts";
import type { WritePath } from "./write-path.ts";
import { type Asked, type Author, UNTIL_TOLD, type Writes } from "./writes.ts";

export type LeaderWriteParts = {
  readonly self: ServerId;
  readonly writes: Pick<WritePath, "request" | "createSession" | "refuse" | "lastProposed">;
  readonly sessions: Sessions;
  readonly clock: PeerClock;
  /** A client waits until all that is proposed so far is committed, and a quorum still follows. */
  readonly sync: (asker: Asker) => void;
  /** Sessions that only a learner knows may write too: nobody else can tell whether they live. */
  readonly localSessions: boolean;
};

export class LeaderWrites implements Writes {
  private readonly parts: LeaderWriteParts;
  /** Those of own clients that are not applied yet. */
  private readonly own = new Queue<Zxid>();

  constructor(parts: LeaderWriteParts) {
    this.parts = parts;
  }

  /** What learners forward is counted there: the limit is divided among the members. */
  get outstandingCount(): number {
    return this.own.length;
  }

  applied(zxid: Zxid): void {
    if (this.own.peek() === zxid) this.own.shift();
  }

  request(author: Author, time: Millis, operation: WriteOperation, asked: Asked): Zxid {
    const { self, writes } = this.parts;
    const err = author.isLocal === true ? undefined : this.refusal(author, self);
    if (err !== undefined) return this.refuse(author, time, err);
    return this.counted(writes.request(author, time, operation, asked));
  }

  createSession(author: Author, time: Millis, timeoutMs: Millis): void {
    const { self, writes, sessions } = this.parts;
    const session = sessions.get(author.session);
    if (session !== undefined) session.owner = self;
    const before = writes.lastProposed;
    writes.createSession(author, time, timeoutMs);
    if (writes.lastProposed !== before) this.counted(writes.lastProposed);
  }

  refuse(author: Author, time: Millis, err: ErrorCode): Zxid {
    return this.counted(this.parts.writes.refuse(author, time, err));
  }

  syncPoint(): Zxid {
    this.parts.sync("self");
    return UNTIL_TOLD;
  }

  /** A request that a learner brings. */
  forwarded(link: LinkId, from: ServerId, { session, cxid, opcode, body, ids }: Forwarded): void {
    const { writes, clock } = this.parts;
    if (opcode === OpCode.sync) return this.parts.sync(link);
    const isLocal = this.parts.localSessions && this.parts.sessions.get(session) === undefined;
    const author: Author = { session, cxid, ids: ids ?? [], isLocal };
    const time = clock.wallTime();
    if (opcode === OpCode.createSession) return this.openSession(author, from, body);
    const operation = operationOf(opcode);
    if (operation?.access !== "write") {
      writes.refuse(author, time, ErrorCode.Unimplemented);
      return;
    }
    const err = isLocal ? undefined : this.refusal(author, from);
    if (err !== undefined) {
      writes.refuse(author, time, err);
      return;
    }
    const request = read(operation, body);
    if (request === undefined) writes.refuse(author, time, ErrorCode.MarshallingError);
    else writes.request(author, time, operation, { request });
    const known = this.parts.sessions.get(session);
    if (operation.endsSession === true && known !== undefined) {
      this.parts.sessions.startClosing(known);
    }
  }

  private counted(zxid: Zxid): Zxid {
    if (zxid !== UNTIL_TOLD) this.own.push(zxid);
    return zxid;
  }

  private openSession(author: Author, from: ServerId, body: Uint8Array): void {
    const { sessions, writes, clock } = this.parts;
    if (body.length < 4) {
      writes.refuse(author, clock.wallTime(), ErrorCode.MarshallingError);
      return;
    }
    const timeoutMs = new JuteReader(body).int();
    const session = sessions.add(author.session, timeoutMs, clock.sessionTime());
    session.owner = from;
    writes.createSession(author, clock.wallTime(), timeoutMs);
  }

  /** Why the session may not write through `from`. */
  private refusal(author: Author, from: ServerId): ErrorCode | undefined {
    const session = this.parts.sessions.get(author.session);
    if (session === undefined || session.closing) return ErrorCode.SessionExpired;
    session.owner ??= from;
    return session.owner === from ? undefined : ErrorCode.SessionMoved;
  }
}

function read(operation: WriteOperation, body: Uint8Array): unknown {
  try {
    return operation.body.read(new JuteReader(body));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return undefined;
  }
}
