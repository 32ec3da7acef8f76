/**
 * Rare situations that a world has been in, by name and with counts: what no run ever reached, no
 * run has tested.
 *
 * Every name stands in the list below, so that what was never reached can be told. What members
 * tell their operators is counted under its own words, of which the list holds those that worlds
 * are meant to bring about.
 */

const FAULTS_SEEN = [
  "a bit of a log or snapshot flipped",
  "a bit of a snapshot flipped",
  "a crash while starting",
  "a crash while the disk worked",
  "a disk operation waited for a stalled disk",
  "a member came back with an older copy",
  "a member came back with an empty folder",
  "a server was paused",
  "a sync failed",
  "a write met a full disk",
  "the power went out between disk operations",
  "the two newest snapshots are damaged",
] as const;

const NETWORK_SEEN = [
  "a connection is half open",
  "a dial was refused",
  "bytes arrived late, after a block",
  "two connections of one kind between two servers",
] as const;

const CLIENTS_SEEN = [
  "a client asked for several things at once",
  "a client read at a server without a quorum",
  "a client read slowly",
  "a client vanished",
  "a client was told that its session expired",
  "a large node was written",
  "a lock was held",
  "a multi was refused as a whole",
  "a session came back on another connection",
  "a session found a quorum again",
  "a session went on without a quorum",
  "a watch event came",
  "a write was refused for want of a quorum",
  "an increment may have been done or not",
] as const;

const SERVERS_SEEN = [
  "a learner took over another state",
  "a member started without its history",
  "a server alone passed into an epoch",
  "a snapshot was taken",
  "an epoch took more bits",
  "numbers of sequential nodes came to their end",
  "old files were purged",
  "recovery had something to tell the operator",
  "recovery replayed transactions",
  "the counter of an epoch came to its end",
] as const;

const TELLS = "a member tells: ";
const TOLD = [
  `${TELLS}following`,
  `${TELLS}in step with a quorum`,
  `${TELLS}leading`,
  `${TELLS}learner link closed`,
  `${TELLS}no leader`,
  `${TELLS}observing`,
  `${TELLS}serving read-only: no quorum`,
  `${TELLS}the leader sends its whole state`,
  `${TELLS}the state is complete: this server votes again`,
  `${TELLS}what was logged after this and never committed is taken back`,
] as const;

/** All situations that worlds are meant to reach. */
export const PROBES = [
  ...FAULTS_SEEN,
  ...NETWORK_SEEN,
  ...CLIENTS_SEEN,
  ...SERVERS_SEEN,
  ...TOLD,
] as const;

/** What a member tells is known only when it does, so that any words of it will do. */
export type Situation = (typeof PROBES)[number] | `${typeof TELLS}${string}`;

export class Probes {
  private readonly counts = new Map<string, number>();

  reach(situation: Situation): void {
    this.counts.set(situation, (this.counts.get(situation) ?? 0) + 1);
  }

  /** In the order of their names. */
  get reached(): ReadonlyMap<string, number> {
    return new Map([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** The situations that these counts, of a run or of many together, do not have. In order. */
export const neverReached = (counts: ReadonlyMap<string, number>): readonly string[] =>
  PROBES.filter((name) => (counts.get(name) ?? 0) === 0).sort();
