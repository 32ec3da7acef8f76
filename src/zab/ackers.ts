/**
 * Sets of servers that have acknowledged a proposal. One object stands for a set, whoever comes to
 * it: a proposal points at one, and asks no quorum anew that was asked before.
 */
import type { ServerId } from "../base/ids.ts";
import type { Quorums } from "../quorum/quorums.ts";

/** So many sets are remembered; with many voters there can be more, and those are made again. */
const REMEMBERED_MAX = 4096;

export class Ackers {
  private readonly servers: ReadonlySet<ServerId>;
  readonly isQuorum: boolean;
  private readonly family: Family;
  private readonly next: { readonly server: ServerId; readonly ackers: Ackers }[] = [];

  constructor(servers: ReadonlySet<ServerId>, family: Family) {
    this.servers = servers;
    this.family = family;
    this.isQuorum = family.quorums.isQuorum(servers);
  }

  with(server: ServerId): Ackers {
    for (const known of this.next) if (known.server === server) return known.ackers;
    const ackers = this.servers.has(server)
      ? this
      : this.family.of(new Set([...this.servers, server]));
    this.next.push({ server, ackers });
    return ackers;
  }

  without(server: ServerId): Ackers {
    if (!this.servers.has(server)) return this;
    const rest = new Set(this.servers);
    rest.delete(server);
    return this.family.of(rest);
  }
}

/** The sets that one configuration decides about. */
export class Family {
  readonly quorums: Quorums;
  readonly nobody: Ackers;
  private readonly known = new Map<string, Ackers>();

  constructor(quorums: Quorums) {
    this.quorums = quorums;
    this.nobody = new Ackers(new Set(), this);
  }

  of(servers: ReadonlySet<ServerId>): Ackers {
    if (servers.size === 0) return this.nobody;
    const key = [...servers].sort().join();
    const there = this.known.get(key);
    if (there !== undefined) return there;
    const made = new Ackers(servers, this);
    if (this.known.size < REMEMBERED_MAX) this.known.set(key, made);
    return made;
  }
}
