/**
 * The way of writes at a learner: each goes to the leader as it came, and comes back as a
 * transaction with the same session and number. What cannot be decoded is refused here: the
 * reference would take it for an error of its own (4575). From: specification 4.7.
 */
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { OpCode } from "../records/op-codes.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { WriteOperation } from "../requests/operation.ts";
import type { Forwarded } from "../zab/io.ts";
import { type Asked, type Author, UNTIL_TOLD, type Writes } from "./writes.ts";

export class Forwarding implements Writes {
  private readonly forward: (request: Forwarded) => void;
  /** Requests of each session that have not come back. */
  private readonly underWay = new Map<SessionId, number>();
  outstandingCount = 0;

  constructor(forward: (request: Forwarded) => void) {
    this.forward = forward;
  }

  request(author: Author, _time: Millis, { code }: WriteOperation, asked: Asked): undefined {
    this.send(author, code, asked.bytes.subarray(asked.start, asked.end));
    return undefined;
  }

  createSession({ session }: Author, _time: Millis, timeoutMs: Millis): void {
    const body = new JuteWriter(4);
    body.int(timeoutMs);
    this.begin(session);
    const opcode = OpCode.createSession;
    this.forward({ session, cxid: 0, opcode, body: body.written(), ids: null });
  }

  refuse(): undefined {
    return undefined;
  }

  syncPoint({ session, cxid, ids }: Author, body: () => Uint8Array): Zxid {
    this.forward({ session, cxid, opcode: OpCode.sync, body: body(), ids });
    return UNTIL_TOLD;
  }

  /** A transaction was applied: it may be one that went this way. */
  applied({ header }: TxnEntry): void {
    const count = this.underWay.get(header.clientId);
    if (count === undefined) return;
    this.outstandingCount--;
    if (count === 1) this.underWay.delete(header.clientId);
    else this.underWay.set(header.clientId, count - 1);
  }

  private send({ session, cxid, ids }: Author, opcode: number, body: Uint8Array): void {
    this.begin(session);
    this.forward({ session, cxid, opcode, body, ids });
  }

  private begin(session: SessionId): void {
    this.underWay.set(session, (this.underWay.get(session) ?? 0) + 1);
    this.outstandingCount++;
  }
}
