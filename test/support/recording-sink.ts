/**
 * Keeps every row of a snapshot and every transaction, and can write the snapshot again as it was.
 */
import type { Millis, SessionId, Zxid } from "../../src/base/ids.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import type { Acl } from "../../src/records/data.ts";
import type { TxnEntry } from "../../src/records/txn.ts";
import type { RecoverySink } from "../../src/txnlog/recovery.ts";
import type { SnapshotSource } from "../../src/txnlog/snapshot-writer.ts";

export class RecordingSink implements RecoverySink {
  sessions: (readonly [SessionId, Millis])[] = [];
  acls: (readonly [number, readonly Acl[]])[] = [];
  /** Encoded node rows. */
  nodes: Uint8Array[] = [];
  applied: TxnEntry[] = [];

  reset(): void {
    this.sessions = [];
    this.acls = [];
    this.nodes = [];
    this.applied = [];
  }

  session(id: SessionId, timeoutMs: Millis): void {
    this.sessions.push([id, timeoutMs]);
  }

  acl(id: number, list: readonly Acl[]): void {
    this.acls.push([id, list]);
  }

  node(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    dataStart: number,
    dataEnd: number,
    aclId: number,
    statStart: number,
  ): void {
    const row = new JuteWriter();
    row.buffer(bytes.subarray(pathStart, pathEnd));
    row.buffer(dataEnd < 0 ? null : bytes.subarray(dataStart, dataEnd));
    row.long(BigInt(aclId));
    row.raw(bytes.subarray(statStart, statStart + 60));
    this.nodes.push(row.taken());
  }

  snapshotLoaded(): void {}

  apply(entry: TxnEntry): void {
    this.applied.push(entry);
  }

  source(digest: { readonly zxid: Zxid; readonly tree: bigint } | undefined): SnapshotSource {
    let next = 0;
    return {
      sessionCount: this.sessions.length,
      sessions: this.sessions,
      aclCount: this.acls.length,
      acls: this.acls,
      writeNodes: (to, bytesMax) => {
        const stop = to.at + bytesMax;
        while (next < this.nodes.length && to.at < stop) to.raw(this.nodes[next++]!);
        return next < this.nodes.length;
      },
      digest: () => digest,
    };
  }
}
