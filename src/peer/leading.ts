/**
 * The role of a leader: learners are brought up to date, a quorum of them acknowledges what is
 * proposed, and clients are served, here and through the learners. The protocol is zab/leader.ts's;
 * here its wishes meet the state, the disk and the clients.
 *
 *   own clients, forwarded requests -> write path -> log, PROPOSALs ... quorum -> replica
 */
import { ProtocolError } from "../base/errors.ts";
import { type Millis, makeZxid, type SessionId, toSessionId, type Zxid } from "../base/ids.ts";
import { describeEnsemble } from "../quorum/ensemble-text.ts";
import type { EventType } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";
import type { TxnEntry } from "../records/txn.ts";
import { Sessions } from "../session/sessions.ts";
import type { Applied } from "../tree/data-tree.ts";
import { writeEpoch } from "../txnlog/epoch-files.ts";
import type { LeaderEffect, LeaderInput, Proposal } from "../zab/io.ts";
import { Leader } from "../zab/leader.ts";
import type { ClientService } from "./client-service.ts";
import { LeaderWrites } from "./leader-writes.ts";
import { leadingStatus, ProposalSizes } from "./leading-status.ts";
import type { LinkId, LinkInput } from "./links.ts";
import { type Member, newService, type PeerRole } from "./member.ts";
import { recordAge, SyncFigures, WriteAges } from "./member-figures.ts";
import { historyOf } from "./past.ts";
import { tellQuotaExceeded } from "./quota-note.ts";
import { Revalidation } from "./revalidation.ts";
import { SessionKeeper } from "./session-keeper.ts";
import type { LeadingStatus } from "./status.ts";
import { WritePath } from "./write-path.ts";

/** What is there once the epoch is established. */
type Reign = {
  readonly sessions: Sessions;
  readonly writes: WritePath;
  readonly requests: LeaderWrites;
  readonly keeper: SessionKeeper;
  readonly service: ClientService;
  readonly revalidation: Revalidation;
};

export class Leading implements PeerRole {
  readonly mode = "leader";
  private readonly member: Member;
  private readonly leader: Leader;
  private readonly effects: LeaderEffect[] = [];
  private readonly sizes = new ProposalSizes();
  private readonly syncs: SyncFigures;
  private readonly unlogged: WriteAges;
  private readonly uncommitted: WriteAges;
  private readonly since: Millis;
  private reign: Reign | undefined;
  private ended = false;

  constructor(member: Member) {
    const { ensemble, clock, store, epochs, instruments } = member;
    this.member = member;
    this.syncs = new SyncFigures(instruments);
    this.unlogged = new WriteAges(instruments.ackCreationLatency);
    this.uncommitted = new WriteAges(instruments.quorumAckLatency);
    this.since = clock.now;
    this.leader = new Leader({
      self: ensemble.self,
      quorums: member.quorums,
      timing: ensemble.timing,
      epochs,
      lastZxid: store.replica.lastAppended,
      history: historyOf(member),
      configText: describeEnsemble(ensemble.config),
      configVersion: ensemble.config.version,
      lastCounter: ensemble.lastCounter,
      now: clock.now,
    });
    this.tell({ kind: "tick", now: clock.now });
  }

  get wakeAt(): Millis | undefined {
    return this.leader.wakeAt;
  }

  status(): LeadingStatus {
    return leadingStatus(this.leader, this.sizes, this.member.clock.now - this.since);
  }

  link(input: LinkInput): void {
    const { links } = this.member;
    switch (input.kind) {
      case "linkAccepted":
        links.open(input.link);
        return this.tell({ kind: "accepted", now: input.now, link: input.link });
      case "linkReceived":
        return this.received(input.link, input.bytes);
      case "linkClosed":
        if (!links.has(input.link)) return;
        links.closed(input.link);
        this.syncs.ended(input.link);
        return this.tell({ kind: "closed", now: input.now, link: input.link });
      case "linkDrained":
        links.drained(input.link);
        return this.tell({ kind: "progress", now: input.now, link: input.link });
      case "linkOpened":
      case "filesDone":
        return;
    }
  }

  durable(upTo: Zxid): void {
    this.unlogged.reached(upTo, this.member.clock.wallTime());
    this.tell({ kind: "durable", now: this.member.clock.now, upTo });
    if (this.reign?.keeper.expire()) this.member.again();
  }

  tick(since: Millis | undefined): void {
    this.tell({ kind: "tick", now: this.member.clock.now });
    if (this.ended || since === undefined || this.reign === undefined) return;
    this.reign.service.tick();
    if (this.reign.keeper.tick(since)) this.member.again();
  }

  goOn(): void {
    this.tell({ kind: "continue", now: this.member.clock.now });
    if (!this.ended && this.reign?.keeper.goOn()) this.member.again();
  }

  caughtUp(): void {}

  applied(entry: TxnEntry, applied: Applied): void {
    if (this.reign === undefined) return;
    const { instruments, clock } = this.member;
    instruments.commits.add();
    recordAge(instruments.propagationLatency, entry.header.time, clock.wallTime());
    this.reign.writes.applied(entry);
    this.reign.requests.applied(entry.header.zxid);
    this.reign.keeper.applied(entry);
    this.reign.service.applied(entry, applied);
    if (entry.txn.kind === "closeSession") {
      this.reign.revalidation.closed(toSessionId(entry.header.clientId));
    }
  }

  changed(type: EventType, path: string, acl: readonly Acl[]): void {
    this.reign?.service.changed(type, path, acl);
  }

  end(why: string): void {
    this.ended = true;
    this.member.links.closeAll(why, (effect) => this.member.effect(effect));
  }

  private received(link: LinkId, bytes: Uint8Array): void {
    const { links } = this.member;
    try {
      const cutter = links.cutterOf(link);
      if (cutter === undefined) return;
      for (const packet of cutter.push(bytes)) {
        this.tell({ kind: "packet", now: this.member.clock.now, link, packet });
        if (this.ended || !links.has(link)) return;
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.drop(link, `it sent what cannot be read: ${error.message}`);
    }
  }

  private drop(link: LinkId, why: string): void {
    this.member.links.close(link, why, (effect) => this.member.effect(effect));
    this.syncs.ended(link);
    this.member.note({ level: "warn", event: "learner dropped", about: { why } });
    this.tell({ kind: "closed", now: this.member.clock.now, link });
  }

  private tell(input: LeaderInput): void {
    if (this.ended) return;
    const { effects } = this;
    this.leader.step(input, effects);
    // Effects of a nested step come behind those of the outer one that are still to be performed.
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      this.perform(effect);
      if (this.ended) return void effects.splice(0);
    }
  }

  private perform(effect: LeaderEffect): void {
    const { member } = this;
    const { links, store, clock } = member;
    switch (effect.kind) {
      case "send":
        links.send(effect.to, effect.packet);
        this.syncs.sent(effect.to, effect.packet);
        for (const link of links.takeOverrun()) this.drop(link, "it does not read");
        return;
      case "sendSnapshot":
        return links.sendSnapshot(effect.link, store.loaded, store.loaded.tree.lastProcessed);
      case "closeLink":
        member.note({ level: "info", event: "learner link closed", about: { why: effect.why } });
        this.syncs.ended(effect.link);
        return links.close(effect.link, effect.why, (each) => member.effect(each));
      case "saveEpoch":
        return member.files.run(writeEpoch(`${effect.file}Epoch`, effect.epoch), () => {
          member.epochs = { ...member.epochs, [effect.file]: effect.epoch };
          this.tell({ kind: "epochSaved", now: clock.now });
        });
      case "established":
        return this.beginReign(effect.epoch);
      case "commit":
        this.uncommitted.reached(effect.upTo, clock.wallTime());
        return store.replica.commit(effect.upTo);
      case "synced":
        return this.reign?.service.replies.synced(store.replica.lastCommitted);
      case "unknownSession":
        return this.reign?.service.reception.revalidated(effect.session, false);
      case "forwarded":
        return this.reign?.requests.forwarded(effect.link, effect.from, effect.request);
      case "touched":
        return this.touched(effect.sessions);
      case "revalidate":
        member.instruments.revalidations.add();
        return this.reign?.revalidation.byLearner(effect);
      case "again":
        return member.again();
      case "stepDown":
        if (effect.promised !== undefined) this.promise(effect.promised);
        return member.endRole(effect.why);
    }
  }

  private promise(accepted: number): void {
    const { member } = this;
    member.files.run(writeEpoch("acceptedEpoch", accepted), () => {
      member.epochs = { ...member.epochs, accepted };
    });
  }

  private beginReign(epoch: number): void {
    const { member } = this;
    const { settings, access, clock, instruments, store, ensemble } = member;
    const { replica, loaded } = store;
    const sessions = new Sessions(settings.tickTimeMs, clock.sessionTime());
    for (const [id, timeoutMs] of loaded.sessions) {
      sessions.add(id, timeoutMs, clock.sessionTime());
    }
    const note = member.note.bind(member);
    const writes = new WritePath({
      ...{ replica, access, settings },
      quotaExceeded: tellQuotaExceeded(instruments, note),
      proposed: (proposal) => {
        this.proposed(proposal);
        this.tell({ kind: "propose", now: clock.now, proposal });
      },
      // In the turn in which leading ends requests may still be read: nobody would hear of them,
      // and at the end of the counter there is no number for them (1277).
      isOpen: () => this.leader.established,
      lastProposed: makeZxid(epoch, 0),
    });
    const requests = new LeaderWrites({
      ...{ writes, sessions, clock },
      self: ensemble.self,
      localSessions: settings.localSessions,
      sync: (asker) => this.tell({ kind: "sync", now: clock.now, asker }),
    });
    const refusal = ensemble.leaderServes
      ? {}
      : { refusal: "a leader serves no clients (leaderServes)" };
    const revalidation = new Revalidation({
      sessions,
      sessionTime: () => clock.sessionTime(),
      tell: (asker, session, valid) =>
        this.tell({ kind: "revalidated", now: clock.now, asker, session, valid }),
      admit: (session) => service.reception.revalidated(session, true),
    });
    const revalidate = (session: SessionId): void => revalidation.byOwnClient(session);
    const service = newService(member, { sessions, writes: requests, revalidate, ...refusal });
    const keeper = new SessionKeeper({
      ...{ settings, clock, loaded, sessions, writes, instruments, note },
      endLocal: (session) => service.endLocal(session),
    });
    this.reign = { sessions, writes, requests, keeper, service, revalidation };
    member.serve(service, { sessions, writes }, epoch);
  }

  private proposed({ zxid, entry }: Proposal): void {
    const stamped = this.member.clock.wallTime();
    this.sizes.proposed(entry.length);
    this.member.instruments.proposals.add();
    this.unlogged.add(zxid, stamped);
    this.uncommitted.add(zxid, stamped);
  }

  private touched(touched: readonly (readonly [SessionId, Millis])[]): void {
    const { reign } = this;
    if (reign === undefined) return;
    const now = this.member.clock.sessionTime();
    for (const [id] of touched) {
      const session = reign.sessions.get(id);
      if (session !== undefined) reign.sessions.touch(session, now);
    }
  }
}
