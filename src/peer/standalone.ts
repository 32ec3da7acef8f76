/**
 * A standalone server: an ensemble of one, behind a single step(). What its own log has made
 * durable is committed.
 *
 *   connections -> client service -> write path -> log ... durable -> replica -> client service
 *
 * Promises: nothing is acknowledged before the log reported it durable; replies and events leave in
 * zxid order; no turn is long.
 * Leaves to others: sockets, files, timers (room 6) and reading its folder (loading.ts).
 */
import type { Millis } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { Metrics } from "../base/metrics.ts";
import { Prng } from "../base/prng.ts";
import type { EventType } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { Access } from "../requests/access.ts";
import { type PasswordOf, passwordOf } from "../session/password.ts";
import { SessionIds } from "../session/session-ids.ts";
import { Sessions } from "../session/sessions.ts";
import type { Applied } from "../tree/data-tree.ts";
import type { LogWriter } from "../txnlog/log-writer.ts";
import { ClientService } from "./client-service.ts";
import { Instruments } from "./instruments.ts";
import { beginsRound, type Note, type PeerEffect, type PeerInput } from "./io.ts";
import { Traffic } from "./latency.ts";
import type { Loaded } from "./loading.ts";
import { writeLog } from "./log-turn.ts";
import { recordAge } from "./member-figures.ts";
import { PeerClock } from "./peer-clock.ts";
import { tellQuotaExceeded } from "./quota-note.ts";
import { type CommitSink, Replica } from "./replica.ts";
import { ServerStatus } from "./server-status.ts";
import { SessionKeeper } from "./session-keeper.ts";
import type { PeerSettings } from "./settings.ts";
import { Snapshots } from "./snapshots.ts";
import type { PeerStatus } from "./status.ts";
import { WritePath } from "./write-path.ts";

export type StandaloneParts = {
  readonly settings: PeerSettings;
  readonly access: Access;
  /** Passwords of sessions; unless given, those of the reference. */
  readonly passwordOf?: PasswordOf;
  readonly log: LogWriter;
  /** Fed with what the machine measures. */
  readonly metrics: Metrics;
  /** What recovery found (loading.ts). */
  readonly loaded: Loaded;
  readonly startedAt: { readonly now: Millis; readonly wall: Millis };
};

export class StandaloneServer implements Machine<PeerInput, PeerEffect>, CommitSink {
  readonly status: PeerStatus;
  private readonly clock: PeerClock;
  private readonly instruments: Instruments;
  private readonly replica: Replica;
  private readonly writes: WritePath;
  private readonly service: ClientService;
  private readonly keeper: SessionKeeper;
  private readonly snapshots: Snapshots;
  private readonly notes: Note[] = [];
  private again = false;

  constructor(parts: StandaloneParts) {
    const { settings, access, log, loaded, startedAt } = parts;
    const clock = new PeerClock(settings.tickTimeMs, startedAt);
    const instruments = new Instruments(parts.metrics);
    const replica = new Replica(loaded, log);
    const traffic = new Traffic();
    const sessions = new Sessions(settings.tickTimeMs, clock.now);
    for (const [id, timeoutMs] of loaded.sessions) sessions.add(id, timeoutMs, clock.now);
    const note = (told: Note): void => {
      this.notes.push(told);
    };
    const quotaExceeded = tellQuotaExceeded(instruments, note);
    const writes = new WritePath({ replica, access, settings, quotaExceeded });
    const service = new ClientService({
      ...{ settings, access, clock, instruments, traffic, replica, sessions, writes, note },
      passwordOf: parts.passwordOf ?? passwordOf,
      sessionIds: new SessionIds(settings.serverId, startedAt.wall),
    });
    this.keeper = new SessionKeeper({
      ...{ settings, clock, loaded, sessions, writes, instruments, note },
      endLocal: (session) => service.endLocal(session),
    });
    this.snapshots = new Snapshots(loaded, log, settings, new Prng(settings.seed));
    this.status = new ServerStatus({
      ...{ mode: "standalone", serving: true, startedAt: startedAt.wall },
      ensemble: undefined,
      ...{ settings, clock, replica, sessions, traffic, service },
      get outstandingCount() {
        return writes.outstandingCount;
      },
    });
    this.clock = clock;
    this.instruments = instruments;
    this.replica = replica;
    this.writes = writes;
    this.service = service;
  }

  step(input: PeerInput, out: PeerEffect[]): void {
    const { service, replica } = this;
    this.clock.now = input.now;
    this.again = false;
    service.beginTurn(input.now, beginsRound(input.kind));
    this.take(input, out);
    this.more(service.takeHeld());
    // First, so that the disk works while the rest is sent.
    const logWaits = writeLog(replica.log, this.instruments, input.kind, out);
    this.more(service.endTurn(out));
    for (const note of this.notes.splice(0)) out.push({ kind: "note", note });
    this.snapshots.endTurn(out, input.now);
    if (this.again || logWaits) out.push({ kind: "again", forLog: !this.again });
  }

  /** Takes a snapshot as soon as the next step is done. */
  askSnapshot(): void {
    this.snapshots.ask();
  }

  /** A transaction was applied to the tree. */
  applied(entry: TxnEntry, applied: Applied): void {
    recordAge(this.instruments.propagationLatency, entry.header.time, this.clock.wallTime());
    this.writes.applied(entry);
    this.keeper.applied(entry);
    this.service.applied(entry, applied);
  }

  /** Something in the tree has changed that may be watched. */
  changed(type: EventType, path: string, acl: readonly Acl[]): void {
    this.service.changed(type, path, acl);
  }

  private more(more: boolean): void {
    if (more) this.again = true;
  }

  private take(input: PeerInput, out: PeerEffect[]): void {
    switch (input.kind) {
      case "opened":
      case "received":
      case "served":
      case "closed":
      case "drained":
        return this.service.take(input);
      case "logged":
        this.replica.commit(this.replica.logged(input.batch));
        this.apply();
        return this.more(this.keeper.expire());
      case "snapshotted":
        return this.snapshots.done(out, input.now);
      case "tick": {
        const since = this.clock.tick(input.wall);
        this.service.tick();
        return this.more(this.keeper.tick(since));
      }
      case "continue":
        this.apply();
        return this.more(this.keeper.goOn());
    }
  }

  private apply(): void {
    this.more(this.replica.applyCommitted(this.service.mayGoOn, this));
  }
}
