/**
 * The promise of the room: whatever was reported durable is there after a crash, at whatever
 * operation it comes and whatever the disk forgets, and recovery never fails.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { ModelStore } from "../../test/support/model-store.ts";
import { LOSSES, type Loss, SimCrash, SimDisk } from "../../test/support/sim-disk.ts";
import { utf8 } from "../base/bytes.ts";
import { epochOf, makeZxid, nextZxid, toSessionId, type Zxid } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { JuteWriter } from "../jute/writer.ts";
import { OPEN_ACL } from "../records/data.ts";
import { type Txn, type TxnEntry, writeEntry } from "../records/txn.ts";
import type { DiskOp } from "./disk-ops.ts";
import { LogWriter } from "./log-writer.ts";
import { planPurge } from "./purge.ts";
import { type Recovered, recover } from "./recovery.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";

const NO_CODEC = (): never => {
  throw new Error("nothing is compressed here");
};

/** A server reduced to its disk: appends, acknowledges, applies, takes snapshots, purges. */
class Driver {
  readonly disk: SimDisk;
  readonly prng: Prng;
  readonly sameFolder: boolean;
  store = new ModelStore();
  /** The state after each transaction that was ever appended, and still may come back. */
  readonly history = new Map<Zxid, string>();
  acknowledged: Zxid;
  private next: Zxid;
  private writer!: LogWriter;
  private ahead = new ModelStore();
  private pending: TxnEntry[] = [];
  private logOps: readonly DiskOp[] = [];
  private snapOps: readonly DiskOp[] = [];
  private logAt = 0;
  private snapAt = 0;
  private snapshot: SnapshotWriter | undefined;
  private validated = new Set<string>();

  constructor(seed: number) {
    this.prng = new Prng(seed);
    this.sameFolder = seed % 2 === 0;
    this.disk = new SimDisk(this.sameFolder);
    this.acknowledged = makeZxid(0, 0);
    this.next = makeZxid(0, 0);
    this.history.set(this.acknowledged, new ModelStore().describe());
  }

  /** Recovers and does the repairs; throws SimCrash when the power goes out during them. */
  start(): Recovered {
    this.store = new ModelStore();
    const work = recover(this.disk, this.store, {
      surroundings: { sameFolder: this.sameFolder, beside: ["myid"], initialize: false },
      trustEmptySnapshot: false,
      autoCreate: true,
      decompress: NO_CODEC,
    });
    let step = work.next();
    while (step.done !== true) step = work.next();
    const recovered = step.value;
    this.check(recovered);
    this.disk.doAll(recovered.ops);
    this.serveFrom(recovered);
    return recovered;
  }

  private check({ lastZxid, txnsReplayed, snapshot }: Recovered): void {
    assert.ok(lastZxid >= this.acknowledged, `lost: ${lastZxid} < ${this.acknowledged}`);
    assert.equal(this.store.describe(), this.history.get(lastZxid), `state at ${lastZxid}`);
    assert.equal(this.store.lastZxid, lastZxid);
    assert.ok(txnsReplayed > 0 || snapshot !== undefined || lastZxid === 0n);
  }

  private serveFrom({ lastZxid, snapshot, snapshotNeeded }: Recovered): void {
    // What was not brought back never comes back: from now on the history is this one.
    for (const zxid of this.history.keys()) if (zxid > lastZxid) this.history.delete(zxid);
    this.acknowledged = lastZxid;
    const newEpoch = lastZxid > 0n && this.prng.chance(0.3);
    this.next = newEpoch ? makeZxid(epochOf(lastZxid) + 1, 0) : lastZxid;
    this.ahead = new ModelStore();
    this.ahead.nodes = new Map(this.store.nodes);
    this.ahead.sessions = new Map(this.store.sessions);
    this.pending = [];
    this.logOps = this.snapOps = [];
    this.logAt = this.snapAt = 0;
    this.snapshot = undefined;
    this.validated = new Set(snapshot === undefined ? [] : [snapshot.name]);
    this.writer = new LogWriter({
      forceSync: true,
      preAllocBytes: this.prng.pick([0, 4096, 9000]),
      fileBytesMax: this.prng.pick([0, 3000]),
      batchRecordsMax: this.prng.pick([2, 1000]),
      snapshots: { records: 30, bytes: 0 },
      chance: 0.5,
      lastZxid,
    });
    if (snapshotNeeded) this.beginSnapshot();
    while (snapshotNeeded && this.snapshot !== undefined) this.snapshotStep();
  }

  /** Serves until the power goes out or `turns` are over. */
  serve(turns: number): void {
    for (let turn = 0; turn < turns; turn++) {
      if (this.prng.chance(0.6)) this.append();
      if (this.prng.chance(0.7)) this.logStep();
      if (this.prng.chance(0.5)) this.snapshotStep();
      if (this.writer.snapshotDue && this.snapshot === undefined) this.beginSnapshot();
    }
  }

  private append(): void {
    this.next = nextZxid(this.next);
    const txn = this.randomTxn();
    const clientId = toSessionId(BigInt(this.prng.below(5)));
    const header = { clientId, cxid: 1, zxid: this.next, time: 1000 };
    const digest = txn.kind === "error" ? {} : { digest: { version: 2, tree: 7n } };
    const entry: TxnEntry = { header, txn, ...digest };
    const to = new JuteWriter();
    writeEntry(to, entry);
    this.writer.append(to.written(), this.next);
    this.ahead.apply(entry);
    this.history.set(this.next, this.ahead.describe());
    this.pending.push(entry);
  }

  private randomTxn(): Txn {
    const path = `/n${this.prng.below(12)}`;
    const bytes = this.prng.pick([0, 3, 60, 400, 1500]);
    const data = utf8(String.fromCharCode(97 + this.prng.below(26)).repeat(bytes));
    switch (this.prng.below(6)) {
      case 0:
        return { kind: "create", path, data, acl: OPEN_ACL, ephemeral: false, parentCversion: 1 };
      case 1:
        return { kind: "delete", path };
      case 2:
        return { kind: "createSession", timeoutMs: 4000 };
      case 3:
        return this.prng.chance(0.5)
          ? { kind: "closeSession", paths: [] }
          : { kind: "error", err: -101 };
      default:
        return { kind: "setData", path, data, version: 2 };
    }
  }

  private logStep(): void {
    if (this.logAt === this.logOps.length) {
      const batch = this.writer.nextBatch();
      if (batch === undefined) return;
      this.logOps = batch.ops;
      this.logAt = 0;
    }
    this.disk.do(this.logOps[this.logAt++]!);
    if (this.logAt < this.logOps.length) return;
    this.acknowledged = this.writer.done();
    while (this.pending.length > 0 && this.pending[0]!.header.zxid <= this.acknowledged) {
      this.store.apply(this.pending.shift()!);
    }
  }

  private beginSnapshot(): void {
    this.writer.snapshotBegins(this.prng.below(1000) / 1000);
    this.snapshot = new SnapshotWriter({
      zxid: this.store.lastZxid,
      source: this.store.source(),
      bytesPerSlice: 600,
      lastProcessedTrailer: this.prng.chance(0.5),
    });
  }

  private snapshotStep(): void {
    const { snapshot } = this;
    if (snapshot === undefined) return;
    if (this.snapAt === this.snapOps.length) {
      this.snapOps = snapshot.next() ?? [];
      this.snapAt = 0;
    }
    this.disk.do(this.snapOps[this.snapAt++]!);
    if (this.snapAt < this.snapOps.length) return;
    snapshot.done();
    if (!snapshot.finished) return;
    this.validated.add(snapshot.file.name);
    this.snapshot = undefined;
    const [logNames, snapNames] = [this.disk.list("log"), this.disk.list("snap")];
    this.disk.doAll(planPurge({ logNames, snapNames, validated: this.validated, keep: 3 }));
  }
}

/** Runs `act` until it ends or the power goes out after `ops` operations. */
function until(driver: Driver, ops: number, act: () => void): boolean {
  driver.disk.opsUntilCrash = ops;
  try {
    act();
    return false;
  } catch (error) {
    if (!(error instanceof SimCrash)) throw error;
    return true;
  } finally {
    driver.disk.opsUntilCrash = Number.POSITIVE_INFINITY;
  }
}

const TURNS = 260;

/**
 * A first life that ends at operation `at`, then more lives, some of them ended during recovery.
 */
function live(seed: number, at: number, loss: Loss): boolean {
  const driver = new Driver(seed);
  const crashed = until(driver, at, () => {
    driver.start();
    driver.serve(TURNS);
  });
  const chance = new Prng(seed * 1000 + at);
  driver.disk.crash(loss, chance);
  for (let life = 0; life < 3; life++) {
    if (until(driver, chance.below(12), () => driver.start())) {
      driver.disk.crash(chance.pick(LOSSES), chance);
    }
    until(driver, 12 + chance.below(150), () => {
      driver.start();
      // Without a turn nothing is written: what was recovered must be durable all the same.
      driver.serve(chance.pick([0, 60]));
    });
    driver.disk.crash(chance.pick(LOSSES), chance);
  }
  driver.start();
  return crashed;
}

for (const loss of LOSSES) {
  for (const seed of [1, 2]) {
    test(`a crash at every operation, loss ${loss}, seed ${seed}`, () => {
      let at = 0;
      while (live(seed, at, loss)) at++;
      assert.ok(at > 150, `only ${at} operations`);
    });
  }
}
