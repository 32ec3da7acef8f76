/**
 * The transactions that a learner has from its leader: which are pending, which are to be
 * acknowledged, and whether they come in the order in which they must.
 *
 * Promises: accepts no hole and no commit out of turn; both are `ProtocolError`s.
 * From: specification 4.5, 4.6; 4.3 (what a snapshot's stream may repeat).
 */
import { ProtocolError } from "../base/errors.ts";
import { ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import { follows } from "./committed-log.ts";
import type { Proposal } from "./io.ts";
import { isError } from "./packets.ts";

export class Received {
  /** The last one received; undefined behind a snapshot, after which some may be repeated. */
  private last: Zxid | undefined;
  /** The state, and with it the disk, has everything up to here without a log record. */
  private floor: Zxid = ZXID_ZERO;
  private committed: Zxid;
  /** Received and not committed. */
  private readonly pending = new Queue<Proposal>();
  private acknowledging = false;
  private readonly unacked = new Queue<Zxid>();

  /** `last`: the end of the own log. */
  constructor(last: Zxid) {
    this.last = last;
    this.committed = last;
  }

  /** History goes on behind `zxid` instead: the log was cut there. */
  restart(zxid: Zxid): void {
    this.restartFuzzy(zxid);
    this.last = zxid;
  }

  /** As `restart`, but transactions up to `zxid` may come again. */
  restartFuzzy(zxid: Zxid): void {
    this.last = undefined;
    this.floor = zxid;
    this.committed = zxid;
  }

  /** The newest transaction that is known here. */
  get newest(): Zxid {
    return this.last !== undefined && this.last > this.floor ? this.last : this.floor;
  }

  /** Everything up to here is committed. */
  get committedUpTo(): Zxid {
    return this.committed;
  }

  /** Whether the transaction is new here: to be logged, or kept where the log is to be replaced. */
  receive(proposal: Proposal): boolean {
    const { zxid } = proposal;
    // 4575: a malformed request's error transaction has the zxid of the one before it.
    if (zxid === this.last && isError(proposal)) return false;
    const inTurn =
      this.last === undefined
        ? zxid <= this.floor || follows(this.floor, zxid)
        : follows(this.last, zxid);
    if (!inTurn) throw new ProtocolError("BAD_VALUE", { proposal: zxid, after: this.newest });
    this.last = zxid;
    this.pending.push(proposal);
    if (this.acknowledging) this.unacked.push(zxid);
    return zxid > this.floor;
  }

  /** The transaction that is committed now; undefined when nothing is new. */
  commit(zxid: Zxid): Proposal | undefined {
    const head = this.pending.peek();
    if (head?.zxid === zxid) {
      this.pending.shift();
      if (zxid <= this.floor) return undefined;
      this.committed = zxid;
      return head;
    }
    if (zxid <= this.committed) return undefined;
    throw new ProtocolError("BAD_VALUE", { commit: zxid, pending: head?.zxid ?? "nothing" });
  }

  /** Those not committed that no log record and no snapshot holds yet, oldest first. */
  uncommitted(): readonly Proposal[] {
    return this.pending.toArray().filter(({ zxid }) => zxid > this.floor);
  }

  /** Each one that is received from now on, or pending now, is to be acknowledged. */
  startAcknowledging(): void {
    this.acknowledging = true;
    for (const { zxid } of this.pending.toArray()) this.unacked.push(zxid);
  }

  /** Takes those to be acknowledged up to `durable`, in order. */
  takeAcks(durable: Zxid): readonly Zxid[] {
    const taken: Zxid[] = [];
    for (let zxid = this.unacked.peek(); zxid !== undefined && zxid <= durable; ) {
      taken.push(zxid);
      this.unacked.shift();
      zxid = this.unacked.peek();
    }
    return taken;
  }
}
