/**
 * The number of the epoch that a leader begins, and who has promised it to follow in it.
 * From: specification 4.2.
 */
import type { ServerId, Zxid } from "../base/ids.ts";
import type { Quorums } from "../quorum/quorums.ts";
import type { Epochs } from "./io.ts";
import { NOT_COUNTED } from "./packets.ts";

export class Discovery {
  private readonly self: ServerId;
  private readonly quorums: Quorums;
  private readonly current: number;
  private readonly lastZxid: Zxid;
  /** The greatest epoch that anyone has accepted. */
  private accepted: number;
  /**
   * A promise outlives its link: who has given it follows no leader of a smaller epoch any more.
   */
  private readonly promised: Set<ServerId>;

  /** Of the leader itself; it promises too. */
  constructor(self: ServerId, quorums: Quorums, epochs: Epochs, lastZxid: Zxid) {
    this.self = self;
    this.quorums = quorums;
    this.current = epochs.current;
    this.lastZxid = lastZxid;
    this.accepted = epochs.accepted;
    this.promised = new Set([self]);
  }

  /** A learner, of either role, has accepted this epoch. */
  report(accepted: number): void {
    this.accepted = Math.max(this.accepted, accepted);
  }

  /** The epoch to propose when these followers have reported; undefined: too few. */
  epochFor(followers: Iterable<ServerId>): number | undefined {
    const reported = new Set([this.self, ...followers]);
    return this.quorums.isQuorum(reported) ? this.accepted + 1 : undefined;
  }

  /** Whether a learner has seen more than the leader: its history must not be cut. */
  isAhead(current: number, lastZxid: Zxid): boolean {
    if (current === NOT_COUNTED) return false;
    return current > this.current || (current === this.current && lastZxid > this.lastZxid);
  }

  /** A follower's ACKEPOCH is here. */
  promise(server: ServerId, current: number): void {
    if (current !== NOT_COUNTED) this.promised.add(server);
  }

  /** Whether it would be promised when these followers did so too. */
  canBePromisedBy(open: Iterable<ServerId>): boolean {
    return this.quorums.isQuorum(new Set([...this.promised, ...open]));
  }

  get isPromised(): boolean {
    return this.quorums.isQuorum(this.promised);
  }
}
