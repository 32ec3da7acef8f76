/**
 * The elections of a member: the machine that votes, and the links on which votes travel, as one.
 * From: specification 3.
 */
import type { Millis, Zxid } from "../base/ids.ts";
import { ELECTION_TIMES, FastLeaderElection } from "../election/election.ts";
import type { ElectionEffect, ElectionInput } from "../election/io.ts";
import { ELECTION_LINK_TIMES, ElectionLinks } from "../election/links.ts";
import type { ElectionLinkEffect, ElectionLinkInput } from "../election/links-io.ts";
import { memberOf } from "../quorum/ensemble.ts";
import { describeEnsemble } from "../quorum/ensemble-text.ts";
import type { Quorums } from "../quorum/quorums.ts";
import { INITIAL_V1, type ServerState, type Vote } from "../records/election.ts";
import type { LinkId, LinkInput, MemberEffect } from "./links.ts";
import type { EnsembleSettings } from "./member.ts";
import { earliest } from "./peer-clock.ts";

export type ElectorateParts = {
  readonly ensemble: EnsembleSettings;
  readonly quorums: Quorums;
  readonly effect: (effect: MemberEffect) => void;
  readonly nextLink: () => LinkId;
  readonly elected: (vote: Vote, state: Exclude<ServerState, "looking">) => void;
};

export class Electorate {
  private readonly parts: ElectorateParts;
  private readonly election: FastLeaderElection;
  private readonly links: ElectionLinks;
  private readonly fromElection: ElectionEffect[] = [];
  private readonly fromLinks: ElectionLinkEffect[] = [];

  constructor(parts: ElectorateParts) {
    const { ensemble, quorums, nextLink } = parts;
    const { self, role, config, timing } = ensemble;
    this.parts = parts;
    this.election = new FastLeaderElection({
      ...{ self, quorums, role, config: describeEnsemble(config), times: ELECTION_TIMES },
    });
    const addresses = memberOf(config, self)?.addresses ?? [];
    this.links = new ElectionLinks({
      ...{ self, nextLink, initial: INITIAL_V1 },
      addresses: addresses.map(({ host, electionPort }) => `${bracketed(host)}:${electionPort}`),
      times: { ...ELECTION_LINK_TIMES, greetingMs: timing.tickMs * timing.syncLimit },
    });
  }

  get wakeAt(): Millis | undefined {
    return earliest(this.election.wakeAt, this.links.wakeAt);
  }

  owns(link: LinkId): boolean {
    return this.links.has(link);
  }

  /** This server has no leader; it has logged up to `zxid` and was last in step in `epoch`. */
  look(now: Millis, { zxid, epoch }: { readonly zxid: Zxid; readonly epoch: number }): void {
    const vote = { leader: this.parts.ensemble.self, zxid, peerEpoch: BigInt(epoch) };
    this.vote({ kind: "look", now, vote });
  }

  synchronised(now: Millis, epoch: number): void {
    this.vote({ kind: "synchronised", now, epoch });
  }

  link(input: Exclude<LinkInput, { kind: "filesDone" }>): void {
    this.connect(input);
  }

  tick(now: Millis): void {
    this.connect({ kind: "tick", now });
    this.vote({ kind: "tick", now });
  }

  private vote(input: ElectionInput): void {
    this.election.step(input, this.fromElection);
    this.perform(input.now);
  }

  private connect(input: ElectionLinkInput): void {
    this.links.step(input, this.fromLinks);
    this.perform(input.now);
  }

  /** What the two machines say to each other, until neither has more to say. */
  private perform(now: Millis): void {
    for (;;) {
      const linked = this.fromLinks.shift();
      if (linked !== undefined) {
        this.performLink(now, linked);
        continue;
      }
      const voted = this.fromElection.shift();
      if (voted === undefined) return;
      this.performVote(now, voted);
    }
  }

  private performLink(now: Millis, effect: ElectionLinkEffect): void {
    switch (effect.kind) {
      case "heard": {
        const { from, notification } = effect;
        return this.election.step({ kind: "heard", now, from, notification }, this.fromElection);
      }
      case "reachable": {
        const { server, reachable } = effect;
        return this.election.step({ kind: "reachable", now, server, reachable }, this.fromElection);
      }
      default:
        return this.parts.effect(effect);
    }
  }

  private performVote(now: Millis, effect: ElectionEffect): void {
    switch (effect.kind) {
      case "notify": {
        const { to, notification } = effect;
        return this.links.step({ kind: "send", now, to, notification }, this.fromLinks);
      }
      case "connect":
        return this.links.step({ kind: "connect", now, to: effect.to }, this.fromLinks);
      case "elected":
        return this.parts.elected(effect.vote, effect.state);
    }
  }
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);
