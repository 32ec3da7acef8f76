/** What a leader tells about its ensemble: who learns from it, and how large its proposals are. */
import type { Millis } from "../base/ids.ts";
import type { Leader } from "../zab/leader.ts";
import type { LeadingStatus, ProposalBytes } from "./status.ts";

/** Sizes of what was proposed. */
export class ProposalSizes {
  private last = -1;
  private min = -1;
  private max = -1;

  proposed(bytes: number): void {
    this.last = bytes;
    this.min = this.min === -1 ? bytes : Math.min(this.min, bytes);
    this.max = Math.max(this.max, bytes);
  }

  status(): ProposalBytes {
    const { last, min, max } = this;
    return { last, min, max };
  }
}

export function leadingStatus(
  leader: Leader,
  sizes: ProposalSizes,
  uptimeMs: Millis,
): LeadingStatus {
  const all = leader.learners;
  const synced = all.filter(({ isSynced }) => isSynced);
  const followers = synced.filter(({ role }) => role === "follower");
  const voting = followers.filter(({ isVoter }) => isVoter).length;
  return {
    learners: all.length,
    syncedFollowers: voting,
    syncedNonVotingFollowers: followers.length - voting,
    syncedObservers: synced.length - followers.length,
    pendingSyncs: leader.pendingSyncs,
    uptimeMs,
    proposalBytes: sizes.status(),
  };
}
