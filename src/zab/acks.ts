/**
 * The proposals that are not committed yet, and who has acknowledged each.
 *
 * Promises: commits come in the order of proposals, each with a quorum behind it; an ACK counts for
 * its own zxid only; late, repeated and unknown ones change nothing.
 * From: specification 4.6.
 */
import { assert } from "../base/assert.ts";
import type { ServerId, Zxid } from "../base/ids.ts";
import type { Quorums } from "../quorum/quorums.ts";
import type { Proposal } from "./io.ts";

type Outstanding = {
  readonly proposal: Proposal;
  readonly ackers: Set<ServerId>;
  readonly quorums: Quorums;
};

export class Acks {
  /** In the order of zxids. */
  private readonly outstanding = new Map<Zxid, Outstanding>();

  get size(): number {
    return this.outstanding.size;
  }

  /** `quorums`: who decides about this one. */
  propose(proposal: Proposal, quorums: Quorums): void {
    assert(!this.outstanding.has(proposal.zxid), "a zxid is proposed once");
    this.outstanding.set(proposal.zxid, { proposal, ackers: new Set(), quorums });
  }

  /** Those not committed yet, oldest first. */
  proposals(): readonly Proposal[] {
    return [...this.outstanding.values()].map(({ proposal }) => proposal);
  }

  acknowledge(server: ServerId, zxid: Zxid): void {
    this.outstanding.get(zxid)?.ackers.add(server);
  }

  /** Everything up to `zxid` is durable at this server. */
  acknowledgeUpTo(server: ServerId, zxid: Zxid): void {
    for (const [of, { ackers }] of this.outstanding) {
      if (of > zxid) return;
      ackers.add(server);
    }
  }

  /** What the server acknowledged counts no more: it may be made to drop it. */
  forget(server: ServerId): void {
    for (const { ackers } of this.outstanding.values()) ackers.delete(server);
  }

  /** Takes those that are committed now, oldest first. */
  takeCommitted(): readonly Proposal[] {
    const taken: Proposal[] = [];
    for (const [zxid, { proposal, ackers, quorums }] of this.outstanding) {
      if (!quorums.isQuorum(ackers)) break;
      this.outstanding.delete(zxid);
      taken.push(proposal);
    }
    return taken;
  }
}
