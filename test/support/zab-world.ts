/**
 * Leaders and learners of room zab with toy disks and links, in an order that a seed decides: cuts,
 * crashes that lose what was not synced, and elections that may choose badly, for the safety of Zab
 * does not come from them.
 *
 * Checks at every step: one established leader an epoch; everything that was ever committed is in
 * the history of a new leader, on the disks of a quorum, and a prefix of what anyone serves.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { type Millis, makeZxid, type ServerId, toServerId, type Zxid } from "../../src/base/ids.ts";
import { Prng } from "../../src/base/prng.ts";
import type { Quorums } from "../../src/quorum/quorums.ts";
import type { QuorumPacket } from "../../src/records/quorum.ts";
import type { LeaderEffect, LeaderInput, LearnerEffect, Proposal } from "../../src/zab/io.ts";
import { Leader } from "../../src/zab/leader.ts";
import { Learner } from "../../src/zab/learner.ts";
import { type DiskWork, proposalOf, ZabServer } from "./zab-server.ts";

const TIMING = { tickMs: 100, initLimit: 10, syncLimit: 5 };

/** A majority of these. */
export function majorityOf(sids: readonly bigint[]): Quorums {
  const voters = new Set(sids.map(toServerId));
  return {
    voters,
    isVoter: (sid) => voters.has(sid),
    weightOf: () => 1,
    isQuorum: (sids) => [...sids].filter((sid) => voters.has(sid)).length * 2 > voters.size,
  };
}

type ToLearner = QuorumPacket | { readonly snapshot: readonly Proposal[] };
type Link = {
  readonly id: number;
  readonly learner: ServerId;
  readonly leader: ServerId;
  readonly toLeader: QuorumPacket[];
  readonly toLearner: ToLearner[];
};

export class ZabWorld {
  readonly servers = new Map<ServerId, ZabServer>();
  readonly machines = new Map<ServerId, Leader | Learner>();
  readonly counts = new Map<string, number>();
  /** Everything that was ever committed. */
  decided: readonly Proposal[] = [];
  private readonly leaderOf = new Map<number, ServerId>();
  private readonly quorums: Quorums;
  private readonly prng: Prng;
  private links: Link[] = [];
  private lastLink = 0;
  private now: Millis = 0;

  constructor(seed: number, voters: number, observers: number) {
    this.prng = new Prng(seed);
    const sids = Array.from({ length: voters + observers }, (_, index) => BigInt(index + 1));
    this.quorums = majorityOf(sids.slice(0, voters));
    for (const sid of sids) this.servers.set(toServerId(sid), new ZabServer(toServerId(sid)));
  }

  /** One event. `faults`: how often it is a cut or a crash, 0 to 1. */
  turn(faults: number): void {
    this.now += this.prng.below(4);
    const server = this.prng.pick([...this.servers.values()]);
    if (this.prng.chance(faults)) this.fault(server);
    else if (!server.up) this.restart(server);
    else this.work(server);
    this.tick();
    this.check();
  }

  private work(server: ZabServer): void {
    const machine = this.machines.get(server.sid);
    const links = this.links.filter((link) => link.learner === server.sid);
    if (machine === undefined) return this.choose(server);
    if (this.prng.chance(0.3)) this.doDiskWork(server);
    if (machine instanceof Leader && machine.established && this.prng.chance(0.3)) {
      this.propose(server, machine);
    }
    for (const link of links) {
      const count = this.prng.below(4);
      for (let packet = 0; packet < count; packet++) this.deliver(link);
    }
  }

  private choose(server: ZabServer): void {
    const leaders = [...this.machines].filter(([, of]) => of instanceof Leader);
    const leader = leaders.length > 0 ? this.prng.pick(leaders)[0] : undefined;
    if (leader !== undefined && this.prng.chance(0.8)) return this.follow(server, leader);
    const isVoter = this.quorums.isVoter(server.sid);
    if (isVoter && this.prng.chance(leaders.length === 0 ? 0.5 : 0.01)) this.lead(server);
  }

  private lead(server: ZabServer): void {
    server.recover(this.prng.below(6));
    this.count("lead");
    const { sid, disk } = server;
    const leader = new Leader({
      self: sid,
      quorums: this.quorums,
      timing: TIMING,
      epochs: disk.epochs,
      lastZxid: disk.last,
      history: server,
      configText: "version=0",
      configVersion: 0n,
      now: this.now,
    });
    this.machines.set(sid, leader);
  }

  private follow(server: ZabServer, leader: ServerId): void {
    const { sid, disk, afresh } = server;
    server.recover(this.prng.below(6));
    server.afresh = false;
    const learner = new Learner({
      self: sid,
      role: this.quorums.isVoter(sid) ? "follower" : "observer",
      leader,
      timing: TIMING,
      epochs: disk.epochs,
      lastZxid: disk.last,
      afresh,
      configVersion: 0n,
      takeTouched: () => [],
      now: this.now,
    });
    const link: Link = { id: ++this.lastLink, learner: sid, leader, toLeader: [], toLearner: [] };
    this.links.push(link);
    this.machines.set(sid, learner);
    this.tellLeader(leader, { kind: "accepted", now: this.now, link: link.id });
    this.tellLearner(sid, (out) => learner.step({ kind: "connected", now: this.now }, out));
  }

  private propose(server: ZabServer, leader: Leader): void {
    const zxid = (leader.lastProposed + 1n) as Zxid;
    const proposal = proposalOf(zxid);
    server.disk.work.push({ kind: "append", proposal });
    this.count("propose");
    this.tellLeader(server.sid, { kind: "propose", now: this.now, proposal });
  }

  private deliver(link: Link): void {
    const { now } = this;
    if (this.prng.chance(0.5)) {
      const packet = link.toLeader.shift();
      if (packet === undefined) return;
      return this.tellLeader(link.leader, { kind: "packet", now, link: link.id, packet });
    }
    const learner = this.machines.get(link.learner);
    const packet = link.toLearner.shift();
    if (packet === undefined || !(learner instanceof Learner)) return;
    this.tellLearner(link.learner, (out) => {
      if (!("snapshot" in packet)) return learner.step({ kind: "packet", now, packet }, out);
      this.servers.get(link.learner)!.loading = [...packet.snapshot];
      learner.step(
        { kind: "loaded", now, zxid: packet.snapshot.at(-1)?.zxid ?? makeZxid(0, 0) },
        out,
      );
    });
  }

  private doDiskWork(server: ZabServer): void {
    const { disk, sid } = server;
    // The epoch files know nothing of the log: either may be first.
    const file = disk.work.findIndex(({ kind }) => kind === "saveEpoch");
    const [work] = disk.work.splice(file >= 0 && this.prng.chance(0.5) ? file : 0, 1);
    if (work === undefined) return;
    if (work.kind === "append") {
      const batch = [work.proposal];
      while (disk.work[0]?.kind === "append" && this.prng.chance(0.7)) {
        batch.push((disk.work.shift() as Extract<DiskWork, { kind: "append" }>).proposal);
      }
      disk.log = [...disk.log, ...batch];
      server.apply();
    }
    if (work.kind === "saveEpoch") disk.epochs = { ...disk.epochs, [work.file]: work.epoch };
    if (work.kind === "install") server.install(work);
    this.tellDone(sid, work);
  }

  private tellDone(sid: ServerId, work: DiskWork): void {
    const { now } = this;
    const server = this.servers.get(sid)!;
    const machine = this.machines.get(sid);
    if (machine instanceof Leader) {
      if (work.kind === "append") {
        this.tellLeader(sid, { kind: "durable", now, upTo: server.disk.last });
      } else if (work.kind === "saveEpoch") this.tellLeader(sid, { kind: "epochSaved", now });
    } else if (machine !== undefined) {
      this.tellLearner(sid, (out) => this.tellLearnerDone(machine, server, work, out));
    }
  }

  private tellLearnerDone(
    learner: Learner,
    server: ZabServer,
    work: DiskWork,
    out: LearnerEffect[],
  ): void {
    const { now } = this;
    if (work.kind === "append") learner.step({ kind: "durable", now, upTo: server.disk.last }, out);
    else if (work.kind === "saveEpoch") learner.step({ kind: "epochSaved", now }, out);
    else if (work.kind === "install") learner.step({ kind: "installed", now }, out);
    else {
      const loaded = server.disk.upTo(work.zxid);
      server.loading = [...(loaded ?? [])];
      if (loaded !== undefined) learner.step({ kind: "loaded", now, zxid: work.zxid }, out);
      else learner.step({ kind: "notLoaded", now, why: "not in the log" }, out);
    }
  }

  private tellLeader(sid: ServerId, input: LeaderInput): void {
    const leader = this.machines.get(sid);
    if (!(leader instanceof Leader)) return;
    const out: LeaderEffect[] = [];
    leader.step(input, out);
    for (const effect of out) this.performOfLeader(sid, effect);
  }

  private performOfLeader(sid: ServerId, effect: LeaderEffect): void {
    const server = this.servers.get(sid)!;
    switch (effect.kind) {
      case "send":
        for (const link of this.links)
          if (effect.to.includes(link.id)) link.toLearner.push(effect.packet);
        return this.count(`leader sends ${effect.packet.type}`);
      case "sendSnapshot": {
        const link = this.links.find(({ id }) => id === effect.link);
        return void link?.toLearner.push({ snapshot: server.applied });
      }
      case "closeLink":
        return this.cut(this.links.filter(({ id }) => id === effect.link));
      case "saveEpoch":
        return void server.disk.work.push(effect);
      case "established":
        return this.onEstablished(server, effect.epoch);
      case "commit":
        server.commit(effect.upTo);
        return this.decide(server, effect.upTo);
      case "stepDown":
        return this.end(server);
      case "again":
        return this.tellLeader(sid, { kind: "continue", now: this.now });
      default:
    }
  }

  private tellLearner(sid: ServerId, act: (out: LearnerEffect[]) => void): void {
    const out: LearnerEffect[] = [];
    act(out);
    for (const effect of out) this.performOfLearner(this.servers.get(sid)!, effect);
  }

  private performOfLearner(server: ZabServer, effect: LearnerEffect): void {
    switch (effect.kind) {
      case "send":
        return void this.links.find((l) => l.learner === server.sid)?.toLeader.push(effect.packet);
      case "saveEpoch":
      case "append":
      case "loadUpTo":
      case "install":
        this.count(effect.kind);
        return void server.disk.work.push(effect);
      case "applyLoaded":
        return void server.loading.push(effect.proposal);
      case "commit":
        return server.commit(effect.upTo);
      case "serve":
        return this.count("serve");
      case "lost":
        server.afresh = effect.afresh;
        this.count(effect.afresh ? "lost afresh" : "lost");
        return this.end(server);
      default:
    }
  }

  private onEstablished(server: ZabServer, epoch: number): void {
    this.count("established");
    equal(this.leaderOf.get(epoch), undefined, `one leader in epoch ${epoch}`);
    this.leaderOf.set(epoch, server.sid);
    this.decide(server, server.disk.last);
  }

  /**
   * The leader says that all up to `upTo` is committed. Its own disk may not have all of it yet.
   */
  private decide(server: ZabServer, upTo: Zxid): void {
    const unsynced = server.disk.work.flatMap((work) =>
      work.kind === "append" ? [work.proposal] : [],
    );
    const history = [...server.disk.log, ...unsynced].filter(({ zxid }) => zxid <= upTo);
    const common = history.slice(0, this.decided.length);
    deepEqual(zxidsOf(common), zxidsOf(this.decided), "nothing committed is lost");
    this.decided = history;
  }

  private fault(server: ZabServer): void {
    const links = this.links.filter((l) => l.learner === server.sid || l.leader === server.sid);
    if (this.prng.chance(0.6)) {
      if (links.length > 0) this.cut([this.prng.pick(links)]);
    } else if (server.up) {
      this.count("crash");
      this.cut(links);
      this.machines.delete(server.sid);
      server.up = false;
      server.disk.work.length = 0;
    }
  }

  private restart(server: ZabServer): void {
    server.up = true;
    server.afresh = false;
  }

  /** The role is over: the log is brought to its end before another begins. */
  private end(server: ZabServer): void {
    this.machines.delete(server.sid);
    this.cut(this.links.filter((l) => l.learner === server.sid || l.leader === server.sid));
    for (const work of server.disk.work.splice(0)) {
      if (work.kind === "append") server.disk.log = [...server.disk.log, work.proposal];
    }
  }

  private cut(links: readonly Link[]): void {
    const { now } = this;
    this.links = this.links.filter((link) => !links.includes(link));
    for (const { id, leader, learner } of links) {
      this.tellLeader(leader, { kind: "closed", now, link: id });
      const machine = this.machines.get(learner);
      if (!(machine instanceof Learner)) continue;
      this.tellLearner(learner, (out) => machine.step({ kind: "closed", now, why: "cut" }, out));
    }
  }

  private tick(): void {
    const { now } = this;
    for (const [sid, machine] of [...this.machines]) {
      if ((machine.wakeAt ?? now + 1) > now) continue;
      if (machine instanceof Leader) this.tellLeader(sid, { kind: "tick", now });
      else this.tellLearner(sid, (out) => machine.step({ kind: "tick", now }, out));
    }
  }

  private check(): void {
    const last = this.decided.at(-1);
    if (last === undefined) return;
    const at = this.decided.length - 1;
    const servers = [...this.servers.values()];
    const holders = servers.filter(({ disk }) => disk.log[at]?.zxid === last.zxid);
    const held = this.quorums.isQuorum(new Set(holders.map(({ sid }) => sid)));
    ok(held, `a quorum has ${last.zxid.toString(16)} on disk`);
    for (const [sid, machine] of this.machines) {
      if (!(machine instanceof Learner) || !machine.serving) continue;
      const { applied } = this.servers.get(sid)!;
      const served = zxidsOf(applied);
      deepEqual(served, zxidsOf(this.decided.slice(0, served.length)), "only committed is served");
    }
  }

  private count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }
}

const zxidsOf = (proposals: readonly Proposal[]): readonly string[] =>
  proposals.map(({ zxid }) => zxid.toString(16));
