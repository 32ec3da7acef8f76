/**
 * A data tree as plain as can be, flat and without Stats, for tests of log and snapshots: it writes
 * and reads real transactions and real node rows, and can be compared.
 */
import { textOf, utf8 } from "../../src/base/bytes.ts";
import type { Millis, SessionId, Zxid } from "../../src/base/ids.ts";
import { ZXID_ZERO } from "../../src/base/ids.ts";
import type { JuteWriter } from "../../src/jute/writer.ts";
import type { Acl } from "../../src/records/data.ts";
import type { TxnEntry } from "../../src/records/txn.ts";
import type { RecoverySink } from "../../src/txnlog/recovery.ts";
import type { SnapshotDigest } from "../../src/txnlog/snapshot-reader.ts";
import type { SnapshotSource } from "../../src/txnlog/snapshot-writer.ts";

const STAT = new Uint8Array(60);

export class ModelStore implements RecoverySink {
  nodes = new Map<string, string>();
  sessions = new Map<SessionId, Millis>();
  acls = new Map<number, readonly Acl[]>();
  lastZxid: Zxid = ZXID_ZERO;
  /** Times that `reset` was called. */
  resets = 0;
  loaded: SnapshotDigest | undefined;

  reset(): void {
    this.nodes.clear();
    this.sessions.clear();
    this.acls.clear();
    this.resets++;
  }

  session(id: SessionId, timeoutMs: Millis): void {
    this.sessions.set(id, timeoutMs);
  }

  acl(id: number, list: readonly Acl[]): void {
    this.acls.set(id, list);
  }

  node(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    dataStart: number,
    dataEnd: number,
  ): void {
    const data = dataEnd < 0 ? "" : textOf(bytes, dataStart, dataEnd);
    if (pathEnd > pathStart) this.nodes.set(textOf(bytes, pathStart, pathEnd), data);
  }

  snapshotLoaded(zxid: Zxid, digest: SnapshotDigest | undefined): void {
    this.lastZxid = zxid;
    this.loaded = digest;
  }

  apply({ header, txn }: TxnEntry): void {
    this.lastZxid = header.zxid;
    switch (txn.kind) {
      case "create":
      case "setData":
        this.nodes.set(txn.path, textOf(txn.data ?? new Uint8Array(0)));
        return;
      case "delete":
        this.nodes.delete(txn.path);
        return;
      case "createSession":
        this.sessions.set(header.clientId, txn.timeoutMs);
        return;
      case "closeSession":
        this.sessions.delete(header.clientId);
        return;
    }
  }

  /** The whole content as text. */
  describe(): string {
    const nodes = [...this.nodes].sort(([a], [b]) => (a < b ? -1 : 1));
    const sessions = [...this.sessions].sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify([nodes, sessions.map(([id, timeout]) => [String(id), timeout])]);
  }

  /**
   * What a snapshot that begins now is written from. Nodes that change meanwhile are written as
   * they are.
   */
  source(withDigest = true): SnapshotSource {
    const sessions = [...this.sessions];
    const paths = ["", ...this.nodes.keys()];
    let next = 0;
    return {
      sessionCount: sessions.length,
      sessions,
      aclCount: 0,
      acls: [],
      writeNodes: (to, bytesMax) => {
        const stop = to.at + bytesMax;
        while (next < paths.length && to.at < stop) this.writeNode(to, paths[next++]!);
        return next < paths.length;
      },
      digest: () => (withDigest ? { zxid: this.lastZxid, tree: 7n } : undefined),
    };
  }

  private writeNode(to: JuteWriter, path: string): void {
    const data = path === "" ? "" : this.nodes.get(path);
    if (data === undefined) return;
    to.ustring(path);
    to.buffer(utf8(data));
    to.long(-1n);
    to.raw(STAT);
  }
}
