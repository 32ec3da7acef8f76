/** A tree as another thread reads it: it sees what its owner sees, at every step. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyTxn, headerOf, SESSIONS } from "../../test/support/tree-arbitraries.ts";
import { TreeModel } from "../../test/support/tree-model.ts";
import { textOf, utf8 } from "../base/bytes.ts";
import { ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { OPEN_ACL } from "../records/data.ts";
import { DataTree, NO_NODE } from "./data-tree.ts";
import type { TreeMemory } from "./tree-memory.ts";
import { LEFT_TO_OWNER, TreeReader } from "./tree-reader.ts";

const SEED = 0x5eed;

/** Shows everything at once. */
class Shown implements TreeMemory {
  readonly reader = new TreeReader(SEED);
  changesTold = 0;
  lastProcessed: () => Zxid = () => ZXID_ZERO;

  make(byteCount: number): ArrayBufferLike {
    return new SharedArrayBuffer(byteCount);
  }
  pageIs(id: number, memory: ArrayBufferLike | undefined): void {
    this.reader.showPage(id, memory);
  }
  tableIs(shard: number, memory: ArrayBufferLike | undefined): void {
    this.reader.showTable(shard, memory);
  }
  cleared(): void {
    this.reader.clear();
  }
  changes(): void {
    this.changesTold++;
  }
  serves(lastProcessed: () => Zxid): void {
    this.lastProcessed = lastProcessed;
  }
}

function shownTree() {
  const memory = new Shown();
  const options = { hashSeed: SEED, extendedTypes: true, newMemory: () => memory };
  return { tree: new DataTree(options), memory };
}

const names = (tree: TreeReader, node: number): string[] => {
  const found: string[] = [];
  tree.numChildrenOf(node);
  for (let at = tree.firstChildOf(node); at !== NO_NODE; at = tree.nextSiblingOf(at)) {
    const name = new Uint8Array(tree.nameLengthOf(at));
    tree.copyName(at, name, 0);
    found.push(textOf(name));
  }
  return found;
};

function expectSame(owner: DataTree, reader: TreeReader, paths: Iterable<string>): void {
  for (const path of paths) {
    const bytes = utf8(path);
    const node = reader.find(bytes, 0, bytes.length);
    equal(node, owner.findText(path), path);
    if (node === NO_NODE) continue;
    const [seen, wanted] = [new Uint8Array(68), new Uint8Array(68)];
    reader.copyStat(node, seen, 0);
    owner.copyStat(node, wanted, 0);
    deepEqual(seen, wanted);
    equal(reader.dataLengthOf(node), owner.dataLengthOf(node));
    const data = new Uint8Array(Math.max(reader.dataLengthOf(node), 0));
    reader.copyData(node, data, 0);
    deepEqual(data, owner.dataOf(node) ?? new Uint8Array(0));
    deepEqual(names(reader, node).sort(), owner.childrenOf(node).sort());
    if (owner.aclIdOf(node) === -1) equal(reader.aclIdOf(node), -1);
    else throws(() => reader.aclIdOf(node), LEFT_TO_OWNER.constructor);
  }
}

test("a reader finds what any transactions have made, and nothing that is gone", () => {
  const step = fc.tuple(anyTxn, fc.nat(SESSIONS.length - 1));
  const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { tree, memory } = shownTree();
    const model = new TreeModel();
    const ever = new Set(["/", "/zookeeper/config", "/none"]);
    for (const [index, [txn, session]] of steps.entries()) {
      const header = headerOf(index, session);
      const told = memory.changesTold;
      tree.apply({ header, txn }, undefined);
      equal(memory.changesTold, told + 1);
      model.apply(header, txn);
      for (const path of model.nodes.keys()) ever.add(path);
      expectSame(tree, memory.reader, ever);
    }
    tree.serves();
    equal(memory.lastProcessed(), tree.lastProcessed);
    tree.startLoad();
    expectSame(tree, memory.reader, ["/", "/zookeeper"]);
  });
  fc.assert(property, { numRuns: 60 });
});

/** A tree with `count` nodes under /p, whose names have `nameLength` letters. */
function family(count: number, nameLength: number, dataLength: number) {
  const { tree, memory } = shownTree();
  const made = (path: string, index: number): void => {
    const data = new Uint8Array(dataLength);
    const rest = { data, acl: OPEN_ACL, ephemeral: false, parentCversion: -1 };
    tree.apply({ header: headerOf(index, 0), txn: { kind: "create", path, ...rest } }, undefined);
  };
  made("/p", 0);
  for (let index = 1; index <= count; index++) {
    made(`/p/${String(index).padStart(nameLength, "n")}`, index);
  }
  const bytes = utf8("/p");
  return { reader: memory.reader, node: memory.reader.find(bytes, 0, bytes.length) };
}

test("what takes long is left to the owner: many children, long names, much data", () => {
  const many = family(1025, 5, 0);
  throws(() => names(many.reader, many.node), LEFT_TO_OWNER.constructor);
  equal(names(family(1024, 5, 0).reader, many.node).length, 1024);
  const long = family(1, 70_000, 0);
  throws(() => names(long.reader, long.node), LEFT_TO_OWNER.constructor);
  const large = family(0, 0, 128 * 1024 + 1);
  throws(() => large.reader.dataLengthOf(large.node), LEFT_TO_OWNER.constructor);
  equal(family(0, 0, 128 * 1024).reader.dataLengthOf(large.node), 128 * 1024);
});

test("a chain of siblings that is torn, and goes round, ends", () => {
  const { reader, node } = family(2, 5, 0);
  reader.numChildrenOf(node);
  const first = reader.firstChildOf(node);
  const goOn = (): void => {
    for (;;) reader.nextSiblingOf(first);
  };
  throws(goOn, LEFT_TO_OWNER.constructor);
});
