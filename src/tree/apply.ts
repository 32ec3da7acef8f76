/**
 * What each kind of transaction does to the znodes: live, from the log, and again over a fuzzy
 * snapshot that may already show it (specification 2.10, "Applying transactions").
 *
 * Promises: never throws on what a log can contain; applying a history again over any state that a
 * fuzzy snapshot of it can show ends in the state of that history.
 * Leaves to others: the session table, comparing digests, quota's counts (quotas.ts), which it
 * tells of the three steps that change what a subtree weighs: create, remove, setData.
 */

import { unreachable } from "../base/assert.ts";
import type { SessionId } from "../base/ids.ts";
import { CONTAINER_OWNER, EventType, TTL_MS_MAX, ttlOwner } from "../records/constants.ts";
import type { Acl } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import type { Txn, TxnHeader } from "../records/txn.ts";
import type { Applied, ChangeSink, MultiApplied } from "./data-tree.ts";
import { At, NO_NODE, type NodeId } from "./node-records.ts";
import { PathBytes } from "./path-bytes.ts";
import type { Quotas } from "./quotas.ts";
import type { DataRange, Znodes } from "./znodes.ts";

type Creation = {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly acl: readonly Acl[];
  readonly parentCversion: number;
};
type DataChange = {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
};
type AclChange = { readonly path: string; readonly acl: readonly Acl[]; readonly version: number };

const DONE: Applied = { kind: "done" };
const failed = (err: number): Applied & { kind: "failed" } => ({ kind: "failed", err });
const NULL_RANGE: DataRange = { bytes: new Uint8Array(0), start: 0, end: -1 };
const rangeOf = (data: Uint8Array | null): DataRange =>
  data === null ? NULL_RANGE : { bytes: data, start: 0, end: data.length };

/** The path as events name it. */
const eventPath = (path: string): string => (path === "" ? "/" : path);
const parentPath = (path: string): string => eventPath(path.slice(0, path.lastIndexOf("/")));

export class Applier {
  private readonly znodes: Znodes;
  private readonly quotas: Quotas;
  private readonly path = new PathBytes();
  private sink: ChangeSink | undefined;

  constructor(znodes: Znodes, quotas: Quotas) {
    this.znodes = znodes;
    this.quotas = quotas;
  }

  apply(header: TxnHeader, txn: Txn, sink: ChangeSink | undefined): Applied {
    this.sink = sink;
    const applied = this.perform(header, txn);
    this.sink = undefined;
    return applied;
  }

  private perform(header: TxnHeader, txn: Txn): Applied {
    switch (txn.kind) {
      case "create":
      case "create2":
        return this.create(header, txn, txn.ephemeral ? header.clientId : 0n);
      case "createContainer":
        return this.create(header, txn, CONTAINER_OWNER);
      case "createTTL":
        // Such a transaction stops a 3.8 server for good; here it has no effect (specification
        // 2.10).
        if (txn.ttl < 1n || txn.ttl > TTL_MS_MAX) return failed(ErrorCode.BadArguments);
        return this.create(header, txn, ttlOwner(Number(txn.ttl)));
      case "delete":
      case "deleteContainer":
        return this.remove(header, txn.path);
      case "setData":
      case "reconfig":
        return this.setData(header, txn);
      case "setACL":
        return this.setAcl(txn);
      case "closeSession":
        return this.closeSession(header, txn.paths ?? []);
      case "error":
        return failed(txn.err);
      case "multi":
        return this.multi(header, txn.txns);
      case "check":
      case "createSession":
        return DONE;
      default:
        return unreachable(txn);
    }
  }

  private create(header: TxnHeader, txn: Creation, owner: bigint): Applied {
    const { znodes, path } = this;
    const { bytes, start, end, parentEnd } = path.hold(txn.path);
    if (end === start) return failed(ErrorCode.NodeExists);
    if (parentEnd < 0) return failed(ErrorCode.NoNode);
    const parent = znodes.find(bytes, start, parentEnd);
    if (parent === NO_NODE) return failed(ErrorCode.NoNode);
    if (parentEnd + 1 === end) return failed(ErrorCode.BadArguments);
    const existing = znodes.find(bytes, start, end);
    // Also when the child is there: a fuzzy snapshot can show the parent from before this creation
    // and the child from after it. The reference does so for type 1 alone and then loses the
    // parent's step for the other kinds; for a leader that never creates what exists this is the
    // only case, so no digest differs.
    znodes.raiseForCreate(parent, txn.parentCversion, header.zxid);
    if (existing !== NO_NODE) {
      // Its row in a fuzzy snapshot can name a list that came after the map (4846): this is the
      // list.
      if (znodes.hasUnknownAcl(existing)) znodes.setAclAlone(existing, txn.acl);
      return failed(ErrorCode.NodeExists);
    }
    const node = znodes.insert(parent, path, rangeOf(txn.data), znodes.acls.acquire(txn.acl));
    this.stamp(node, header, owner);
    znodes.enter(node);
    this.quotas.created(txn.path, txn.data?.length ?? 0);
    this.tell(EventType.nodeCreated, txn.path, node);
    this.tell(EventType.nodeChildrenChanged, parentPath(txn.path), parent);
    return { kind: "created", path: txn.path, node };
  }

  private stamp(node: NodeId, header: TxnHeader, owner: bigint): void {
    const { records } = this.znodes;
    records.setInt64(node, At.czxid, header.zxid);
    records.setInt64(node, At.mzxid, header.zxid);
    records.setInt64(node, At.pzxid, header.zxid);
    records.setMillis(node, At.ctime, header.time);
    records.setMillis(node, At.mtime, header.time);
    records.setInt64(node, At.owner, owner);
  }

  private remove(header: TxnHeader, text: string): Applied {
    const { znodes, path } = this;
    const { bytes, start, end, parentEnd } = path.hold(text);
    if (end === start) return failed(ErrorCode.BadArguments);
    if (parentEnd < 0) return failed(ErrorCode.NoNode);
    const parent = znodes.find(bytes, start, parentEnd);
    if (parent === NO_NODE) return failed(ErrorCode.NoNode);
    znodes.raiseForDelete(parent, header.zxid);
    const node = znodes.find(bytes, start, end);
    if (node === NO_NODE) return failed(ErrorCode.NoNode);
    const acl = znodes.aclOf(node);
    if (znodes.records.firstChildOf(node) !== NO_NODE) this.removeBelow(node);
    this.drop(node, text);
    this.sink?.changed(EventType.nodeDeleted, text, acl);
    this.tell(EventType.nodeChildrenChanged, parentPath(text), parent);
    return DONE;
  }

  /**
   * Removes what is below a node that goes. A deleted node had no children in its history, so these
   * came later, with a fuzzy snapshot, and the transactions that follow make them again.
   */
  private removeBelow(top: NodeId): void {
    const { records } = this.znodes;
    let node = top;
    for (;;) {
      for (let child = records.firstChildOf(node); child !== NO_NODE; ) {
        node = child;
        child = records.firstChildOf(node);
      }
      if (node === top) return;
      const parent = records.parentOf(node);
      const text = records.pathOf(node);
      const acl = this.znodes.aclOf(node);
      this.drop(node, text);
      this.sink?.changed(EventType.nodeDeleted, text, acl);
      this.tell(EventType.nodeChildrenChanged, parentPath(text), parent);
      node = parent;
    }
  }

  private drop(node: NodeId, text: string): void {
    const bytes = Math.max(this.znodes.records.dataLengthOf(node), 0);
    this.znodes.remove(node, this.path.hold(text));
    this.quotas.removed(text, bytes);
  }

  private setData(header: TxnHeader, txn: DataChange): Applied {
    const node = this.find(txn.path);
    if (node === NO_NODE) return failed(ErrorCode.NoNode);
    const { zxid: mzxid, time: mtime } = header;
    const stamp = { mzxid, mtime, version: txn.version };
    const before = Math.max(this.znodes.records.dataLengthOf(node), 0);
    this.znodes.setData(node, this.path, rangeOf(txn.data), stamp);
    this.quotas.resized(txn.path, (txn.data?.length ?? 0) - before);
    this.tell(EventType.nodeDataChanged, eventPath(txn.path), node);
    return { kind: "changed", node };
  }

  private setAcl(txn: AclChange): Applied {
    const node = this.find(txn.path);
    if (node === NO_NODE) return failed(ErrorCode.NoNode);
    this.znodes.setAcl(node, txn.acl, txn.version);
    return { kind: "changed", node };
  }

  /**
   * The listed paths in order, then whatever else the session owns here: the list may be
   * incomplete.
   */
  private closeSession(header: TxnHeader, paths: readonly string[]): Applied {
    for (const path of paths) this.remove(header, path);
    const session: SessionId = header.clientId;
    for (const node of [...this.znodes.owners.nodesOf(session)]) {
      // One of them may have stood below another and be gone with it; then its owner entry is gone
      // too.
      if (!this.znodes.owners.nodesOf(session).has(node)) continue;
      this.remove(header, this.znodes.records.pathOf(node));
    }
    return DONE;
  }

  private multi(header: TxnHeader, txns: readonly Txn[]): Applied {
    const refused = txns.some((txn) => txn.kind === "error");
    if (refused) return { kind: "multi", results: refusals(txns) };
    return { kind: "multi", results: txns.map((txn) => this.element(header, txn)) };
  }

  private element(header: TxnHeader, txn: Txn): MultiApplied {
    // The reference writes neither sessions nor multis into a multi.
    const foreign =
      txn.kind === "multi" || txn.kind === "createSession" || txn.kind === "closeSession";
    const applied = foreign ? failed(ErrorCode.Unimplemented) : this.perform(header, txn);
    switch (applied.kind) {
      case "created":
        return { kind: "created", path: applied.path, stat: this.statOf(applied.node) };
      case "changed":
        return { kind: "changed", stat: this.statOf(applied.node) };
      case "multi":
        return failed(ErrorCode.Unimplemented);
      default:
        return applied;
    }
  }

  private statOf(node: NodeId) {
    return this.znodes.records.statOf(node);
  }

  private find(text: string): NodeId {
    const { bytes, start, end } = this.path.hold(text);
    return this.znodes.find(bytes, start, end);
  }

  private tell(type: EventType, path: string, node: NodeId): void {
    this.sink?.changed(type, path, this.znodes.aclOf(node));
  }
}

/** Results of a multi that failed: 0 before the error, then its code, then RuntimeInconsistency. */
function refusals(txns: readonly Txn[]): readonly MultiApplied[] {
  let after = false;
  return txns.map((txn) => {
    if (txn.kind !== "error") {
      return failed(after ? ErrorCode.RuntimeInconsistency : ErrorCode.Ok);
    }
    after = true;
    return failed(txn.err);
  });
}
