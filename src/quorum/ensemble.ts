/**
 * A configuration of the ensemble, and which sets of its members may decide.
 *
 * Majority: more than half of the participants. With groups: more than half of the groups that have
 * a weight, in each of which members with more than half of the group's weight agree. While the
 * configuration changes, the old and the new one must both agree.
 *
 * From: specification 5.7; its text form is ensemble-text.ts.
 */
import type { ServerId } from "../base/ids.ts";
import type { Quorums } from "./quorums.ts";
import type { Member } from "./server-line.ts";

export type Ensemble = {
  /** By id, each once. */
  readonly members: readonly Member[];
  /** Participants by number of their group; empty where a plain majority decides. */
  readonly groups: ReadonlyMap<bigint, readonly ServerId[]>;
  /** Of participants, 0 or more; 1 for those that are not in it. Without groups it has no meaning. */
  readonly weights: ReadonlyMap<ServerId, number>;
  /** The zxid of the reconfiguration that made it; 0 for one that was never agreed on. */
  readonly version: bigint;
};

export const memberOf = ({ members }: Ensemble, id: ServerId): Member | undefined =>
  members.find((member) => member.id === id);

/** Which servers may decide in this configuration. */
export function quorumsOf(ensemble: Ensemble): Quorums {
  const participants = ensemble.members.filter(({ role }) => role === "participant");
  const voters = new Set(participants.map(({ id }) => id));
  if (ensemble.groups.size === 0) return new Majority(voters);
  return new WeightedGroups(voters, ensemble);
}

class Majority implements Quorums {
  readonly voters: ReadonlySet<ServerId>;

  constructor(voters: ReadonlySet<ServerId>) {
    this.voters = voters;
  }

  isQuorum(servers: ReadonlySet<ServerId>): boolean {
    let count = 0;
    for (const server of servers) if (this.voters.has(server)) count++;
    return 2 * count > this.voters.size;
  }

  isVoter(server: ServerId): boolean {
    return this.voters.has(server);
  }

  weightOf(server: ServerId): number {
    return this.voters.has(server) ? 1 : 0;
  }
}

class WeightedGroups implements Quorums {
  readonly voters: ReadonlySet<ServerId>;
  private readonly weights: ReadonlyMap<ServerId, number>;
  private readonly groups: readonly (readonly ServerId[])[];

  constructor(voters: ReadonlySet<ServerId>, { groups, weights }: Ensemble) {
    this.voters = voters;
    this.weights = weights;
    const all = [...groups.values()];
    this.groups = all.filter((group) => this.sum(group) > 0);
  }

  isQuorum(servers: ReadonlySet<ServerId>): boolean {
    const agreeing = this.groups.filter((group) => {
      const there = group.filter((server) => servers.has(server));
      return 2 * this.sum(there) > this.sum(group);
    });
    return 2 * agreeing.length > this.groups.length;
  }

  isVoter(server: ServerId): boolean {
    return this.voters.has(server);
  }

  weightOf(server: ServerId): number {
    return this.voters.has(server) ? (this.weights.get(server) ?? 1) : 0;
  }

  private sum(servers: readonly ServerId[]): number {
    return servers.reduce((sum, server) => sum + this.weightOf(server), 0);
  }
}

/**
 * Both must agree: `committed`, and the configuration `proposed` to follow it. Whoever votes in one
 * of them is a voter; its weight is the committed one's where that knows it.
 */
export function bothOf(committed: Quorums, proposed: Quorums): Quorums {
  const isVoter = (server: ServerId): boolean =>
    committed.isVoter(server) || proposed.isVoter(server);
  return {
    isQuorum: (servers) => committed.isQuorum(servers) && proposed.isQuorum(servers),
    isVoter,
    weightOf: (server) => (committed.isVoter(server) ? committed : proposed).weightOf(server),
    voters: new Set([...committed.voters, ...proposed.voters]),
  };
}
