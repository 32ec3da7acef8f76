/**
 * The tree against the plain model: any transactions, and snapshots taken while they are applied.
 */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { loadRows } from "../../test/support/golden-tree.ts";
import {
  ACLS,
  anyTxn,
  headerOf,
  leaderTxn,
  SESSIONS,
} from "../../test/support/tree-arbitraries.ts";
import { type ModelEvent, type ModelResult, TreeModel } from "../../test/support/tree-model.ts";
import { utf8 } from "../base/bytes.ts";
import { crc32 } from "../base/crc32.ts";
import { toZxid, type Zxid } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { OPEN_ACL, READ_ACL, Stat, StatPersisted } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { type TxnEntry, writeEntry } from "../records/txn.ts";
import { type Applied, type ChangeSink, DataTree, NO_NODE } from "./data-tree.ts";
import { NOT_PLAIN } from "./plain-txns.ts";

const makeTree = () => new DataTree({ hashSeed: 0x5eed, extendedTypes: true });

function expectSame(tree: DataTree, model: TreeModel): void {
  equal(tree.digest, model.digest());
  equal(tree.nodeCount, model.nodes.size + 1);
  equal(tree.approximateDataSize, model.dataSize());
  for (const path of model.nodes.keys()) expectSameNode(tree, model, path);
  const ephemerals = SESSIONS.map((session) => model.ephemeralsOf(session));
  SESSIONS.forEach((session, index) => {
    deepEqual([...tree.ephemeralsOf(session)].sort(), ephemerals[index]!.sort());
  });
  equal(tree.ephemeralCount, ephemerals.flat().length);
  const owners = SESSIONS.filter((_, index) => ephemerals[index]!.length > 0);
  deepEqual(new Set(tree.ephemeralSessions()), new Set(owners));
}

function expectSameNode(tree: DataTree, model: TreeModel, path: string): void {
  const want = model.nodes.get(path)!;
  const bytes = utf8(`..${path}`);
  const node = tree.find(bytes, 2, bytes.length);
  equal(node, tree.findText(path));
  equal(tree.pathOf(node), path || "/");
  equal(tree.nameOf(node), path.slice(path.lastIndexOf("/") + 1));
  deepEqual(tree.statOf(node), model.statOf(path));
  const wire = new Uint8Array(70);
  tree.copyStat(node, wire, 1);
  deepEqual(Stat.read(new JuteReader(wire, 1, 69)), model.statOf(path));
  const persisted = tree.persistedStatOf(node);
  equal(persisted.cversion, want.cversion);
  equal(tree.storedCversionOf(node), want.cversion);
  equal(persisted.ephemeralOwner, want.owner);
  deepEqual(tree.dataOf(node), want.data);
  equal(tree.dataLengthOf(node), want.data?.length ?? -1);
  deepEqual(tree.aclOf(node), want.acl);
  deepEqual(tree.acls.listOf(tree.aclIdOf(node)), want.acl);
  deepEqual(tree.childrenOf(node).sort(), model.childrenOf(path));
  equal(tree.numChildrenOf(node), model.childrenOf(path).length);
  equal(tree.prefixCrcOf(node), crc32(want.data ?? new Uint8Array(0), crc32(utf8(path))));
  const numbers = new Uint8Array(60);
  tree.copyDigestStat(node, numbers);
  const digest = crc32(numbers, tree.prefixCrcOf(node));
  equal(tree.digestOf(node), path.startsWith("/zookeeper/") ? 0 : digest);
  const parent = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
  equal(tree.parentOf(node), path === "" ? NO_NODE : tree.findText(parent));
}

/** The tree's result in the model's terms. */
function described(tree: DataTree, applied: Applied): ModelResult {
  switch (applied.kind) {
    case "created":
      return { kind: "created", path: applied.path, stat: tree.statOf(applied.node) };
    case "changed":
      return { kind: "changed", stat: tree.statOf(applied.node) };
    default:
      return applied;
  }
}

class Recorder implements ChangeSink {
  readonly events: ModelEvent[] = [];

  changed(...event: ModelEvent): void {
    this.events.push(event);
  }
}

/** Children that go with their parent do so in any order; everything else is compared in order. */
const sorted = (events: readonly ModelEvent[]): string[] =>
  events.map((event) => JSON.stringify(event)).sort();

test("any transactions do to the tree what they do to the model", () => {
  const step = fc.tuple(anyTxn, fc.nat(SESSIONS.length - 1));
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const tree = makeTree();
    const model = new TreeModel();
    let newest = 0n;
    for (const [index, [txn, session]] of steps.entries()) {
      const header = headerOf(index, session);
      const recorder = new Recorder();
      model.events = [];
      const applied = tree.apply({ header, txn }, recorder);
      deepEqual(described(tree, applied), model.apply(header, txn));
      if (txn.kind === "closeSession" || model.events.length > 2) {
        deepEqual(sorted(recorder.events), sorted(model.events));
      } else {
        deepEqual(recorder.events, model.events);
      }
      if (header.zxid > newest) newest = header.zxid;
      equal(tree.lastProcessed, newest);
      equal(tree.digest, model.digest());
      if (index % 8 === 0) expectSame(tree, model);
    }
    expectSame(tree, model);
  });
  fc.assert(property, { numRuns: 200 });
});

/** Applies an entry as it stands in a log, behind one other byte; answers whether it was plain. */
function applyFromLog(tree: DataTree, entry: TxnEntry): boolean {
  const bytes = new JuteWriter();
  bytes.byte(1);
  writeEntry(bytes, entry);
  const { zxid } = entry.header;
  const bodyEnd = tree.applyPlain(zxid, bytes.written(), 1, bytes.at);
  if (bodyEnd === NOT_PLAIN) tree.apply(entry, undefined);
  else equal(bodyEnd, bytes.at);
  return bodyEnd !== NOT_PLAIN;
}

test("any transactions, read from a log's bytes, do to the tree what they do to the model", () => {
  const step = fc.tuple(anyTxn, fc.nat(SESSIONS.length - 1));
  let plain = 0;
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const tree = makeTree();
    const model = new TreeModel();
    for (const [index, [txn, session]] of steps.entries()) {
      const header = headerOf(index, session);
      model.apply(header, txn);
      if (applyFromLog(tree, { header, txn })) plain++;
      equal(tree.digest, model.digest());
    }
    expectSame(tree, model);
  });
  fc.assert(property, { numRuns: 100 });
  equal(plain > 30, true, `only ${plain} were plain`);
});

test("a history read from a log's bytes ends in the tree of its leader", () => {
  const property = fc.property(fc.nat(), (seed) => {
    const tree = makeTree();
    const { entries, model } = lead(new Prng(seed), 200, makeTree(), () => {});
    for (const entry of entries) applyFromLog(tree, entry);
    expectSame(tree, model);
  });
  fc.assert(property, { numRuns: 30 });
});

test("an entry that is cut off or wrong is not plain, and has no effect", () => {
  const tree = makeTree();
  const txns = [
    { ...createTxn("/a"), acl: OPEN_ACL, data: utf8("data") },
    { kind: "setData", path: "/a", data: utf8("other"), version: 1 },
    { kind: "delete", path: "/a" },
  ] as const;
  for (const [index, txn] of txns.entries()) {
    const entry = { header: headerOf(index + 1, 0), txn };
    const bytes = new JuteWriter();
    writeEntry(bytes, entry);
    const before = tree.digest;
    const { zxid } = entry.header;
    const whole = bytes.taken();
    for (let end = 0; end < whole.length; end++) {
      equal(tree.applyPlain(zxid, whole, 0, end), NOT_PLAIN, `${txn.kind}, ${end} bytes`);
    }
    for (const at of [32, 32 + 4 + 2]) {
      if (at + 4 > whole.length) continue;
      const wrong = whole.slice();
      wrong[at] = 0x90;
      equal(tree.applyPlain(zxid, wrong, 0, wrong.length), NOT_PLAIN, `${txn.kind}, byte ${at}`);
    }
    equal(tree.digest, before);
    equal(tree.applyPlain(zxid, whole, 0, whole.length), whole.length);
    equal(tree.digest === before, false);
  }
});

test("deletions give everything back", () => {
  const tree = makeTree();
  const before = tree.digest;
  const header = (index: number) => ({ ...headerOf(0, 0), zxid: toZxid(BigInt(index + 1)) });
  const paths = Array.from({ length: 20_000 }, (_, index) => `/n${index}`);
  const acl = ACLS[2]!;
  let heldAtMost = 0;
  for (let round = 0; round < 3; round++) {
    for (const [index, path] of paths.entries()) {
      const data = new Uint8Array((index * 7 + round) % 700);
      const txn = {
        kind: "create",
        path,
        data,
        acl,
        ephemeral: false,
        parentCversion: -1,
      } as const;
      tree.apply({ header: header(0), txn }, undefined);
    }
    if (round === 0) heldAtMost = tree.memoryBytes;
    equal(tree.memoryBytes < heldAtMost * 1.05, true);
    for (const path of paths)
      tree.apply({ header: header(0), txn: { kind: "delete", path } }, undefined);
    equal(tree.memoryBytes < 3_000_000, true, `${tree.memoryBytes} bytes held`);
    equal(tree.acls.idOf(acl), undefined);
  }
  equal(tree.nodeCount, 5);
  equal(tree.digest === before, false);
  equal(tree.acls.nextId, 5);
});

// ---- snapshots ----

type History = { readonly entries: TxnEntry[]; readonly model: TreeModel };

/** Lets a correct leader make `count` transactions; `after` is called behind each. */
function lead(
  random: Prng,
  count: number,
  tree: DataTree,
  after: (index: number) => void,
): History {
  const model = new TreeModel();
  const entries: TxnEntry[] = [];
  for (let index = 0; index < count; index++) {
    const zxid = toZxid((BigInt(1 + (index >> 4)) << 32n) | BigInt(1 + (index & 15)));
    const header = { ...headerOf(index, random.below(SESSIONS.length)), zxid };
    const txn = leaderTxn(model, header, random);
    if (txn !== undefined) {
      model.apply(header, txn);
      tree.apply({ header, txn }, undefined);
      entries.push({ header, txn });
    }
    after(index);
  }
  return { entries, model };
}

type Rows = { readonly acls: Iterable<readonly [number, readonly (typeof OPEN_ACL)[number][]]> };

function loadAndReplay(rows: JuteReader, { acls }: Rows, asOf: Zxid, history: History): DataTree {
  const tree = makeTree();
  tree.apply({ header: headerOf(0, 0), txn: createTxn("/gone") }, undefined);
  tree.startLoad();
  for (const [id, list] of acls) tree.acls.load(id, list);
  loadRows(tree, rows);
  tree.finishLoad(asOf);
  for (const entry of history.entries) if (entry.header.zxid > asOf) tree.apply(entry, undefined);
  return tree;
}

const createTxn = (path: string) =>
  ({
    kind: "create",
    path,
    data: null,
    acl: ACLS[3]!,
    ephemeral: false,
    parentCversion: -1,
  }) as const;

test("a snapshot taken while transactions go on, and their replay, end in the live tree", () => {
  const property = fc.property(fc.nat(), fc.nat(300), (seed, pieceBytes) => {
    const random = new Prng(seed);
    const tree = makeTree();
    const cursors: { cursor: ReturnType<DataTree["startCursor"]>; asOf: Zxid; rows: JuteWriter }[] =
      [];
    const open = new Set<number>();
    const history = lead(random, 150, tree, (index) => {
      for (const at of open) {
        if (!random.chance(0.3)) continue;
        const { cursor, rows } = cursors[at]!;
        if (!cursor.writeNodes(rows, pieceBytes)) open.delete(at);
      }
      if (index % 50 !== 20) return;
      const asOf = tree.lastProcessed;
      open.add(cursors.push({ cursor: tree.startCursor(asOf), asOf, rows: new JuteWriter() }) - 1);
    });
    expectSame(tree, history.model);
    for (const { cursor, asOf, rows } of cursors) {
      if (open.has(cursors.findIndex((each) => each.cursor === cursor))) {
        while (cursor.writeNodes(rows, pieceBytes));
      }
      const loaded = loadAndReplay(new JuteReader(rows.written()), cursor, asOf, history);
      expectSame(loaded, history.model);
      equal(loaded.unknownAclNodes, 0);
      equal(loaded.lastProcessed, tree.lastProcessed);
    }
  });
  fc.assert(property, { numRuns: 60 });
});

/**
 * Rows as the reference writes them, by path: nodes newer than the snapshot, and children of a
 * node's later life, stand in it too. Harder than the reference, whose row and list of children are
 * of one moment.
 */
function* referenceRows(tree: DataTree, path: string, rows: JuteWriter): IterableIterator<void> {
  const node = tree.findText(path);
  if (node === NO_NODE) return;
  rows.ustring(path);
  rows.buffer(tree.dataOf(node));
  rows.long(BigInt(tree.aclIdOf(node)));
  StatPersisted.write(rows, tree.persistedStatOf(node));
  yield;
  for (const name of tree.findText(path) === node ? tree.childrenOf(node) : [])
    yield* referenceRows(tree, `${path}/${name}`, rows);
}

test("a fuzzy snapshot of the reference, and the replay behind it, end in the live tree", () => {
  const property = fc.property(fc.nat(), (seed) => {
    const random = new Prng(seed);
    const tree = makeTree();
    const rows = new JuteWriter();
    let asOf = toZxid(0n);
    let acls: (readonly [number, readonly (typeof OPEN_ACL)[number][]])[] = [];
    let writing: IterableIterator<void> | undefined;
    const history = lead(random, 150, tree, (index) => {
      if (random.chance(0.5)) writing?.next();
      if (index !== 60) return;
      asOf = tree.lastProcessed;
      acls = [...tree.acls.entries()];
      writing = referenceRows(tree, "", rows);
    });
    for (const _ of writing!);
    const loaded = loadAndReplay(new JuteReader(rows.written()), { acls }, asOf, history);
    expectSame(loaded, history.model);
    equal(loaded.unknownAclNodes, 0);
  });
  fc.assert(property, { numRuns: 200 });
});

test("a row's ACL that came after the cursor stands as the strictest of the map until replayed", () => {
  const tree = makeTree();
  tree.apply({ header: headerOf(1, 0), txn: createTxn("/a") }, undefined);
  const cursor = tree.startCursor(tree.lastProcessed);
  const acl = ACLS[2]!;
  tree.apply(
    { header: headerOf(3, 0), txn: { kind: "setACL", path: "/a", acl, version: 1 } },
    undefined,
  );
  const rows = new JuteWriter();
  while (cursor.writeNodes(rows, 1));
  const history = { entries: [], model: new TreeModel() };
  const loaded = loadAndReplay(new JuteReader(rows.written()), cursor, toZxid(1n), history);
  deepEqual(loaded.aclOf(loaded.findText("/a")), READ_ACL);
  equal(loaded.unknownAclNodes, 0);
});

test("a cursor whose last node goes between two pieces has nothing left to write", () => {
  const tree = makeTree();
  tree.apply({ header: headerOf(1, 0), txn: createTxn("/a") }, undefined);
  const last = lastInOrder(tree);
  const path = tree.pathOf(last);
  const cursor = tree.startCursor(tree.lastProcessed);
  const rows = new JuteWriter();
  for (let piece = 1; piece < tree.nodeCount - 1; piece++) cursor.writeNodes(rows, 1);
  tree.apply({ header: headerOf(2, 0), txn: { kind: "delete", path } }, undefined);
  equal(cursor.writeNodes(rows, 1), false);
});

function lastInOrder(tree: DataTree): number {
  let node = tree.root;
  for (let next = tree.firstChildOf(node); next !== NO_NODE; next = tree.firstChildOf(node)) {
    node = next;
    for (let at = node; at !== NO_NODE; at = tree.nextSiblingOf(at)) node = at;
  }
  return node;
}

test("a node whose ACL no map explains is closed to all until a setACL", () => {
  const rows = new JuteWriter();
  const tree = makeTree();
  rows.ustring("/a");
  rows.buffer(null);
  rows.long(77n);
  StatPersisted.write(rows, tree.persistedStatOf(tree.root));
  tree.startLoad();
  loadRows(tree, new JuteReader(rows.written()));
  tree.finishLoad(toZxid(9n));
  const node = tree.findText("/a");
  deepEqual(tree.aclOf(node), [{ perms: 0, scheme: "world", id: "anyone" }]);
  equal(tree.unknownAclNodes, 1);
  deepEqual([...tree.acls.entries()], [[tree.aclIdOf(node), tree.aclOf(node)]]);
  const setACL = { kind: "setACL", path: "/a", acl: OPEN_ACL, version: 1 } as const;
  tree.apply({ header: headerOf(1, 0), txn: setACL }, undefined);
  equal(tree.unknownAclNodes, 0);
  equal(tree.aclIdOf(node), -1);
});

test("rows that no tree can have are refused", () => {
  for (const path of ["/a/b", "x", "/"]) {
    const rows = new JuteWriter();
    for (const each of ["/c", path === "/" ? "/c" : path]) {
      rows.ustring(each);
      rows.buffer(null);
      rows.long(-1n);
      StatPersisted.write(rows, makeTree().persistedStatOf(0));
    }
    const tree = makeTree();
    tree.startLoad();
    throws(() => loadRows(tree, new JuteReader(rows.written())), { code: "BAD_VALUE" });
  }
});

test("rows of any order, with long and foreign names and data of any size, load as they were", () => {
  const tree = makeTree();
  const long = `/${"x".repeat(700)}`;
  const paths = ["/a", "/b", "/a/ä€😀", "/a/ä€😀/1", long, `${long}${long}`, `${long}${long}/y`];
  for (const [index, path] of [...paths, "/a/2", "/b/3", "/zookeeper/q"].entries()) {
    const data = [null, new Uint8Array(0), new Uint8Array(5 + index).fill(index)][index % 3]!;
    const txn = { ...createTxn(path), acl: OPEN_ACL, data: index === 5 ? utf8(long) : data };
    tree.apply({ header: headerOf(index + 1, 0), txn }, undefined);
  }
  const rows = new JuteWriter();
  const cursor = tree.startCursor(tree.lastProcessed);
  while (cursor.writeNodes(rows, 1));
  const loaded = makeTree();
  loaded.startLoad();
  loadRows(loaded, new JuteReader(rows.written()));
  loaded.finishLoad(tree.lastProcessed);
  equal(loaded.digest, tree.digest);
  equal(loaded.nodeCount, tree.nodeCount);
  equal(loaded.approximateDataSize, tree.approximateDataSize);
  for (const path of paths) {
    deepEqual(loaded.dataOf(loaded.findText(path)), tree.dataOf(tree.findText(path)));
    deepEqual(loaded.statOf(loaded.findText(path)), tree.statOf(tree.findText(path)));
  }
  cursor.close();
});

test("with extended types off a TTL owner is a session", () => {
  const tree = new DataTree({ hashSeed: 1, extendedTypes: false });
  const txn = { ...createTxn("/t"), kind: "createTTL", ttl: 5n } as const;
  equal(tree.apply({ header: headerOf(1, 0), txn }, undefined).kind, "created");
  equal(tree.ephemeralCount, 1);
  equal([...tree.outlivable()].length, 0);
  const owner = tree.statOf(tree.findText("/t")).ephemeralOwner;
  equal(owner, BigInt.asIntN(64, 0xff00000000000005n));
  equal(tree.apply({ header: headerOf(2, 0), txn: { ...txn, ttl: 0n } }, undefined).kind, "failed");
});

test("containers and nodes with a time to live can be listed", () => {
  const tree = makeTree();
  const container = { ...createTxn("/c"), kind: "createContainer" } as const;
  tree.apply({ header: headerOf(1, 0), txn: container }, undefined);
  tree.apply(
    { header: headerOf(2, 0), txn: { ...createTxn("/c/t"), kind: "createTTL", ttl: 5n } },
    undefined,
  );
  const paths = () => Array.from(tree.outlivable(), (node) => tree.pathOf(node));
  deepEqual(paths(), ["/c", "/c/t"]);
  tree.apply({ header: headerOf(3, 0), txn: { kind: "delete", path: "/c/t" } }, undefined);
  tree.apply({ header: headerOf(4, 0), txn: { kind: "deleteContainer", path: "/c" } }, undefined);
  deepEqual(paths(), []);
});

test("what does not belong into a multi fails there alone", () => {
  const tree = makeTree();
  const txns = [{ kind: "closeSession", paths: null }, createTxn("/a")] as const;
  const applied = tree.apply({ header: headerOf(1, 0), txn: { kind: "multi", txns } }, undefined);
  equal(applied.kind, "multi");
  if (applied.kind !== "multi") return;
  deepEqual(applied.results[0], { kind: "failed", err: ErrorCode.Unimplemented });
  equal(applied.results[1]!.kind, "created");
});
