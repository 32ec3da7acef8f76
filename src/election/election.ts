/**
 * FastLeaderElection: servers tell each other whom they would follow, each moves to the best vote
 * it hears of, and a vote that a quorum shares is the outcome.
 *
 *              look                 a quorum agrees, and nothing better came for a while
 *   (settled) ------> looking -------------------------------------------------------------.
 *       ^                |         a quorum follows somebody who says that it leads        |
 *       '----------------+-----------------------------------------------------------------'
 *
 * Promises: while looking, each voter with a link knows the present proposal; nobody is ever told
 * an outdated one. Votes are not kept on disk: that no write is lost is Zab's promise.
 * Leaves to others: the links and who dials (links.ts), adopting a configuration that a
 * notification carries (specification 3.4 rule 1).
 *
 * From: specification 3.3-3.5. What is done otherwise: docs/divergences.md, Election.
 * Size: one machine, whose rules read each other's state; what can be computed apart is votes.ts.
 */
import type { Millis, ServerId } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { Quorums } from "../quorum/quorums.ts";
import type { Role } from "../quorum/server-line.ts";
import {
  NOTIFICATION_VERSION,
  type Notification,
  type ServerState,
  type Vote,
} from "../records/election.ts";
import type { ElectionEffect, ElectionInput } from "./io.ts";
import {
  type GivenVote,
  givenBy,
  isBetter,
  isSame,
  NO_EPOCH,
  NO_SERVER,
  NO_ZXID,
  ZXID_UNFIT,
} from "./votes.ts";

export type ElectionTimes = {
  /** How long a quorum's vote waits for a better one. */
  readonly settleMs: Millis;
  /** After how long the proposal is told again, doubling from the one to the other. */
  readonly resendMsFirst: Millis;
  readonly resendMsMax: Millis;
  /** How often links are wanted to the voters that have none. */
  readonly reconnectMs: Millis;
};

/** The reference's, but for the last, which it does with each message that is told again. */
export const ELECTION_TIMES: ElectionTimes = {
  settleMs: 200,
  resendMsFirst: 200,
  resendMsMax: 60_000,
  reconnectMs: 1_000,
};

/** Servers that are remembered because they will be told more. */
const ENQUIRERS_MAX = 1_000;

export type ElectionParts = {
  readonly self: ServerId;
  /** Of the committed configuration, and of the one to follow it if there is one. */
  readonly quorums: Quorums;
  readonly role: Role;
  /** Text of the committed configuration. */
  readonly config: string;
  readonly times: ElectionTimes;
};

/** What the last election came to, as servers that look are told. */
export type Outcome = Vote & {
  readonly electionEpoch: bigint;
  readonly state: Exclude<ServerState, "looking">;
};

/** A search for a leader, over as many rounds as it takes. */
type Search = {
  /** This server's own vote. */
  readonly initial: Vote;
  proposal: Vote;
  /** What voters gave in this round; this server's own proposal among them if it counts. */
  readonly given: Map<ServerId, GivenVote>;
  /** What voters say that have a leader, of any round. */
  readonly settled: Map<ServerId, GivenVote>;
  resendMs: Millis;
  resendAt: Millis;
  reconnectAt: Millis;
  /** When the vote that a quorum shares is the outcome; undefined while none is shared. */
  settleAt: Millis | undefined;
};

export class FastLeaderElection implements Machine<ElectionInput, ElectionEffect> {
  private readonly self: ServerId;
  private readonly quorums: Quorums;
  private readonly role: Role;
  private readonly config: string;
  private readonly times: ElectionTimes;
  /** The reference's `logicalclock`. */
  private round = 0n;
  private search: Search | undefined;
  private outcome: Outcome | undefined;
  /**
   * Who looks and must be told of the outcome: servers without a vote that asked too early, and all
   * that asked before its epoch was known. Two epochs for one leader are two votes to them.
   */
  private readonly enquirers = new Set<ServerId>();
  private isSynchronised = false;
  /** What voters proposed while this server had a leader: they saw it die a moment earlier. */
  private readonly early = new Map<ServerId, { readonly at: Millis; readonly n: Notification }>();
  /** Voters that have a link, or had one: lost is the link, gone who then cannot be dialed either. */
  private readonly links = new Map<ServerId, "up" | "lost" | "gone">();

  constructor(parts: ElectionParts) {
    this.self = parts.self;
    this.quorums = parts.quorums;
    this.role = parts.role;
    this.config = parts.config;
    this.times = parts.times;
  }

  /** When a tick is needed at the latest; undefined: this machine waits for nothing. */
  get wakeAt(): Millis | undefined {
    if (this.search === undefined) return undefined;
    const { resendAt, reconnectAt, settleAt } = this.search;
    return Math.min(reconnectAt, settleAt ?? resendAt);
  }

  /** What the last election came to; undefined before the first. Kept while the next one runs. */
  get currentVote(): Outcome | undefined {
    return this.outcome;
  }

  step(input: ElectionInput, out: ElectionEffect[]): void {
    switch (input.kind) {
      case "look":
        return this.look(input.now, input.vote, out);
      case "heard":
        return this.heard(input.now, input.from, input.notification, out);
      case "reachable":
        return this.linkChanged(input.now, input.server, input.reachable, out);
      case "synchronised":
        return this.synchronised(BigInt(input.epoch), out);
      case "tick":
        return this.tick(input.now, out);
    }
  }

  private look(now: Millis, vote: Vote, out: ElectionEffect[]): void {
    this.round = BigInt.asIntN(64, this.round + 1n);
    const initial = this.ownVote(vote);
    const { resendMsFirst } = this.times;
    this.search = {
      initial,
      proposal: initial,
      given: new Map(),
      settled: new Map(),
      resendMs: resendMsFirst,
      resendAt: now + resendMsFirst,
      reconnectAt: now,
      settleAt: undefined,
    };
    this.connect(now, this.search, out);
    this.propose(now, this.search, initial, out);
    this.conclude(now, this.search, out);
    this.hearEarly(now, out);
  }

  /** They do not say again soon what they said a moment before this server began to look. */
  private hearEarly(now: Millis, out: ElectionEffect[]): void {
    const early = [...this.early];
    this.early.clear();
    for (const [from, { at, n }] of early) {
      const { search } = this;
      if (search === undefined || now - at > this.times.settleMs) continue;
      if (this.quorums.isVoter(n.leader)) this.heardProposal(now, search, from, n, out);
    }
  }

  /** A server without a vote proposes nobody; an observer's history does not count either. */
  private ownVote({ zxid, peerEpoch }: Vote): Vote {
    const leader = this.quorums.isVoter(this.self) ? this.self : NO_SERVER;
    if (this.role === "observer") return { leader, zxid: NO_ZXID, peerEpoch: NO_EPOCH };
    return { leader, zxid, peerEpoch };
  }

  private heard(now: Millis, from: ServerId, n: Notification, out: ElectionEffect[]): void {
    if (from === this.self) return;
    const isAsking = n.state === "looking";
    const { search } = this;
    const isVoter = this.quorums.isVoter(from);
    if (search === undefined && isVoter) {
      if (isAsking) this.early.set(from, { at: now, n });
      else this.early.delete(from);
    }
    if (search === undefined || !isVoter) {
      // docs/divergences.md, `election-chatter`.
      if (isAsking) this.asked(from, out);
    } else {
      if (isAsking && n.electionEpoch < this.round) this.tell(from, search, out);
      if (!this.quorums.isVoter(n.leader)) return;
      if (isAsking) this.heardProposal(now, search, from, n, out);
      else if (n.state !== "observing") this.heardSettled(search, from, n, out);
    }
  }

  /** docs/divergences.md, `election-outdated`: an answer waits until there is one. */
  private asked(from: ServerId, out: ElectionEffect[]): void {
    const isEarly = this.search !== undefined || !this.isSynchronised;
    if (isEarly && this.enquirers.size < ENQUIRERS_MAX) this.enquirers.add(from);
    if (this.search === undefined) this.answer(from, out);
  }

  /** Tells a server that looks what this one's last election came to, if there was one. */
  private answer(to: ServerId, out: ElectionEffect[]): void {
    const { outcome } = this;
    if (outcome === undefined) return;
    const round = this.quorums.isVoter(to) ? outcome.electionEpoch : this.round;
    this.notify(to, outcome, round, outcome.state, out);
  }

  private heardProposal(
    now: Millis,
    search: Search,
    from: ServerId,
    n: Notification,
    out: ElectionEffect[],
  ): void {
    search.settled.delete(from);
    if (search.initial.zxid === ZXID_UNFIT || n.zxid === ZXID_UNFIT) return;
    if (n.electionEpoch < this.round) return;
    if (n.electionEpoch > this.round) {
      this.round = n.electionEpoch;
      search.given.clear();
      const { initial } = search;
      this.propose(now, search, isBetter(n, initial, this.quorums) ? n : initial, out);
    } else if (isBetter(n, search.proposal, this.quorums)) {
      this.propose(now, search, n, out);
    }
    search.given.set(from, givenBy(n));
    this.conclude(now, search, out);
  }

  private heardSettled(
    search: Search,
    from: ServerId,
    n: Notification,
    out: ElectionEffect[],
  ): void {
    const vote = givenBy(n);
    if (vote.round === this.round) {
      // Without a version: in this round the leader alone tells votes apart.
      search.given.set(from, { ...vote, version: 0 });
      if (this.isLed(search.given, vote)) return this.finish(vote, out);
    }
    search.settled.set(from, vote);
    if (!this.isLed(search.settled, vote)) return;
    this.round = vote.round;
    this.finish(vote, out);
  }

  /** Whether a quorum follows whom `vote` names, and that one says so too. */
  private isLed(votes: ReadonlyMap<ServerId, GivenVote>, vote: GivenVote): boolean {
    if (!this.quorums.isQuorum(giversOf(votes, vote))) return false;
    // Others may still follow what this server was before it lost its history.
    const isFit = this.search?.initial.zxid !== ZXID_UNFIT;
    if (vote.leader === this.self) return isFit && vote.round === this.round;
    return votes.get(vote.leader)?.state === "leading";
  }

  private propose(now: Millis, search: Search, vote: Vote, out: ElectionEffect[]): void {
    const { leader, zxid, peerEpoch } = vote;
    search.proposal = { leader, zxid, peerEpoch };
    search.settleAt = undefined;
    search.resendAt = now + search.resendMs;
    if (this.quorums.isVoter(this.self) && search.initial.zxid !== ZXID_UNFIT) {
      search.given.set(this.self, this.proposalOf(search));
    }
    for (const voter of this.quorums.voters) this.tell(voter, search, out);
  }

  private proposalOf({ proposal }: Search): GivenVote {
    return { ...proposal, round: this.round, state: "looking", version: NOTIFICATION_VERSION };
  }

  /** Ends the search when a quorum shares the proposal and nothing better can come, or did. */
  private conclude(now: Millis, search: Search, out: ElectionEffect[]): void {
    const agreeing = giversOf(search.given, this.proposalOf(search));
    if (!this.quorums.isQuorum(agreeing)) {
      search.settleAt = undefined;
      return;
    }
    search.settleAt ??= now + this.times.settleMs;
    const others = [...this.quorums.voters].filter((voter) => !agreeing.has(voter));
    const nobodyLeft = others.every((voter) => this.links.get(voter) === "gone");
    if (nobodyLeft || now >= search.settleAt) this.finish(search.proposal, out);
  }

  private finish(vote: Vote, out: ElectionEffect[]): void {
    const { leader, zxid, peerEpoch } = vote;
    const learning = this.role === "observer" ? "observing" : "following";
    const state = leader === this.self ? "leading" : learning;
    this.search = undefined;
    this.isSynchronised = false;
    this.outcome = { leader, zxid, peerEpoch, electionEpoch: this.round, state };
    out.push({ kind: "elected", vote: { leader, zxid, peerEpoch }, state });
    for (const enquirer of this.enquirers) this.answer(enquirer, out);
  }

  private linkChanged(
    now: Millis,
    server: ServerId,
    reachable: boolean,
    out: ElectionEffect[],
  ): void {
    if (!this.quorums.isVoter(server)) return;
    const before = this.links.get(server);
    const { search } = this;
    if (reachable) {
      this.links.set(server, "up");
      if (search === undefined) return;
      // There is somebody new to hear from: not the time to ask once a minute.
      search.resendMs = this.times.resendMsFirst;
      search.resendAt = Math.min(search.resendAt, now + search.resendMs);
      return this.tell(server, search, out);
    }
    // Who was never there may be about to start, with the others; a vote then settles first.
    if (before === undefined) return;
    this.links.set(server, before === "up" ? "lost" : "gone");
    this.early.delete(server);
    if (search === undefined) return;
    if (before === "up") out.push({ kind: "connect", to: server });
    // What it said may be so no longer; with a new link it will say it again.
    search.given.delete(server);
    search.settled.delete(server);
    this.conclude(now, search, out);
  }

  private synchronised(peerEpoch: bigint, out: ElectionEffect[]): void {
    if (this.search !== undefined || this.outcome === undefined) return;
    this.outcome = { ...this.outcome, peerEpoch };
    this.isSynchronised = true;
    for (const enquirer of this.enquirers) this.answer(enquirer, out);
    this.enquirers.clear();
  }

  private tick(now: Millis, out: ElectionEffect[]): void {
    const { search } = this;
    if (search === undefined) return;
    this.conclude(now, search, out);
    if (this.search === undefined) return;
    // A vote that settles is known to a quorum already.
    const isDue = now >= search.resendAt && search.settleAt === undefined;
    if (isDue || now >= search.reconnectAt) this.connect(now, search, out);
    if (!isDue) return;
    search.resendMs = Math.min(2 * search.resendMs, this.times.resendMsMax);
    search.resendAt = now + search.resendMs;
    for (const voter of this.quorums.voters) this.tell(voter, search, out);
  }

  private connect(now: Millis, search: Search, out: ElectionEffect[]): void {
    search.reconnectAt = now + this.times.reconnectMs;
    for (const to of this.quorums.voters) {
      if (to !== this.self && this.links.get(to) !== "up") out.push({ kind: "connect", to });
    }
  }

  /** Tells a server what this one proposes now. */
  private tell(to: ServerId, search: Search, out: ElectionEffect[]): void {
    if (to !== this.self) this.notify(to, search.proposal, this.round, "looking", out);
  }

  private notify(
    to: ServerId,
    { leader, zxid, peerEpoch }: Vote,
    electionEpoch: bigint,
    state: ServerState,
    out: ElectionEffect[],
  ): void {
    const { config } = this;
    const version = NOTIFICATION_VERSION;
    const notification = { leader, zxid, peerEpoch, state, electionEpoch, version, config };
    out.push({ kind: "notify", to, notification });
  }
}

/** The servers whose vote is the same as `vote`. */
const giversOf = (votes: ReadonlyMap<ServerId, GivenVote>, vote: GivenVote): Set<ServerId> =>
  new Set([...votes].filter(([, given]) => isSame(given, vote)).map(([server]) => server));
