/**
 * The thread of a tree that changes as fast as it can, beside a reader (local-reads.test.ts): one
 * node whose data tells its version, and others that come and go.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { SESSION_NONE, toZxid } from "../../src/base/ids.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import type { Txn } from "../../src/records/txn.ts";
import { TreeSharing } from "../../src/server/readers/shared-tree.ts";
import { SharedWords } from "../../src/server/readers/shared-words.ts";
import { DataTree } from "../../src/tree/data-tree.ts";

export const HASH_SEED = 0x5eed;
/** The nodes that come and go. */
const OTHERS = 300;

/** What the node holds in a version: its length changes too. */
export const dataOf = (version: number): Uint8Array =>
  new Uint8Array(1 + ((version * 37) % 600)).fill(version & 0xff);

export type ChangingTree = {
  readonly words: SharedArrayBuffer;
  readonly port: MessagePort;
  readonly changes: number;
};

/** The changes to the tree, the first of which makes the node. */
function* txns(count: number): Generator<Txn> {
  const made = { acl: OPEN_ACL, ephemeral: false, parentCversion: -1 };
  yield { kind: "create", path: "/n", data: dataOf(0), ...made };
  for (let version = 1; version <= count; version++) {
    yield { kind: "setData", path: "/n", data: dataOf(version), version };
    const path = `/n/${version % OTHERS}`;
    if (Math.floor(version / OTHERS) % 2 === 0) {
      yield { kind: "create", path, data: dataOf(version), ...made };
    } else yield { kind: "delete", path };
  }
}

function change({ words, port, changes }: ChangingTree): void {
  const shared = new SharedWords(1, words);
  const sharing = new TreeSharing(shared, (message) => {
    port.postMessage(message);
    shared.posted(0);
  });
  const options = { hashSeed: HASH_SEED, extendedTypes: false, newMemory: sharing.newMemory };
  const tree = new DataTree(options);
  tree.serves();
  sharing.end();
  let zxid = 0n;
  for (const txn of txns(changes)) {
    const header = { clientId: SESSION_NONE, cxid: 0, zxid: toZxid(++zxid), time: 1 };
    tree.apply({ header, txn }, undefined);
    sharing.end();
  }
  parentPort!.postMessage("done");
}

if (parentPort !== null) change(workerData as ChangingTree);
