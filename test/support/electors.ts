/**
 * Election machines on the bench: one server with a clock in the test's hand, and what it does as
 * lines to compare.
 */
import { makeZxid, type ServerId, toServerId, type Zxid } from "../../src/base/ids.ts";
import {
  ELECTION_TIMES,
  type ElectionParts,
  FastLeaderElection,
} from "../../src/election/election.ts";
import type { ElectionEffect, ElectionInput } from "../../src/election/io.ts";
import { describeNotification, NO_SERVER } from "../../src/election/votes.ts";
import { quorumsOf } from "../../src/quorum/ensemble.ts";
import { describeEnsemble, readEnsemble } from "../../src/quorum/ensemble-text.ts";
import type { Quorums } from "../../src/quorum/quorums.ts";
import type { Notification, ServerState, Vote } from "../../src/records/election.ts";

export const sid = (id: number): ServerId => toServerId(BigInt(id));

/** Quorums of servers 1 to `voters`, with further lines of a configuration if given. */
export function quorumsOfLines(voters: number, ...lines: readonly string[]): Quorums {
  const servers = Array.from({ length: voters }, (_, at) => `server.${at + 1}=h:1:2`);
  const ensemble = readEnsemble([...servers, ...lines].join("\n"));
  if ("refused" in ensemble) throw new Error(ensemble.refused);
  return quorumsOf(ensemble);
}

export const configText = (...lines: readonly string[]): string => {
  const ensemble = readEnsemble(lines.join("\n"));
  if ("refused" in ensemble) throw new Error(ensemble.refused);
  return describeEnsemble(ensemble);
};

/** A vote in short: the server, the epoch of its zxid, the counter, and the epoch if it differs. */
export const vote = (leader: number, epoch = 0, counter = 0, peerEpoch = epoch): Vote => ({
  leader: sid(leader),
  zxid: makeZxid(epoch, counter),
  peerEpoch: BigInt(peerEpoch),
});

export const said = (
  state: ServerState,
  given: Vote,
  round = 1,
  more: Partial<Notification> = {},
): Notification => ({
  ...given,
  state,
  electionEpoch: BigInt(round),
  version: 2,
  config: "",
  ...more,
});

export class Elector {
  readonly machine: FastLeaderElection;
  readonly self: number;
  now = 0;
  /** All that was asked of the world since the last `take`. */
  private effects: ElectionEffect[] = [];

  constructor(self: number, parts: Partial<Omit<ElectionParts, "self">> = {}) {
    this.self = self;
    this.machine = new FastLeaderElection({
      self: sid(self),
      quorums: quorumsOfLines(3),
      role: "participant",
      config: "c",
      times: ELECTION_TIMES,
      ...parts,
    });
  }

  step(input: ElectionInput): this {
    this.machine.step(input, this.effects);
    return this;
  }

  /** Looks, having seen this much. */
  look(epoch = 0, counter = 0, peerEpoch = epoch): this {
    return this.step({
      kind: "look",
      now: this.now,
      vote: vote(this.self, epoch, counter, peerEpoch),
    });
  }

  lookWith(zxid: Zxid): this {
    const own = { leader: sid(this.self), zxid, peerEpoch: 0n };
    return this.step({ kind: "look", now: this.now, vote: own });
  }

  hears(from: number | ServerId, notification: Notification): this {
    const server = typeof from === "number" ? sid(from) : from;
    return this.step({ kind: "heard", now: this.now, from: server, notification });
  }

  reachable(server: number, reachable: boolean): this {
    return this.step({ kind: "reachable", now: this.now, server: sid(server), reachable });
  }

  synchronised(epoch: number): this {
    return this.step({ kind: "synchronised", now: this.now, epoch });
  }

  /** Lets `ms` go by, with a tick at each time that the machine asked for and one at the end. */
  wait(ms: number): this {
    const until = this.now + ms;
    for (let at = this.machine.wakeAt; at !== undefined && at < until; at = this.machine.wakeAt) {
      this.now = Math.max(at, this.now);
      this.step({ kind: "tick", now: this.now });
    }
    this.now = until;
    return this.step({ kind: "tick", now: this.now });
  }

  /** Looks and follows (or leads) `leader`: a quorum, 1 and 2 unless told, says so. */
  settle(leader: Vote, round = 1, quorum: readonly number[] = [1, 2, 3]): this {
    this.look();
    for (const server of quorum.filter((id) => id !== this.self)) {
      const state = sid(server) === leader.leader ? "leading" : "following";
      this.hears(server, said(state, leader, round));
    }
    if (this.machine.wakeAt !== undefined) throw new Error("it still looks");
    this.take();
    return this;
  }

  /** What was asked of the world since the last time, connects left out unless wanted. */
  take(): readonly string[] {
    const lines = this.effects.flatMap((effect) => describe(effect) ?? []);
    this.effects = [];
    return lines;
  }

  /** Whom connections were wanted to since the last time. */
  takeConnects(): readonly string[] {
    const wanted = this.effects.flatMap((effect) =>
      effect.kind === "connect" ? [`${effect.to}`] : [],
    );
    this.effects = [];
    return wanted;
  }

  /** The notifications to one server since the last time. */
  takeTo(server: number): readonly Notification[] {
    const sent = this.effects.flatMap((effect) =>
      effect.kind === "notify" && effect.to === sid(server) ? [effect.notification] : [],
    );
    this.effects = [];
    return sent;
  }
}

function describe(effect: ElectionEffect): string | undefined {
  switch (effect.kind) {
    case "notify":
      return `to ${effect.to}: ${describeNotification(effect.notification)}`.replace(
        `${NO_SERVER}`,
        "nobody",
      );
    case "elected":
      return `elected: ${effect.state} ${effect.vote.leader}`;
    case "connect":
      return undefined;
  }
}
