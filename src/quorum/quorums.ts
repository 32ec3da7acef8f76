/**
 * Which sets of servers may decide: the interface that election and Zab ask. What is behind it, a
 * majority, weighted groups, or two configurations at once, is made from a configuration
 * (ensemble.ts).
 *
 * Promises: any two quorums of one configuration have a server in common.
 */
import type { ServerId } from "../base/ids.ts";

export interface Quorums {
  /** Whether these servers together may decide. Servers without a vote in it do not count. */
  isQuorum(servers: ReadonlySet<ServerId>): boolean;
  /** Whether the server is a voting member. */
  isVoter(server: ServerId): boolean;
  /** A server of weight 0 cannot lead. 1 unless the configuration says otherwise. */
  weightOf(server: ServerId): number;
  /** The voting members. */
  readonly voters: ReadonlySet<ServerId>;
}

/** Whether the other voting members can decide without `server`. */
export function sufficeWithout(quorums: Quorums, server: ServerId): boolean {
  const others = new Set(quorums.voters);
  others.delete(server);
  return quorums.isQuorum(others);
}
