/**
 * A member of an ensemble, behind a single step(): looks for a leader, then follows it or leads,
 * and serves clients while a quorum stands.
 *
 *   settling --log at rest, all of it applied--> looking --elected--> leading | following
 *      ^                                                                   |
 *      +------------------------- leader or quorum lost -------------------+
 *
 * Before it votes, its state is brought up to its log (2845): what was logged and never committed
 * is legal history until a leader says otherwise. Nothing is logged any more while it settles, so
 * no old proposal comes behind new ones (4712). One that lost its history votes for nobody and
 * follows as an observer until it has a leader's (completion.ts).
 *
 * Leaves to others: the election (electorate.ts), the protocol with the leader (zab/), what the
 * roles do with state and clients (leading.ts, following.ts), sockets, files and timers (room 6).
 * Size: the one place that sees all parts of a member.
 */
import { assert } from "../base/assert.ts";
import { utf8 } from "../base/bytes.ts";
import type { Millis } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { Metrics } from "../base/metrics.ts";
import { Prng } from "../base/prng.ts";
import { ZXID_UNFIT } from "../election/votes.ts";
import { quorumsOf } from "../quorum/ensemble.ts";
import { describeEnsemble } from "../quorum/ensemble-text.ts";
import type { ServerState, Vote } from "../records/election.ts";
import { SessionIds } from "../session/session-ids.ts";
import { Sessions } from "../session/sessions.ts";
import type { ChangeSink } from "../tree/data-tree.ts";
import type { Epochs } from "../zab/io.ts";
import type { ClientService } from "./client-service.ts";
import { EarlyLearners } from "./early-learners.ts";
import { Electorate } from "./electorate.ts";
import { Files } from "./files.ts";
import { Following } from "./following.ts";
import { MemberInstruments } from "./instruments.ts";
import { beginsRound, type Note, type PeerEffect } from "./io.ts";
import { Traffic } from "./latency.ts";
import { Leading } from "./leading.ts";
import type { LinkId, LinkInput, MemberEffect, MemberInput } from "./links.ts";
import type { Loaded } from "./loading.ts";
import { writeLog } from "./log-turn.ts";
import {
  type Member,
  type MemberParts,
  newService,
  type PeerRole,
  type Served,
  type Store,
} from "./member.ts";
import { earliest, PeerClock } from "./peer-clock.ts";
import { QuorumLinks } from "./quorum-links.ts";
import { ReadOnlyService, readOnlyAfterMs } from "./read-only-service.ts";
import type { CommitSink } from "./replica.ts";
import { ServerStatus } from "./server-status.ts";
import { Snapshots } from "./snapshots.ts";
import type { EnsembleStatus, PeerStatus, ServerMode } from "./status.ts";
import { NO_WRITES } from "./writes.ts";

/** Transactions applied in one turn while no client is served. */
const APPLIED_PER_TURN = 400;
const NO_LEADER = "this server has no leader";

export type QuorumPeerParts = MemberParts & {
  readonly metrics: Metrics;
  /** What recovery found, on disk and in memory. */
  readonly store: Store;
  readonly epochs: Epochs;
  /** The state is in no snapshot: one is written before anything else. */
  readonly snapshotNeeded: boolean;
  /** The log is long already: a snapshot is taken as soon as clients are served. */
  readonly snapshotWanted: boolean;
  /** It lacks what it may have acknowledged (member-recovery.ts). */
  readonly incomplete: boolean;
  readonly startedAt: { readonly now: Millis; readonly wall: Millis };
};

export class QuorumPeer implements Machine<MemberInput, MemberEffect> {
  readonly status: PeerStatus;
  private readonly parts: QuorumPeerParts;
  private readonly member: Member;
  private readonly clock: PeerClock;
  private readonly instruments: MemberInstruments;
  private readonly files = new Files();
  private readonly links = new QuorumLinks();
  private readonly electorate: Electorate;
  private readonly early = new EarlyLearners();
  private readonly notes: Note[] = [];
  private store: Store;
  private snapshots: Snapshots;
  private service: ClientService;
  private served: Served;
  /** Undefined while no leader is known, and while the server settles before it looks for one. */
  private role: PeerRole | undefined;
  private state: "settling" | "looking" | "in a role" | "ended" = "settling";
  /** Why the role of this turn has ended; it is taken down at the end of what is being done. */
  private roleEnded: string | undefined;
  private out: MemberEffect[] = [];
  private lastLink: LinkId = 0;
  private wakeAsked: Millis | undefined;
  private isAgain = false;
  private lookingSince: Millis = 0;
  private unservedSince: Millis;
  private readOnly: ReadOnlyService | undefined;
  private firstSnapshot: "needed" | "being written" | "done";
  private snapshotWanted: boolean;

  constructor(parts: QuorumPeerParts) {
    const { settings, startedAt } = parts;
    this.parts = parts;
    this.store = parts.store;
    this.firstSnapshot = parts.snapshotNeeded ? "needed" : "done";
    this.snapshotWanted = parts.snapshotWanted;
    this.clock = new PeerClock(settings.tickTimeMs, startedAt);
    this.unservedSince = startedAt.now;
    this.instruments = new MemberInstruments(parts.metrics);
    this.showConfig();
    this.snapshots = this.newSnapshots();
    this.member = this.newMember();
    this.electorate = new Electorate({
      ensemble: parts.ensemble,
      quorums: this.member.quorums,
      effect: (effect) => void this.out.push(effect),
      nextLink: () => this.member.nextLink(),
      elected: (vote, state) => this.elected(vote, state),
    });
    const sessions = this.noSessions();
    this.served = { sessions, writes: NO_WRITES };
    this.service = newService(this.member, { sessions, writes: NO_WRITES, refusal: NO_LEADER });
    this.status = new ServerStatus(this.newStatusSource());
  }

  step(input: MemberInput, out: MemberEffect[]): void {
    this.out = out;
    this.clock.now = input.now;
    this.isAgain = false;
    this.service.beginTurn(input.now, beginsRound(input.kind));
    this.links.beginTurn();
    if (this.state !== "ended") this.take(input);
    this.takeDownRole();
    if (this.service.takeHeld()) this.isAgain = true;
    this.takeDownRole();
    this.endTurn(input.kind, out);
  }

  /** It serves clients in an ensemble, or as one: what it has applied is committed. */
  get isInStep(): boolean {
    return this.served.writes !== NO_WRITES;
  }

  /** Whether it serves readers alone, for want of a quorum. */
  get isReadOnly(): boolean {
    return this.readOnly !== undefined;
  }

  /** What it does: undefined while it has no leader. */
  get mode(): ServerMode | undefined {
    return this.role?.mode;
  }

  /** The last epoch in which it has followed or led. */
  get epoch(): number {
    return this.member.epochs.current;
  }

  /** The state that it has now. */
  get loaded(): Loaded {
    return this.store.loaded;
  }

  /** Takes a snapshot as soon as clients are served. */
  askSnapshot(): void {
    this.snapshots.ask();
  }

  /**
   * Leaves the ensemble without making anybody wait: links are closed at once, so the others look
   * for a new leader without a time-out. Nothing is done after that.
   */
  leave(out: MemberEffect[]): void {
    this.out = out;
    // What the last step sent is not sent again with what is left to say.
    this.links.beginTurn();
    this.role?.end("this server stops");
    this.role = undefined;
    this.state = "ended";
  }

  private endTurn(input: MemberInput["kind"], out: MemberEffect[]): void {
    const { log } = this.store.replica;
    // First, so that the disk works while the rest is sent.
    const logWaits = writeLog(log, this.instruments, input, out as PeerEffect[]);
    this.links.endTurn(out);
    if (this.service.endTurn(out as PeerEffect[])) this.isAgain = true;
    for (const note of this.notes.splice(0)) out.push({ kind: "note", note });
    this.endSnapshotTurn(out);
    this.files.endTurn(out);
    this.settle();
    this.wake(out);
    if (this.isAgain || logWaits) out.push({ kind: "again", forLog: !this.isAgain });
  }

  private take(input: MemberInput): void {
    switch (input.kind) {
      case "opened":
      case "received":
      case "served":
      case "closed":
      case "drained":
        return this.service.take(input);
      case "logged": {
        const { replica } = this.store;
        const upTo = replica.logged(input.batch);
        this.role?.durable(upTo);
        return this.apply();
      }
      case "snapshotted":
        return this.snapshots.done(this.out as PeerEffect[], input.now);
      case "filesDone":
        this.files.done();
        return this.apply();
      case "tick": {
        this.wakeAsked = undefined;
        const since = this.clock.tick(input.wall);
        this.electorate.tick(input.now);
        this.role?.tick(since);
        this.readOnlyTick();
        return this.apply();
      }
      case "continue":
        this.role?.goOn();
        return this.apply();
      default:
        this.link(input);
        return this.apply();
    }
  }

  private link(input: Exclude<LinkInput, { kind: "filesDone" }>): void {
    const isElection =
      input.kind === "linkAccepted" ? input.door === "election" : this.electorate.owns(input.link);
    if (isElection) return this.electorate.link(input);
    if (input.kind === "linkAccepted" && this.role?.mode !== "leader" && this.role !== undefined) {
      return this.closeLink(input.link, "this server does not lead");
    }
    if (this.role !== undefined) return this.role.link(input);
    // A learner may know before this server that it leads.
    const refused = this.early.take(input);
    if (refused !== undefined) this.closeLink(refused, NO_LEADER);
  }

  private closeLink(link: LinkId, why: string): void {
    this.out.push({ kind: "closeLink", link, why });
  }

  private apply(): void {
    const { replica } = this.store;
    const { role, service } = this;
    let left = APPLIED_PER_TURN;
    const more =
      role === undefined
        ? replica.applyCommitted(() => left-- > 0, NOBODY)
        : replica.applyCommitted(() => left-- > 0 && service.mayGoOn(), role);
    if (more) this.isAgain = true;
    role?.caughtUp();
  }

  /** What is left of the last role is brought to rest; then a leader is looked for. */
  private settle(): void {
    if (this.state !== "settling") return;
    const { replica } = this.store;
    if (replica.log.busy || !this.files.idle || !this.snapshots.idle) return;
    if (this.firstSnapshot === "needed") return;
    replica.commit(replica.lastAppended);
    if (replica.waitingCount > 0) {
      this.isAgain = true;
      return;
    }
    this.state = "looking";
    this.lookingSince = this.clock.now;
    this.instruments.looking.add();
    const { accepted, current } = this.member.epochs;
    assert(accepted >= current, "the accepted epoch is not behind the current one");
    const zxid = this.member.incomplete ? ZXID_UNFIT : replica.lastAppended;
    this.electorate.look(this.clock.now, { zxid, epoch: current });
  }

  /** Serves readers when a leader has been looked for long enough. */
  private readOnlyTick(): void {
    this.readOnly?.tick();
    const { ensemble, settings } = this.parts;
    if (this.state !== "looking" || this.readOnly !== undefined || !ensemble.readOnlyMode) return;
    if (ensemble.role !== "participant" || this.member.incomplete) return;
    if (this.clock.now < this.lookingSince + readOnlyAfterMs(settings.tickTimeMs)) return;
    this.readOnly = new ReadOnlyService(this.member);
    const { clients, sessions } = this.readOnly;
    this.changeService(clients, { sessions, writes: NO_WRITES });
    this.notes.push({ level: "warn", event: "serving read-only: no quorum" });
  }

  /** All that the last service has said goes out, and its connections are closed. */
  private changeService(service: ClientService, served: Served): void {
    this.service.closeAll(NO_LEADER);
    this.service.endTurn(this.out as PeerEffect[]);
    this.service = service;
    this.served = served;
    service.beginTurn(this.clock.now, true);
  }

  private elected(vote: Vote, state: Exclude<ServerState, "looking">): void {
    assert(this.state === "looking", "a server is elected while it looks for a leader");
    assert(state !== "leading" || !this.member.incomplete, "who lacks history does not lead");
    this.state = "in a role";
    this.instruments.electionTime.record(this.clock.now - this.lookingSince);
    if (this.readOnly !== undefined) this.closeToClients();
    this.role =
      state === "leading" ? new Leading(this.member) : new Following(this.member, vote.leader);
    for (const input of this.early.takeAll(this.clock.now)) {
      if (this.role.mode === "leader") this.role.link(input);
      else if (input.kind === "linkAccepted")
        this.closeLink(input.link, "this server does not lead");
    }
    this.notes.push({
      level: "info",
      event: state,
      about: { leader: String(vote.leader), zxid: vote.zxid },
    });
  }

  private takeDownRole(): void {
    const why = this.roleEnded;
    if (why === undefined) return;
    this.roleEnded = undefined;
    this.role?.end(why);
    this.role = undefined;
    this.state = "settling";
    // One that has never served in its role has been without since before.
    if (this.isInStep) this.unservedSince = this.clock.now;
    this.snapshots.abandon();
    this.closeToClients();
    this.notes.push({ level: "info", event: "no leader", about: { why } });
    this.isAgain = true;
  }

  private closeToClients(): void {
    this.readOnly = undefined;
    const sessions = this.noSessions();
    const service = newService(this.member, { sessions, writes: NO_WRITES, refusal: NO_LEADER });
    this.changeService(service, { sessions, writes: NO_WRITES });
  }

  private endSnapshotTurn(out: MemberEffect[]): void {
    const remains = this.snapshots.remains();
    if (remains.length > 0) this.files.run(remains, () => {});
    if (this.firstSnapshot === "needed") {
      this.firstSnapshot = "being written";
      this.snapshots.ask();
    } else if (this.snapshots.idle) {
      this.firstSnapshot = "done";
    }
    if (this.isInStep || this.firstSnapshot === "being written") {
      this.snapshots.endTurn(out as PeerEffect[], this.clock.now);
    }
  }

  private wake(out: MemberEffect[]): void {
    const at = earliest(this.electorate.wakeAt, this.role?.wakeAt);
    if (at === undefined || this.wakeAsked === at) return;
    this.wakeAsked = at;
    out.push({ kind: "wake", at });
  }

  /** A state that came from a snapshot shows the configuration of who wrote it (2819). */
  private showConfig(): void {
    const { config } = this.parts.ensemble;
    const text = utf8(describeEnsemble(config));
    this.store.loaded.tree.showConfig(text, config.version, this.clock.wallTime());
  }

  private recordUnavailable(): void {
    const { unavailableTime, leaderUnavailableTime } = this.instruments;
    const tookMs = this.clock.now - this.unservedSince;
    unavailableTime.record(tookMs);
    if (this.mode === "leader") leaderUnavailableTime.record(tookMs);
  }

  private noSessions(): Sessions {
    return new Sessions(this.parts.settings.tickTimeMs, this.clock.now);
  }

  private newSnapshots(): Snapshots {
    const { settings } = this.parts;
    const { loaded, replica } = this.store;
    return new Snapshots(loaded, replica.log, settings, new Prng(settings.seed));
  }

  private newMember(): Member {
    const peer = this;
    const { parts, clock, instruments, files, links } = this;
    return {
      ...parts,
      ...{ clock, instruments, files, links, traffic: new Traffic() },
      quorums: quorumsOf(parts.ensemble.config),
      sessionIds: new SessionIds(parts.ensemble.self, parts.startedAt.wall),
      get store() {
        return peer.store;
      },
      effect: (effect) => void this.out.push(effect),
      note: (note) => void this.notes.push(note),
      nextLink: () => --this.lastLink,
      replaceStore: (store) => {
        assert(this.snapshots.idle, "no snapshot of the old state is being written");
        this.store = store;
        this.showConfig();
        this.snapshots = this.newSnapshots();
      },
      serve: (service, served, epoch) => {
        this.changeService(service, served);
        this.recordUnavailable();
        if (this.snapshotWanted) this.snapshots.ask();
        this.snapshotWanted = false;
        this.electorate.synchronised(this.clock.now, epoch);
        const mode = this.mode ?? "";
        this.notes.push({ level: "info", event: "in step with a quorum", about: { mode, epoch } });
      },
      again: () => {
        this.isAgain = true;
      },
      endRole: (why) => {
        this.roleEnded ??= why;
      },
    };
  }

  private newStatusSource() {
    const peer = this;
    const { parts, clock } = this;
    const { traffic } = this.member;
    return {
      ...{ settings: parts.settings, clock, traffic, startedAt: parts.startedAt.wall },
      get mode(): ServerMode {
        return peer.readOnly !== undefined ? "read-only" : (peer.role?.mode ?? "follower");
      },
      get serving() {
        return peer.isInStep || peer.readOnly !== undefined;
      },
      get replica() {
        return peer.store.replica;
      },
      get sessions() {
        return peer.served.sessions;
      },
      get service() {
        return peer.service;
      },
      get ensemble(): EnsembleStatus {
        const quorumSize = peer.member.quorums.voters.size;
        return { quorumSize, observed: peer.role?.observed, leading: peer.role?.status?.() };
      },
      get outstandingCount() {
        return peer.served.writes.outstandingCount;
      },
    };
  }
}

/** Nobody hears of what is applied while no client is served. */
const NOBODY: CommitSink & ChangeSink = { changed() {}, applied() {} };
