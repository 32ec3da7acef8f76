/**
 * A whole standalone server on a simulated disk, with clients that do a bit of everything. It
 * lives one disk operation at a time, so that the power can go out at each of them; what is then
 * left is a new server's start.
 *
 * Promises: `start` proves that what recovery brought back is the state after some transaction
 * that was proposed, none of them missing that any client has seen; `serve` proves of each reply
 * to a write that it tells what was logged. All chance comes from a seed.
 */
import assert from "node:assert/strict";
import { SESSION_NONE, type Zxid } from "../../src/base/ids.ts";
import { Metrics } from "../../src/base/metrics.ts";
import { Prng } from "../../src/base/prng.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import type { PeerEffect, PeerInput } from "../../src/peer/io.ts";
import { Loading } from "../../src/peer/loading.ts";
import { StandaloneServer } from "../../src/peer/standalone.ts";
import { entryBytes, readEntry } from "../../src/records/txn.ts";
import { Access } from "../../src/requests/access.ts";
import { world } from "../../src/requests/auth-scheme.ts";
import { ip } from "../../src/requests/ip-scheme.ts";
import { passwordOf } from "../../src/session/password.ts";
import type { SimDisk } from "../../src/sim/disk.ts";
import type { DiskOp } from "../../src/txnlog/disk-ops.ts";
import { LogWriter } from "../../src/txnlog/log-writer.ts";
import { planPurge } from "../../src/txnlog/purge.ts";
import { type Recovered, recover } from "../../src/txnlog/recovery.ts";
import { askRandomly } from "./crash-requests.ts";
import { expectState, History } from "./crash-state.ts";
import { SETTINGS, WorldClient } from "./machine-world.ts";

const WALL_START = 1_700_000_000_000;
const CLIENTS_MAX = 4;
const PURGE_KEEPS = 3;

const NO_CODEC = (): never => {
  throw new Error("nothing is compressed here");
};

/** A list of operations under way, and the input that reports it. */
type Task = {
  readonly ops: readonly DiskOp[];
  at: number;
  readonly done: () => void;
  readonly isLog: boolean;
};

/** What is left when the power goes out: the disk, and what the clients were told. */
export type Remains = {
  readonly disk: SimDisk;
  readonly history: History;
  readonly now: number;
};

export class CrashServer {
  readonly disk: SimDisk;
  readonly history: History;
  /** Called before each disk operation, and after it when it was not yet reported. */
  onOp: (() => void) | undefined;
  now: number;
  private readonly prng: Prng;
  private readonly sameFolder: boolean;
  private machine!: StandaloneServer;
  private loading!: Loading;
  private readonly tasks: Task[] = [];
  private readonly clients = new Map<number, WorldClient>();
  private readonly writes = new Map<number, Map<number, boolean>>();
  private lastConn = 0;
  private wantsMore = false;
  private validated = new Set<string>();
  private snapshotsTaken = 0;
  private purging = false;

  constructor(remains: Remains, sameFolder: boolean, seed: number) {
    this.disk = remains.disk;
    this.history = remains.history;
    this.now = remains.now;
    this.sameFolder = sameFolder;
    this.prng = new Prng(seed);
  }

  /** Recovers, proves what came back, repairs, and opens. Throws `SimCrash` at the ordered operation. */
  start(): void {
    const recovered = this.recover();
    for (const op of recovered.ops) this.perform(op);
    // From here on clients see what came back, and what did not is never proposed again as it was.
    this.history.begin(recovered.lastZxid);
    this.open(recovered);
  }

  /** Reads the disk and proves what came back. */
  recover(): Recovered {
    this.loading = new Loading({ hashSeed: 7, extendedTypes: true });
    const work = recover(this.disk, this.loading, {
      surroundings: { sameFolder: this.sameFolder, beside: ["myid"], initialize: false },
      trustEmptySnapshot: false,
      autoCreate: true,
      decompress: NO_CODEC,
    });
    let step = work.next();
    while (step.done !== true) step = work.next();
    const recovered = step.value;
    assert.equal(this.loading.describeMismatches(), undefined);
    assert.equal(this.loading.loaded.tree.lastProcessed, recovered.lastZxid);
    this.history.expectRecovered(recovered.lastZxid);
    expectState(this.loading.loaded, this.history);
    return recovered;
  }

  private open(recovered: Recovered): void {
    const { prng } = this;
    const log = new LogWriter({
      forceSync: true,
      preAllocBytes: prng.pick([0, 4096]),
      fileBytesMax: prng.pick([0, 2500]),
      batchRecordsMax: prng.pick([2, 1000]),
      snapshots: { records: 20, bytes: 0 },
      chance: 0.5,
      lastZxid: recovered.lastZxid,
    });
    const append = log.appendEntry.bind(log);
    log.appendEntry = (entry) => {
      this.history.propose(readEntry(new JuteReader(entryBytes(entry))));
      append(entry);
    };
    this.machine = new StandaloneServer({
      settings: { ...SETTINGS, snapshotSliceBytes: prng.pick([300, 1500]), seed: prng.uint32() },
      access: new Access([world, ip], false),
      log,
      metrics: new Metrics(),
      loaded: this.loading.loaded,
      startedAt: { now: this.now, wall: WALL_START + this.now },
    });
    this.validated = new Set(recovered.snapshot === undefined ? [] : [recovered.snapshot.name]);
    if (recovered.snapshotNeeded || recovered.txnsReplayed > 0) this.machine.askSnapshot();
    this.tick(0);
    if (!recovered.snapshotNeeded) return;
    const before = this.snapshotsTaken;
    while (this.snapshotsTaken === before) this.diskStep();
  }

  /** Clients and the disk take turns. Throws `SimCrash` at the ordered operation. */
  serve(turns: number): void {
    for (let turn = 0; turn < turns; turn++) {
      const { prng } = this;
      if (prng.chance(0.7)) this.clientStep();
      if (prng.chance(0.75)) this.diskStep();
      if (prng.chance(0.3)) this.tick(prng.pick([10, 100, 900]));
      if (this.wantsMore) this.input({ kind: "continue", now: this.now });
    }
  }

  /** Lets everything under way come to its end, and proves the state that is then served. */
  settle(): void {
    while (this.tasks.length > 0 || this.wantsMore) {
      if (this.wantsMore) this.input({ kind: "continue", now: this.now });
      this.diskStep();
    }
    const { loaded } = this.loading;
    assert.equal(loaded.tree.lastProcessed, this.history.lastProposed);
    this.history.expectRecovered(loaded.tree.lastProcessed);
    expectState(loaded, this.history);
  }

  private clientStep(): void {
    const { prng } = this;
    const open = [...this.clients.values()].filter((client) => client.welcome !== undefined);
    if (this.clients.size < CLIENTS_MAX && (open.length === 0 || prng.chance(0.15))) {
      return this.connect();
    }
    if (open.length === 0) return;
    const client = prng.pick(open);
    if (client.session === SESSION_NONE || prng.chance(0.02)) return this.drop(client);
    if (client.paused) return;
    const { xid, isClose } = askRandomly(client, prng);
    this.writes.get(client.conn)?.set(xid, isClose);
  }

  /** A new session, or one that some client once had. */
  private connect(): void {
    const conn = ++this.lastConn;
    const client = new WorldClient(this, conn);
    this.clients.set(conn, client);
    this.writes.set(conn, new Map());
    const known = [...this.history.welcomed];
    const timeoutMs = this.prng.pick([4000, 6000, 40_000]);
    this.input({ kind: "opened", now: this.now, conn, address: "10.0.0.1", port: conn });
    if (known.length === 0 || this.prng.chance(0.5)) return client.shakeHands({ timeoutMs });
    const sessionId = this.prng.pick(known);
    client.shakeHands({ timeoutMs, sessionId, password: passwordOf(sessionId) });
  }

  private drop(client: WorldClient): void {
    this.forget(client.conn);
    this.input({ kind: "closed", now: this.now, conn: client.conn });
  }

  private forget(conn: number): void {
    this.clients.delete(conn);
    this.writes.delete(conn);
  }

  private tick(ms: number): void {
    this.now += ms;
    this.input({ kind: "tick", now: this.now, wall: WALL_START + this.now });
  }

  /** One operation of one of the lists that are under way beside each other. */
  private diskStep(): void {
    if (this.tasks.length === 0) return;
    const task = this.prng.pick(this.tasks.filter((each) => this.mayGoOn(each)));
    this.perform(task.ops[task.at++]!);
    if (task.at < task.ops.length) return;
    this.tasks.splice(this.tasks.indexOf(task), 1);
    task.done();
  }

  /** Batches of the log are written in their order; they may be synced beside each other. */
  private mayGoOn(task: Task): boolean {
    if (!task.isLog) return true;
    const older = this.tasks.slice(0, this.tasks.indexOf(task));
    return older.every(({ isLog, ops, at }) => !isLog || ops[at]?.kind === "sync");
  }

  private perform(op: DiskOp): void {
    this.onOp?.();
    this.disk.do(op);
    this.onOp?.();
  }

  input(input: PeerInput): void {
    const out: PeerEffect[] = [];
    if (input.kind === "continue") this.wantsMore = false;
    this.machine.step(input, out);
    for (const effect of out) this.take(effect);
  }

  private take(effect: PeerEffect): void {
    if ("conn" in effect) return this.tell(effect);
    if (effect.kind === "log") {
      const { batch, ops } = effect;
      const done = (): void => this.input({ kind: "logged", now: this.now, batch });
      this.tasks.push({ ops, at: 0, done, isLog: true });
    }
    if (effect.kind === "snapshot") {
      const done = (): void => this.input({ kind: "snapshotted", now: this.now });
      this.tasks.push({ ops: effect.ops, at: 0, done, isLog: false });
    }
    if (effect.kind === "again") this.wantsMore = true;
    if (effect.kind === "snapshotTaken") {
      this.snapshotsTaken++;
      this.validated.add(effect.name);
      this.purge();
    }
  }

  private purge(): void {
    if (this.purging) return;
    const [logNames, snapNames] = [this.disk.list("log"), this.disk.list("snap")];
    const ops = planPurge({ logNames, snapNames, validated: this.validated, keep: PURGE_KEEPS });
    if (ops.length === 0) return;
    this.purging = true;
    const done = (): void => {
      this.purging = false;
    };
    this.tasks.push({ ops, at: 0, done, isLog: false });
  }

  private tell(effect: Extract<PeerEffect, { readonly conn: number }>): void {
    const client = this.clients.get(effect.conn);
    if (client === undefined) return;
    const wasWelcome = client.welcome !== undefined;
    client.told(effect);
    if (!wasWelcome && client.session !== SESSION_NONE) this.history.welcome(client.session);
    for (const came of client.came.splice(0)) {
      if (came.kind === "event") this.history.seen(came.zxid);
      else this.replied(client, came.header);
    }
    if (client.closed === undefined) return;
    this.forget(client.conn);
    this.input({ kind: "closed", now: this.now, conn: client.conn });
  }

  private replied(client: WorldClient, reply: { xid: number; zxid: Zxid; err: number }): void {
    this.history.seen(reply.zxid);
    const isClose = this.writes.get(client.conn)?.get(reply.xid);
    if (isClose === undefined) return;
    this.history.expectWrite(client.session, reply);
    if (isClose && reply.err === 0) this.history.goodbye(client.session);
  }
}

/** A server that has never run. */
export const nothing = (disk: SimDisk): Remains => ({ disk, history: new History(), now: 1000 });
