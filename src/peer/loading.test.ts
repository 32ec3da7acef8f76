/** Digests compared while a log is read, from records and straight from bytes alike. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { SESSION_NONE, toZxid, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { OPEN_ACL } from "../records/data.ts";
import { type TxnDigest, type TxnEntry, writeEntry } from "../records/txn.ts";
import { DataTree } from "../tree/data-tree.ts";
import { CommittedLog } from "../zab/committed-log.ts";
import { Loading } from "./loading.ts";

const OPTIONS = { hashSeed: 1, extendedTypes: true };
const ZXID = toZxid(3n);
const creation: TxnEntry = {
  header: { clientId: SESSION_NONE, cxid: 0, zxid: ZXID, time: 1795362794135 },
  txn: {
    ...{ kind: "create", path: "/a", data: new Uint8Array(5), acl: OPEN_ACL },
    ...{ ephemeral: false, parentCversion: -1 },
  },
};

function treeAfter(): bigint {
  const tree = new DataTree(OPTIONS);
  tree.apply(creation, undefined);
  return tree.digest;
}
const RIGHT = treeAfter();
const HIGH_HALF = 1n << 32n;

type Told = { readonly zxid: Zxid; readonly tree: bigint };

const rows: ReadonlyArray<
  readonly [why: string, digest: TxnDigest | undefined, told: Told | undefined, wrong: number]
> = [
  ["right", { version: 2, tree: RIGHT }, undefined, 0],
  ["wrong in the low half", { version: 2, tree: RIGHT + 1n }, undefined, 1],
  ["wrong in the high half", { version: 2, tree: RIGHT + HIGH_HALF }, undefined, 1],
  ["wrong, and negative", { version: 2, tree: RIGHT - HIGH_HALF }, undefined, 1],
  ["of another version", { version: 1, tree: RIGHT + 1n }, undefined, 0],
  ["none", undefined, undefined, 0],
  ["the snapshot's, right", undefined, { zxid: ZXID, tree: RIGHT }, 0],
  ["the snapshot's, wrong", undefined, { zxid: ZXID, tree: RIGHT + 1n }, 1],
  ["before what the snapshot shows", { version: 2, tree: 1n }, { zxid: toZxid(9n), tree: 1n }, 0],
];

for (const [why, digest, told, wrong] of rows) {
  for (const way of ["record", "bytes"]) {
    test(`digest ${why}: from ${way}`, () => {
      const history = new CommittedLog();
      const loading = new Loading(OPTIONS, history);
      if (told !== undefined) loading.snapshotLoaded(ZXID_ZERO, told);
      const entry: TxnEntry = digest === undefined ? creation : { ...creation, digest };
      const to = new JuteWriter();
      writeEntry(to, entry);
      const bytes = to.taken();
      if (way === "record") loading.apply(entry, bytes, 0, bytes.length);
      else equal(loading.applyPlain(ZXID, bytes, 0, bytes.length), true);
      equal(loading.mismatches, wrong);
      equal(loading.loaded.tree.digest, RIGHT);
      equal(loading.loaded.tree.lastProcessed, ZXID);
      equal(history.max, ZXID);
    });
  }
}
