/**
 * Ensembles that only elect, on a simulated network: enough of Zab to notice a leader that is gone
 * or has no followers. How notifications travel is the subclass's: lost and out of order
 * (LossyWorld), or over connections (LinkedWorld).
 */
import { makeZxid, type ServerId } from "../../src/base/ids.ts";
import { Prng } from "../../src/base/prng.ts";
import { ELECTION_TIMES, FastLeaderElection } from "../../src/election/election.ts";
import type { ElectionEffect, ElectionInput } from "../../src/election/io.ts";
import { isBetter } from "../../src/election/votes.ts";
import type { Ensemble } from "../../src/quorum/ensemble.ts";
import { quorumsOf } from "../../src/quorum/ensemble.ts";
import type { Quorums } from "../../src/quorum/quorums.ts";
import type { Role } from "../../src/quorum/server-line.ts";
import type { ServerState, Vote } from "../../src/records/election.ts";
import { Agenda } from "./agenda.ts";

export type Elected = {
  readonly id: ServerId;
  readonly role: Role;
  machine: FastLeaderElection;
  /** One more with each start; what was on its way to an earlier one is lost. */
  life: number;
  isAlive: boolean;
  state: ServerState;
  leader: ServerId | undefined;
  /** How often in a row its leader, or its followers, were found missing. */
  missing: number;
  epoch: number;
  counter: number;
};

/** How often a server looks whether its leader or its followers are there. */
const CHECK_MS = 300;
const MISSING_MAX = 4;

export abstract class ElectionWorld {
  readonly agenda = new Agenda();
  readonly chance: Prng;
  readonly servers: Elected[];
  readonly quorums: Quorums;
  hasFaults = true;
  /** Who ever proposed a vote in a round, and who ever said that it has this leader. */
  private readonly proposed = new Map<string, Set<ServerId>>();
  private readonly settledOn = new Map<ServerId, Set<ServerId>>();
  private epochMax = 0;

  constructor(seed: number, ensemble: Ensemble, quorums: Quorums = quorumsOf(ensemble)) {
    this.chance = new Prng(seed);
    this.quorums = quorums;
    this.servers = ensemble.members.map(({ id, role }) => ({
      ...{ id, role, machine: this.machineOf(id, role), life: 0, isAlive: false },
      ...{ state: "looking", leader: undefined, missing: 0 },
      ...{ epoch: this.chance.below(3), counter: this.chance.below(4) },
    }));
  }

  /** Brings a notification on its way. */
  protected abstract carry(from: Elected, effect: ElectionEffect): void;
  /** A server has begun, or is gone. */
  protected abstract began(server: Elected): void;
  protected abstract ended(server: Elected): void;

  start(server: Elected): void {
    server.machine = this.machineOf(server.id, server.role);
    server.life++;
    server.isAlive = true;
    this.began(server);
    this.look(server);
    this.check(server, server.life);
  }

  crash(server: Elected): void {
    server.isAlive = false;
    server.state = "looking";
    server.leader = undefined;
    this.ended(server);
  }

  look(server: Elected): void {
    server.state = "looking";
    server.leader = undefined;
    server.missing = 0;
    this.step(server, { kind: "look", now: this.agenda.now, vote: this.voteOf(server) });
  }

  voteOf({ id, epoch, counter }: Elected): Vote {
    return { leader: id, zxid: makeZxid(epoch, counter), peerEpoch: BigInt(epoch) };
  }

  get alive(): readonly Elected[] {
    return this.servers.filter(({ isAlive }) => isAlive);
  }

  /** Whom every living server follows, if they all follow one that leads. */
  get commonLeader(): Elected | undefined {
    const leader = this.alive.find(({ state }) => state === "leading");
    const all = leader !== undefined && this.alive.every((server) => server.leader === leader.id);
    return all ? leader : undefined;
  }

  /** The living voter whose vote is better than all others'. */
  get best(): Elected {
    const voters = this.alive.filter(({ id }) => this.quorums.weightOf(id) > 0);
    return voters.reduce((best, server) =>
      isBetter(this.voteOf(server), this.voteOf(best), this.quorums) ? server : best,
    );
  }

  step(server: Elected, input: ElectionInput): void {
    const out: ElectionEffect[] = [];
    server.machine.step(input, out);
    for (const effect of out) this.perform(server, effect);
    this.wake(server);
  }

  private machineOf(self: ServerId, role: Role): FastLeaderElection {
    const { quorums } = this;
    return new FastLeaderElection({ self, quorums, role, config: "", times: ELECTION_TIMES });
  }

  private wake(server: Elected): void {
    const { wakeAt } = server.machine;
    const { life } = server;
    if (wakeAt === undefined) return;
    this.agenda.after(Math.max(0, wakeAt - this.agenda.now), () => {
      const isStale = !server.isAlive || server.life !== life || server.machine.wakeAt !== wakeAt;
      if (!isStale) this.step(server, { kind: "tick", now: this.agenda.now });
    });
  }

  private perform(server: Elected, effect: ElectionEffect): void {
    if (effect.kind !== "elected") {
      if (effect.kind === "notify") this.noted(server, effect.notification);
      return this.carry(server, effect);
    }
    server.state = effect.state;
    server.leader = effect.vote.leader;
    this.noted(server, { ...effect.vote, state: effect.state, electionEpoch: 0n });
    const round = server.machine.currentVote!.electionEpoch;
    const voted = this.proposed.get(keyOf(effect.vote, round)) ?? new Set();
    const settled = this.settledOn.get(effect.vote.leader) ?? new Set();
    if (!this.quorums.isQuorum(new Set([...voted, server.id])) && !this.quorums.isQuorum(settled)) {
      throw new Error(`${server.id} elects ${effect.vote.leader}, whom no quorum wanted`);
    }
    if (this.quorums.weightOf(effect.vote.leader) === 0) throw new Error("elected without weight");
  }

  private noted(
    { id }: Elected,
    said: Vote & { readonly state: ServerState; readonly electionEpoch: bigint },
  ): void {
    const { state, electionEpoch } = said;
    if (state === "looking") addTo(this.proposed, keyOf(said, electionEpoch), id);
    else addTo(this.settledOn, said.leader, id);
  }

  /** What Zab would notice: a leader that is not there, or one that no quorum follows. */
  private check(server: Elected, life: number): void {
    this.agenda.after(CHECK_MS, () => {
      if (!server.isAlive || server.life !== life) return;
      if (server.state === "looking" || this.isServed(server)) server.missing = 0;
      else if (++server.missing > MISSING_MAX) this.look(server);
      this.check(server, life);
    });
  }

  private isServed(server: Elected): boolean {
    const leader = this.alive.find(({ id }) => id === server.leader);
    if (leader === undefined || leader.state !== "leading") return false;
    const followers = this.alive.filter((other) => other.leader === leader.id);
    if (!this.quorums.isQuorum(new Set(followers.map(({ id }) => id)))) return false;
    if (server === leader) this.synchronise(leader, followers);
    return true;
  }

  private synchronise(leader: Elected, followers: readonly Elected[]): void {
    if (followers.every(({ epoch }) => epoch === leader.epoch) && leader.epoch > 2) return;
    this.epochMax = Math.max(this.epochMax, 2, leader.epoch) + 1;
    for (const server of followers) {
      server.epoch = this.epochMax;
      server.counter = 0;
      this.step(server, { kind: "synchronised", now: this.agenda.now, epoch: server.epoch });
    }
  }
}

const keyOf = ({ leader, zxid, peerEpoch }: Vote, round: bigint): string =>
  `${leader} ${zxid} ${peerEpoch} ${round}`;

function addTo<K>(sets: Map<K, Set<ServerId>>, key: K, id: ServerId): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([id]));
  else set.add(id);
}
