/** What the folders of an ensemble tell of its history, when all of its servers have ended. */
import { join } from "node:path";
import { crc32 } from "../../src/base/crc32.ts";
import { type ServerId, toServerId, toZxid, type Zxid } from "../../src/base/ids.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { Loading } from "../../src/peer/loading.ts";
import { readEntry, type TxnEntry } from "../../src/records/txn.ts";
import { RealDisk } from "../../src/server/disk.ts";
import { collect } from "../../src/sim/endings.ts";
import type { HistoryRecord, TreeNode } from "../../src/sim/history.ts";
import { logsAmong } from "../../src/txnlog/file-names.ts";
import { LogReader } from "../../src/txnlog/log-reader.ts";
import { recover } from "../../src/txnlog/recovery.ts";

/** Nobody in particular: what all logs hold together. */
const ALL: ServerId = toServerId(0n);

type Logged = { readonly zxid: Zxid; readonly sum: number; readonly entry: TxnEntry };

/**
 * The records of a history with those of its transactions among them, where they were proposed by
 * the clock of the machine, and the trees at its end. `startedAt`: the wall clock at its time 0.
 */
export function withFolders(
  records: readonly HistoryRecord[],
  folders: readonly string[],
  startedAt: number,
): readonly HistoryRecord[] {
  const disks = folders.map(open);
  const logged = allLogged(disks);
  const proposed = logged.map(({ zxid, sum, entry: { header, txn } }): HistoryRecord => {
    const { clientId: session, cxid, time } = header;
    const at = Math.max(0, Number(time) - startedAt);
    return { kind: "transaction", at, zxid, sum, session, cxid, txn };
  });
  const merged = [...records, ...proposed].sort((a, b) => a.at - b.at);
  const at = merged.at(-1)?.at ?? 0;
  for (const { zxid, sum } of logged) merged.push({ kind: "applied", at, server: ALL, zxid, sum });
  for (const [index, disk] of disks.entries()) {
    const { zxid, nodes } = treeOf(disk);
    merged.push({ kind: "tree", at, server: toServerId(BigInt(index + 1)), zxid, nodes });
  }
  return merged;
}

const open = (dataDir: string): RealDisk => {
  const folder = join(dataDir, "version-2");
  return new RealDisk({ log: folder, snap: folder }, () => {});
};

/** By zxid. A server that took over another's state has a hole there; the others have not. */
function allLogged(disks: readonly RealDisk[]): readonly Logged[] {
  const found = new Map<Zxid, Logged>();
  for (const disk of disks) {
    for (const log of logsAmong(disk.list("log"))) {
      const reader = new LogReader(disk, [log], toZxid(log.zxid - 1n));
      for (const record of reader.records()) {
        if (record === undefined) continue;
        const { zxid, bytes, start, end } = record;
        const copy = bytes.slice(start, end);
        const [sum, known] = [crc32(copy), found.get(zxid)];
        if (known !== undefined && known.sum !== sum) {
          throw new Error(`two transactions have the number 0x${zxid.toString(16)}`);
        }
        found.set(zxid, { zxid, sum, entry: readEntry(new JuteReader(copy)) });
      }
    }
  }
  return [...found.values()].sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
}

function treeOf(disk: RealDisk): { readonly zxid: Zxid; readonly nodes: Map<string, TreeNode> } {
  const loading = new Loading({ hashSeed: 1, extendedTypes: true });
  const work = recover(disk, loading, {
    surroundings: { sameFolder: true, beside: ["myid"], initialize: false },
    trustEmptySnapshot: false,
    autoCreate: true,
    decompress: () => {
      throw new Error("these snapshots are not compressed");
    },
  });
  for (let step = work.next(); step.done !== true; ) step = work.next();
  const wrong = loading.describeMismatches();
  if (wrong !== undefined) throw new Error(wrong);
  const { tree } = loading.loaded;
  const nodes = new Map<string, TreeNode>();
  collect(tree, "/", nodes);
  return { zxid: tree.lastProcessed, nodes };
}
