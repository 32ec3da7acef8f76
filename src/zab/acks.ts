/**
 * The proposals that are not committed yet, and who has acknowledged each.
 *
 * Promises: commits come in the order of proposals, each with a quorum behind it; an ACK counts for
 * its own zxid only; late, repeated and unknown ones change nothing.
 * From: specification 4.6.
 */
import { assert } from "../base/assert.ts";
import { type ServerId, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { Queue } from "../base/queue.ts";
import type { Quorums } from "../quorum/quorums.ts";
import { type Ackers, Family } from "./ackers.ts";
import type { Proposal } from "./io.ts";

type Outstanding = { readonly proposal: Proposal; ackers: Ackers };

const NOTHING: readonly Proposal[] = [];

export class Acks {
  /** In the order of zxids. No map: it leaves tables behind that keep what was committed alive. */
  private readonly outstanding = new Queue<Outstanding>();
  private last: Zxid = ZXID_ZERO;
  private family: Family | undefined;

  get size(): number {
    return this.outstanding.length;
  }

  /** `quorums`: who decides about this one. */
  propose(proposal: Proposal, quorums: Quorums): void {
    assert(proposal.zxid > this.last, "zxids are proposed once and in their order");
    this.last = proposal.zxid;
    if (this.family?.quorums !== quorums) this.family = new Family(quorums);
    this.outstanding.push({ proposal, ackers: this.family.nobody });
  }

  /** Those not committed yet, oldest first. */
  proposals(): readonly Proposal[] {
    return this.outstanding.toArray().map(({ proposal }) => proposal);
  }

  acknowledge(server: ServerId, zxid: Zxid): void {
    const found = this.outstanding.at(this.placeOf(zxid));
    if (found?.proposal.zxid === zxid) found.ackers = found.ackers.with(server);
  }

  /** Everything up to `zxid` is durable at this server. */
  acknowledgeUpTo(server: ServerId, zxid: Zxid): void {
    for (let place = 0; place < this.size; place++) {
      const each = this.outstanding.at(place)!;
      if (each.proposal.zxid > zxid) return;
      each.ackers = each.ackers.with(server);
    }
  }

  /** What the server acknowledged counts no more: it may be made to drop it. */
  forget(server: ServerId): void {
    for (const each of this.outstanding.toArray()) each.ackers = each.ackers.without(server);
  }

  /** Takes those that are committed now, oldest first. */
  takeCommitted(): readonly Proposal[] {
    let oldest = this.outstanding.peek();
    if (oldest?.ackers.isQuorum !== true) return NOTHING;
    const taken: Proposal[] = [];
    while (oldest?.ackers.isQuorum === true) {
      this.outstanding.shift();
      taken.push(oldest.proposal);
      oldest = this.outstanding.peek();
    }
    return taken;
  }

  /** Of the first whose zxid is not smaller. */
  private placeOf(zxid: Zxid): number {
    // Nearly always, as they are numbered without gaps.
    const first = this.outstanding.peek();
    const likely = first === undefined ? 0 : Number(zxid - first.proposal.zxid);
    if (likely >= 0 && this.outstanding.at(likely)?.proposal.zxid === zxid) return likely;
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.outstanding.at(middle)!.proposal.zxid < zxid) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
