/** What the folders of an ensemble tell of its history, when all of its servers have ended. */
import { join } from "node:path";
import { crc32 } from "../../src/base/crc32.ts";
import { epochOf, type ServerId, toServerId, toZxid, type Zxid } from "../../src/base/ids.ts";
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

/** What of a server is left: its data folder, and all that it printed. */
export type Remains = { readonly dataDir: string; readonly output: string };

/**
 * The records of a history with those of its transactions among them, where they were proposed by
 * the clock of the machine, and the trees at its end. `startedAt`: the wall clock at its time 0.
 */
export function withFolders(
  records: readonly HistoryRecord[],
  remains: readonly Remains[],
  startedAt: number,
): readonly HistoryRecord[] {
  const disks = remains.map(({ dataDir }) => open(dataDir));
  const bases = remains.flatMap(({ output }) => basesTold(output));
  const logged = allLogged(disks).filter(({ zxid }) =>
    bases.every(({ epoch, base }) => epochOf(zxid) >= epoch || zxid <= base),
  );
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

/** With which transaction each epoch began, whose leader a quorum followed. */
function basesTold(output: string): readonly { readonly epoch: number; readonly base: Zxid }[] {
  const bases: { epoch: number; base: Zxid }[] = [];
  let base: Zxid | undefined;
  for (const line of output.split("\n")) {
    const leading = /"zxid":"(0x\w+)","msg":"leading"/.exec(line)?.[1];
    if (leading !== undefined) base = toZxid(BigInt(leading));
    const epoch = /"mode":"leader","epoch":(\d+),"msg":"in step with a quorum"/.exec(line)?.[1];
    if (epoch !== undefined && base !== undefined) bases.push({ epoch: Number(epoch), base });
  }
  return bases;
}

/**
 * By zxid. A server that took over another's state has a hole there, which the others have not; and
 * before it perhaps what was never committed.
 */
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
