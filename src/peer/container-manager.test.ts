/** Containers and TTL nodes: which are deleted, and when. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld, SETTINGS } from "../../test/support/machine-world.ts";
import type { Millis } from "../base/ids.ts";
import { toSessionId, ZXID_ZERO } from "../base/ids.ts";
import * as client from "../records/client.ts";
import { CreateMode, ttlOwner } from "../records/constants.ts";
import { OPEN_ACL } from "../records/data.ts";
import { OpCode } from "../records/op-codes.ts";
import type { TxnEntry } from "../records/txn.ts";
import { Access } from "../requests/access.ts";
import { world as worldScheme } from "../requests/auth-scheme.ts";
import { create, createContainer, createTTL } from "../requests/create.ts";
import { deleteNode } from "../requests/delete.ts";
import { isOutlived } from "../requests/delete-container.ts";
import type { WriteOperation } from "../requests/operation.ts";
import { setData } from "../requests/set-data.ts";
import { DataTree, NO_NODE } from "../tree/data-tree.ts";
import { LogWriter } from "../txnlog/log-writer.ts";
import { ContainerManager } from "./container-manager.ts";
import { Replica } from "./replica.ts";
import type { PeerSettings } from "./settings.ts";
import { WritePath } from "./write-path.ts";

const MINUTE: Millis = 60_000;
const STEP: Millis = 100;
const EPOCH: Millis = 1_700_000_000_000;
const author = { session: toSessionId(7n), cxid: 1, ids: [] };

/** A manager on its write path. Its disk is as quick as `settle` is called. */
class Yard {
  readonly tree: DataTree;
  readonly entries: TxnEntry[] = [];
  now: Millis = 0;
  private readonly replica: Replica;
  private readonly writes: WritePath;
  private readonly manager: ContainerManager;

  constructor(wanted: Partial<PeerSettings> = {}) {
    const settings = { ...SETTINGS, ...wanted };
    this.tree = new DataTree({ hashSeed: 1, extendedTypes: settings.extendedTypes });
    const log = new LogWriter({
      forceSync: true,
      preAllocBytes: 0,
      fileBytesMax: 0,
      batchRecordsMax: 1000,
      snapshots: { records: 1_000_000, bytes: 0 },
      chance: 0,
      lastZxid: ZXID_ZERO,
    });
    this.replica = new Replica({ tree: this.tree, sessions: new Map() }, log);
    this.writes = new WritePath({
      replica: this.replica,
      access: new Access([worldScheme], false),
      settings,
      quotaExceeded: () => {},
    });
    this.manager = new ContainerManager(this.tree, this.writes, settings, this.now);
  }

  /** Proposes a transaction, which stays under way until `settle`. */
  propose([card, request]: Ask): void {
    this.writes.request(author, EPOCH + this.now, card, { request });
  }

  does(...asks: readonly Ask[]): void {
    for (const ask of asks) this.propose(ask);
    this.settle();
  }

  settle(): void {
    const { replica } = this;
    while (replica.log.nextBatch() !== undefined) replica.commit(replica.logged());
    const sink = { changed() {}, applied: (entry: TxnEntry) => this.applied(entry) };
    replica.applyCommitted(() => true, sink);
  }

  private applied(entry: TxnEntry): void {
    this.writes.applied(entry);
    this.entries.push(entry);
  }

  /** One turn of the manager. */
  turn(): boolean {
    return this.manager.deleteSome(this.now, EPOCH + this.now);
  }

  /** Lets time go by in steps; the manager has all the turns it wants. */
  pass(ms: Millis): void {
    for (const until = this.now + ms; this.now < until; ) {
      this.now = Math.min(until, this.now + STEP);
      while (this.turn()) this.settle();
      this.settle();
    }
  }

  has(path: string): boolean {
    return this.tree.findText(path) !== NO_NODE;
  }

  get deleted(): readonly TxnEntry[] {
    return this.entries.filter(({ txn }) => txn.kind === "deleteContainer");
  }
}

/** A request that a client makes. */
type Ask = readonly [card: WriteOperation, request: unknown];
const createOf = (path: string, flags: number) => ({ path, data: null, acl: OPEN_ACL, flags });
const plain = (path: string): Ask => [create, createOf(path, CreateMode.persistent)];
const ephemeral = (path: string): Ask => [create, createOf(path, CreateMode.ephemeral)];
const container = (path: string): Ask => [createContainer, createOf(path, CreateMode.container)];
const ttl = (path: string, ms: number): Ask => [
  createTTL,
  { ...createOf(path, CreateMode.persistentWithTtl), ttl: BigInt(ms) },
];
const gone = (path: string): Ask => [deleteNode, { path, version: -1 }];
const touched = (path: string): Ask => [setData, { path, data: null, version: -1 }];
/** A container that has had its child. */
const emptied = (path: string): Ask[] => [
  container(path),
  plain(`${path}/child`),
  gone(`${path}/child`),
];

type Row = readonly [
  why: string,
  before: readonly Ask[],
  after: Millis,
  stays: boolean,
  settings?: Partial<PeerSettings>,
];
const rows: readonly Row[] = [
  ["a container that has had a child", emptied("/n"), MINUTE, false],
  ["the same, before the first interval is over", emptied("/n"), MINUTE - STEP, true],
  ["a container that never had a child", [container("/n")], 60 * MINUTE, true],
  ["a container with a child", [container("/n"), plain("/n/a")], 3 * MINUTE, true],
  [
    "a plain node that has had a child",
    emptied("/n").map((ask, at) => (at === 0 ? plain("/n") : ask)),
    3 * MINUTE,
    true,
  ],
  ["an ephemeral", [ephemeral("/n")], 3 * MINUTE, true],
  ["a node past its time to live", [ttl("/n", 1000)], MINUTE, false],
  ["a node at its time to live to the ms", [ttl("/n", MINUTE)], MINUTE, true],
  ["the same, one look later", [ttl("/n", MINUTE)], 2 * MINUTE, false],
  ["a node past its time to live with a child", [ttl("/n", 1), plain("/n/a")], 3 * MINUTE, true],
  [
    "a never used container, younger",
    [container("/n")],
    MINUTE,
    true,
    { containerNeverUsedMs: 1e5 },
  ],
  [
    "a never used container, older",
    [container("/n")],
    2 * MINUTE,
    false,
    { containerNeverUsedMs: 1e5 },
  ],
  ["a shorter interval", emptied("/n"), 500, false, { containerCheckIntervalMs: 500 }],
];
for (const [why, before, after, stays, settings] of rows) {
  test(`${stays ? "stays" : "goes"}: ${why}`, () => {
    const yard = new Yard(settings);
    yard.does(...before);
    yard.pass(after);
    equal(yard.has("/n"), stays);
  });
}

test("stays: with extended types off a TTL owner is a session", () => {
  const lifetime = { owner: ttlOwner(1), childCount: 0, cversion: 0, mtime: EPOCH };
  equal(isOutlived(lifetime, EPOCH + MINUTE, SETTINGS), true);
  equal(isOutlived(lifetime, EPOCH + MINUTE, { ...SETTINGS, extendedTypes: false }), false);
});

test("the transaction is nobody's, of its own kind, and the next after the others", () => {
  const yard = new Yard();
  yard.does(...emptied("/n"));
  yard.pass(MINUTE);
  const [entry] = yard.deleted;
  deepEqual(entry?.txn, { kind: "deleteContainer", path: "/n" });
  deepEqual(entry?.header, { clientId: 0n, cxid: 0, zxid: 4n, time: EPOCH + MINUTE });
});

test("a write gives a node with a time to live its whole time again", () => {
  const yard = new Yard();
  yard.does(ttl("/n", 90_000));
  yard.pass(59_000);
  yard.does(touched("/n"));
  yard.pass(62_000);
  equal(yard.has("/n"), true);
  yard.pass(MINUTE);
  equal(yard.has("/n"), false);
});

test("a container around outlived nodes goes at the look after theirs", () => {
  const yard = new Yard();
  yard.does(container("/n"), ttl("/n/t", 1));
  yard.pass(MINUTE);
  deepEqual([yard.has("/n/t"), yard.has("/n")], [false, true]);
  yard.pass(MINUTE);
  equal(yard.has("/n"), false);
});

const underWay: ReadonlyArray<
  readonly [why: string, before: readonly Ask[], later: readonly Ask[]]
> = [
  ["a child", emptied("/n"), [plain("/n/late")]],
  ["a write", [ttl("/n", 1000)], [touched("/n")]],
  ["a plain node in its place", emptied("/n"), [gone("/n"), plain("/n")]],
  ["an ephemeral in its place", [ttl("/n", 1000)], [gone("/n"), ephemeral("/n")]],
];
for (const [why, before, later] of underWay) {
  test(`stays: ${why} is under way, not yet applied`, () => {
    const yard = new Yard();
    yard.does(...before);
    yard.now = MINUTE;
    for (const ask of later) yard.propose(ask);
    while (yard.turn());
    yard.settle();
    equal(yard.has("/n"), true);
    equal(yard.deleted.length, 0);
  });
}

test("deletions are spread: so many in any minute, evenly", () => {
  const yard = new Yard({ containersPerMinute: 60 });
  for (let index = 0; index < 100; index++) yard.does(...emptied(`/n${index}`));
  yard.pass(MINUTE);
  equal(yard.deleted.length, 1);
  yard.pass(30_000);
  equal(yard.deleted.length, 31);
  yard.pass(30_000);
  equal(yard.deleted.length, 61);
  yard.pass(MINUTE);
  equal(yard.deleted.length, 100);
});

test("what a slow disk held up is not made up for at once", () => {
  const yard = new Yard({ containersPerMinute: 600, globalOutstandingLimit: 3 });
  for (let index = 0; index < 100; index++) yard.does(...emptied(`/n${index}`));
  yard.now = MINUTE;
  for (; yard.now < MINUTE + 5000; yard.now += STEP) equal(yard.turn(), false);
  yard.settle();
  equal(yard.deleted.length, 3);
  // From here on the disk is quick: one tick's worth, 2 s at 100 ms each, and no more.
  for (let turns = 0; turns < 50; turns++) {
    yard.turn();
    yard.settle();
  }
  ok(yard.deleted.length <= 3 + 21, `${yard.deleted.length} are gone`);
});

test("a crowd is looked through and deleted in slices", () => {
  const yard = new Yard({ containersPerMinute: 1_000_000 });
  for (let index = 0; index < 250; index++) yard.does(...emptied(`/n${index}`));
  for (let index = 0; index < 3000; index++) yard.does(container(`/new${index}`));
  yard.now = MINUTE;
  let turns = 1;
  for (; yard.turn(); turns++) {
    const before = yard.deleted.length;
    yard.settle();
    ok(yard.deleted.length - before <= 100);
  }
  yard.settle();
  equal(yard.deleted.length, 250);
  ok(turns >= 3, `${turns} turns`);
});

const PATIENT = { maxSessionTimeoutMs: 10 * MINUTE };

test("watchers hear of it as of any delete, and clients see owner 0", () => {
  const world = new MachineWorld(PATIENT);
  const a = world.open(10 * MINUTE);
  a.ask(OpCode.createTTL, client.CreateTTLRequest, {
    ...createOf("/t", CreateMode.persistentWithTtl),
    ttl: 10n,
  });
  const asked = a.ask(OpCode.exists, client.ReadRequest, { path: "/t", watch: true });
  equal(a.err(asked), 0);
  // ephemeralOwner stands at byte 44 of a Stat.
  equal(new DataView(a.reply(asked).body.slice().buffer).getBigInt64(44), 0n);
  a.ask(OpCode.getChildren, client.ReadRequest, { path: "/", watch: true });
  world.pass(MINUTE + 1000);
  deepEqual(a.story.slice(-2), ["event 2 /t", "event 4 /"]);
});

test("after a restart nothing goes before the first interval is over", () => {
  const before = new MachineWorld(PATIENT);
  const a = before.open(10 * MINUTE);
  a.ask(OpCode.createTTL, client.CreateTTLRequest, {
    ...createOf("/t", CreateMode.persistentWithTtl),
    ttl: 10n,
  });
  before.pass(MINUTE - 1000);
  const after = new MachineWorld(PATIENT, undefined, before.loaded);
  after.pass(MINUTE - 1000);
  equal(after.loaded.tree.findText("/t") === NO_NODE, false);
  after.pass(2000);
  equal(after.loaded.tree.findText("/t"), NO_NODE);
});

test("a client cannot ask for it", () => {
  const world = new MachineWorld();
  const a = world.open();
  a.ask(OpCode.createContainer, client.CreateRequest, createOf("/c", CreateMode.container));
  const xid = a.ask(OpCode.deleteContainer, client.PathRequest, { path: "/c" });
  equal(a.err(xid), -6);
  equal(world.loaded.tree.findText("/c") === NO_NODE, false);
});
