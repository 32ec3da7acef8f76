/**
 * The role of a follower, and of an observer: dials the leader, is brought up to date, and serves
 * clients whose writes it forwards. The protocol is zab/learner.ts's; here its wishes meet the
 * state, the disk and the clients.
 *
 *   dialing -> synchronising (-> loading -> installing) -> serving, or (one that lost its
 *     history) proving that it is complete, and joining anew
 * Size: one role, in which protocol, state, disk and clients meet.
 */
import { ProtocolError } from "../base/errors.ts";
import type { Millis, ServerId, SessionId, Zxid } from "../base/ids.ts";
import type { EventType } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";
import type { TxnEntry } from "../records/txn.ts";
import { Sessions } from "../session/sessions.ts";
import type { Applied } from "../tree/data-tree.ts";
import { writeEpoch } from "../txnlog/epoch-files.ts";
import { SnapshotDamaged } from "../txnlog/errors.ts";
import { planWhole } from "../txnlog/set-aside.ts";
import type { LearnerEffect, Touched } from "../zab/io.ts";
import { Learner } from "../zab/learner.ts";
import type { ClientService } from "./client-service.ts";
import { Completion } from "./completion.ts";
import { DigestComparison } from "./digest-comparison.ts";
import { Forwarding } from "./forwarding.ts";
import type { LinkId, LinkInput } from "./links.ts";
import { type Member, newService, type PeerRole } from "./member.ts";
import { LearnerFigures } from "./member-figures.ts";
import { earliest } from "./peer-clock.ts";
import { decoded, StateTransfer } from "./state-transfer.ts";

/**
 * Attempts to reach the leader, and the time between them: in all as long as the reference tries
 * (specification 4.5). It pauses a second; but a leader of its kind opens its door up to 200 ms
 * after an election that this server has finished, and then the pause would be most of the outage.
 */
const DIALS_MAX = 50;
const DIAL_PAUSE_MS = 100;

export class Following implements PeerRole {
  readonly mode: "follower" | "observer";
  private readonly member: Member;
  private readonly leader: ServerId;
  private learner: Learner;
  private readonly forwarding: Forwarding;
  private readonly sessions: Sessions;
  private readonly effects: LearnerEffect[] = [];
  private readonly figures: LearnerFigures;
  private link_: LinkId | undefined;
  private isOpen = false;
  private dials = 0;
  private redialAt: Millis | undefined;
  private readonly transfer: StateTransfer;
  private service: ClientService | undefined;
  private completion: Completion | undefined;
  /** Clients are let in when this is applied. */
  private serveFrom: { readonly zxid: Zxid; readonly epoch: number } | undefined;
  private touchedSince: Millis;
  /** The own history was no base for this leader, who is asked for all of its state. */
  private afresh = false;
  private readonly comparison: DigestComparison;
  private ended = false;

  constructor(member: Member, leader: ServerId) {
    const { ensemble, clock, settings } = member;
    this.member = member;
    this.leader = leader;
    const observes = ensemble.role === "observer" || member.incomplete;
    this.mode = observes ? "observer" : "follower";
    this.figures = new LearnerFigures(member.instruments, this.mode);
    this.comparison = new DigestComparison(member, leader);
    this.touchedSince = clock.now;
    this.sessions = new Sessions(settings.tickTimeMs, clock.now);
    this.learner = this.newLearner();
    this.forwarding = new Forwarding((request) =>
      this.tell({ kind: "forward", now: clock.now, request }),
    );
    this.transfer = new StateTransfer(member, {
      loaded: (zxid) => this.tell({ kind: "loaded", now: clock.now, zxid }),
      notLoaded: (why) => this.tell({ kind: "notLoaded", now: clock.now, why }),
      installed: () => this.tell({ kind: "installed", now: clock.now }),
    });
    this.dial();
  }

  get wakeAt(): Millis | undefined {
    const { learner, redialAt, completion } = this;
    return earliest(earliest(learner.wakeAt, redialAt), completion?.giveUpAt);
  }

  get observed(): ServerId | undefined {
    return this.mode === "observer" ? this.leader : undefined;
  }

  link(input: LinkInput): void {
    if (input.kind === "filesDone" || input.link !== this.link_) return;
    switch (input.kind) {
      case "linkOpened":
        this.isOpen = true;
        this.member.links.open(input.link);
        return this.tell({ kind: "connected", now: input.now });
      case "linkReceived":
        return this.received(input.bytes);
      case "linkClosed":
        return this.closed(input.why);
      case "linkDrained":
        return this.member.links.drained(input.link);
      case "linkAccepted":
        return;
    }
  }

  durable(upTo: Zxid): void {
    this.transfer.durable(upTo);
    this.figures.durable(upTo, this.member.clock.wallTime());
    this.tell({ kind: "durable", now: this.member.clock.now, upTo });
  }

  tick(since: Millis | undefined): void {
    const { now } = this.member.clock;
    if (since !== undefined) this.service?.tick();
    if (this.redialAt !== undefined && this.redialAt <= now) this.dial();
    if (!this.ended) this.tell({ kind: "tick", now });
    if (this.completion !== undefined && this.completion.giveUpAt <= now) {
      this.member.endRole("nothing is committed here that would show what this server lacks");
    }
  }

  goOn(): void {
    this.transfer.goOn();
  }

  caughtUp(): void {
    this.serveWhenApplied();
  }

  applied(entry: TxnEntry, applied: Applied): void {
    this.comparison.applied(entry);
    this.figures.applied(entry, this.member.clock.wallTime());
    this.forwarding.applied(entry);
    if (this.completion?.isProof(entry)) this.complete();
    this.service?.applied(entry, applied);
  }

  changed(type: EventType, path: string, acl: readonly Acl[]): void {
    this.service?.changed(type, path, acl);
  }

  end(why: string): void {
    this.ended = true;
    this.leave(why);
  }

  private newLearner(): Learner {
    const { ensemble, clock, store, epochs } = this.member;
    return new Learner({
      self: ensemble.self,
      role: this.mode,
      leader: this.leader,
      timing: ensemble.timing,
      epochs,
      lastZxid: store.replica.lastAppended,
      configVersion: ensemble.config.version,
      afresh: this.afresh,
      incomplete: this.member.incomplete,
      takeTouched: () => this.takeTouched(),
      now: clock.now,
    });
  }

  /**
   * Comes back to the same leader, without an election: it counts the promise that it has, and
   * while it waits for a quorum nobody who looks for a leader could join it.
   */
  private startAfresh(why: string): void {
    this.leave(why);
    this.afresh = true;
    this.isOpen = false;
    this.dials = 0;
    this.learner = this.newLearner();
    this.dial();
  }

  private leave(why: string): void {
    this.redialAt = undefined;
    this.transfer.end();
    const { link_: link, member } = this;
    this.link_ = undefined;
    if (link === undefined) return;
    if (this.isOpen) member.links.close(link, why, (effect) => member.effect(effect));
    else member.effect({ kind: "closeLink", link, why });
  }

  private dial(): void {
    const { member } = this;
    this.redialAt = undefined;
    this.dials++;
    this.link_ = member.nextLink();
    member.effect({ kind: "dial", link: this.link_, server: this.leader, door: "quorum" });
  }

  private closed(why: string): void {
    const { member } = this;
    member.links.closed(this.link_!);
    this.link_ = undefined;
    if (!this.isOpen && this.dials < DIALS_MAX) {
      this.redialAt = member.clock.now + DIAL_PAUSE_MS;
      return;
    }
    this.tell({ kind: "closed", now: member.clock.now, why });
  }

  private received(bytes: Uint8Array): void {
    try {
      this.packets(bytes);
    } catch (error) {
      if (!(error instanceof ProtocolError) && !(error instanceof SnapshotDamaged)) throw error;
      this.member.endRole(`the leader sent what cannot be read: ${error.message}`);
    }
  }

  private packets(bytes: Uint8Array): void {
    const { transfer } = this;
    const cutter = this.member.links.cutterOf(this.link_!);
    if (cutter === undefined) return;
    let rest: Uint8Array | undefined = bytes;
    while (rest !== undefined && !this.ended) {
      if (transfer.isStreaming) {
        rest = transfer.takeStream(rest);
        if (rest === undefined) this.tell({ kind: "progress", now: this.member.clock.now });
        else cutter.resume();
        continue;
      }
      for (const packet of cutter.push(rest)) {
        this.figures.received(packet, this.member.clock.now);
        this.tell({ kind: "packet", now: this.member.clock.now, packet });
      }
      rest = cutter.isStopped ? cutter.takeRest() : undefined;
    }
  }

  private tell(input: Parameters<Learner["step"]>[0]): void {
    if (this.ended) return;
    const { effects } = this;
    this.learner.step(input, effects);
    // Effects of a nested step come behind those of the outer one that are still to be performed.
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      this.perform(effect);
      if (this.ended) return void effects.splice(0);
    }
  }

  private perform(effect: LearnerEffect): void {
    const { member } = this;
    switch (effect.kind) {
      case "send":
        return this.link_ === undefined
          ? undefined
          : member.links.send([this.link_], effect.packet);
      case "saveEpoch":
        return this.saveEpoch(effect.file, effect.epoch);
      case "loadSnapshot":
        this.tellOperator("the leader sends its whole state", effect.zxid);
        return this.transfer.beginStream(effect.zxid);
      case "loadUpTo":
        this.tellOperator(
          "what was logged after this and never committed is taken back",
          effect.zxid,
        );
        return this.transfer.beginFromDisk(effect.zxid);
      case "applyLoaded":
        return this.transfer.apply(effect.proposal);
      case "install":
        return this.transfer.install(effect.zxid, effect.pending);
      case "append": {
        const entry = decoded(effect.proposal);
        this.figures.proposed(entry, member.clock.wallTime());
        return member.store.replica.append(entry, effect.proposal.entry);
      }
      case "commit":
        this.figures.committed(effect.upTo, member.clock.wallTime());
        return member.store.replica.commit(effect.upTo);
      case "configured":
        return;
      case "serve":
        this.figures.synchronised(member.clock.now);
        this.comparison.begin(member.store.replica.lastAppended);
        if (member.incomplete) return this.askForProof();
        this.serveFrom = { zxid: member.store.replica.lastCommitted, epoch: effect.epoch };
        return this.serveWhenApplied();
      case "synced":
        return this.service?.replies.synced(member.store.replica.lastCommitted);
      case "revalidated":
        return this.service?.reception.revalidated(effect.session, effect.valid);
      case "lost":
        if (effect.afresh && !this.afresh) return this.startAfresh(effect.why);
        return member.endRole(effect.why);
    }
  }

  private askForProof(): void {
    const { clock, sessionIds, ensemble } = this.member;
    const { tickMs, initLimit } = ensemble.timing;
    this.completion = new Completion(sessionIds.next(), clock.now + tickMs * initLimit);
    this.tell({ kind: "forward", now: clock.now, request: this.completion.request });
  }

  /** Everything that this server ever acknowledged is here, and durable: it may count again. */
  private complete(): void {
    const { member } = this;
    this.completion = undefined;
    member.files.run(planWhole(), () => {
      member.incomplete = false;
      const about = { zxid: member.store.replica.lastDurable, leader: this.leader };
      member.note({
        level: "info",
        event: "the state is complete: this server votes again",
        about,
      });
      if (!this.ended) member.endRole("it joins as the member that it is");
    });
  }

  private tellOperator(event: string, zxid: Zxid): void {
    this.member.note({ level: "info", event, about: { zxid, leader: this.leader } });
  }

  private saveEpoch(file: "accepted" | "current", epoch: number): void {
    const { member } = this;
    member.files.run(writeEpoch(`${file}Epoch`, epoch), () => {
      member.epochs = { ...member.epochs, [file]: epoch };
      this.tell({ kind: "epochSaved", now: member.clock.now });
    });
  }

  private serveWhenApplied(): void {
    const { serveFrom, member } = this;
    if (serveFrom === undefined || member.store.loaded.tree.lastProcessed < serveFrom.zxid) return;
    this.serveFrom = undefined;
    const revalidate = (session: SessionId, timeoutMs: Millis): void =>
      this.tell({ kind: "revalidate", now: member.clock.now, session, timeoutMs });
    const { sessions, forwarding: writes } = this;
    this.service = newService(member, { sessions, writes, revalidate });
    member.serve(this.service, { sessions, writes }, serveFrom.epoch);
  }

  /** Sessions of the ensemble that clients have used here since the last time. */
  private takeTouched(): readonly Touched[] {
    const touched: Touched[] = [];
    for (const { id, timeoutMs, isLocal, touchedAt } of this.sessions.all()) {
      if (!isLocal && touchedAt >= this.touchedSince) touched.push([id, timeoutMs]);
    }
    this.touchedSince = this.member.clock.sessionTime();
    return touched;
  }
}
