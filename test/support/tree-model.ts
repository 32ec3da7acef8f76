/**
 * The plain model of the data tree: a map of objects, everything derived from scratch. Slow and
 * obvious; the oracle for src/tree.
 */
import { utf8 } from "../../src/base/bytes.ts";
import { crc32 } from "../../src/base/crc32.ts";
import { toZxid, type Zxid } from "../../src/base/ids.ts";
import { CONTAINER_OWNER, EventType, TTL_MS_MAX, ttlOwner } from "../../src/records/constants.ts";
import { type Acl, OPEN_ACL, READ_ACL, type Stat } from "../../src/records/data.ts";
import { ErrorCode } from "../../src/records/error-codes.ts";
import type { Txn, TxnHeader } from "../../src/records/txn.ts";

type ModelNode = {
  data: Uint8Array | null;
  acl: readonly Acl[];
  czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
  owner: bigint;
};
export type ModelEvent = readonly [type: EventType, path: string, acl: readonly Acl[]];
export type ModelResult =
  | { readonly kind: "created"; readonly path: string; readonly stat: Stat }
  | { readonly kind: "changed"; readonly stat: Stat }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly err: number }
  | { readonly kind: "multi"; readonly results: readonly ModelResult[] };

const ZERO = toZxid(0n);
const ZEROS = { czxid: ZERO, mzxid: ZERO, pzxid: ZERO, ctime: 0, mtime: 0 };
const fresh = (acl: readonly Acl[], aversion: number): ModelNode => ({
  data: new Uint8Array(0),
  acl,
  ...ZEROS,
  version: 0,
  cversion: 0,
  aversion,
  owner: 0n,
});
const failed = (err: number): ModelResult => ({ kind: "failed", err });
const shown = (path: string): string => (path === "" ? "/" : path);

export class TreeModel {
  /** By path; the root's is empty. */
  nodes = new Map<string, ModelNode>([
    ["", fresh(OPEN_ACL, 0)],
    ["/zookeeper", fresh(OPEN_ACL, 0)],
    ["/zookeeper/quota", fresh(OPEN_ACL, 0)],
    ["/zookeeper/config", fresh(READ_ACL, -1)],
  ]);
  events: ModelEvent[] = [];

  clone(): TreeModel {
    const copy = new TreeModel();
    copy.nodes = new Map([...this.nodes].map(([path, node]) => [path, { ...node }]));
    return copy;
  }

  childrenOf(path: string): string[] {
    const names: string[] = [];
    for (const other of this.nodes.keys()) {
      const cut = other.lastIndexOf("/");
      if (cut >= 0 && other.slice(0, cut) === path) names.push(other.slice(cut + 1));
    }
    return names.sort();
  }

  statOf(path: string): Stat {
    const node = this.nodes.get(path)!;
    const { czxid, mzxid, pzxid, ctime, mtime, version, aversion, owner } = node;
    const numChildren = this.childrenOf(path).length;
    const cversion = (2 * node.cversion - numChildren) | 0;
    const hidden = owner === CONTAINER_OWNER || (owner < 0n && owner >> 40n === -0x10000n);
    const ephemeralOwner = hidden ? 0n : owner;
    const dataLength = node.data?.length ?? 0;
    const times = { czxid, mzxid, ctime, mtime };
    const rest = { ephemeralOwner, dataLength, numChildren, pzxid };
    return { ...times, version, cversion, aversion, ...rest };
  }

  ephemeralsOf(session: bigint): string[] {
    return [...this.nodes].filter(([, node]) => node.owner === session).map(([path]) => path);
  }

  digest(): bigint {
    let sum = 0n;
    for (const [path, node] of this.nodes) {
      if (path.startsWith("/zookeeper/")) continue;
      const numbers = new DataView(new ArrayBuffer(60));
      const longs = [node.czxid, node.mzxid, node.pzxid, BigInt(node.ctime), BigInt(node.mtime)];
      longs.forEach((value, index) => {
        numbers.setBigInt64(8 * index, value);
      });
      [node.version, node.cversion, node.aversion].forEach((value, index) => {
        numbers.setInt32(40 + 4 * index, value);
      });
      numbers.setBigInt64(52, node.owner);
      const pieces = [...utf8(path), ...(node.data ?? []), ...new Uint8Array(numbers.buffer)];
      sum += BigInt(crc32(Uint8Array.from(pieces)));
    }
    return BigInt.asIntN(64, sum);
  }

  dataSize(): number {
    let size = 1;
    for (const [path, node] of this.nodes) size += path.length + (node.data?.length ?? 0);
    return size;
  }

  apply(header: TxnHeader, txn: Txn): ModelResult {
    switch (txn.kind) {
      case "create":
      case "create2":
        return this.create(header, txn, txn.ephemeral ? header.clientId : 0n);
      case "createContainer":
        return this.create(header, txn, CONTAINER_OWNER);
      case "createTTL": {
        const valid = txn.ttl >= 1n && txn.ttl <= BigInt(TTL_MS_MAX);
        if (!valid) return failed(ErrorCode.BadArguments);
        return this.create(header, txn, ttlOwner(Number(txn.ttl)));
      }
      case "delete":
      case "deleteContainer":
        return this.remove(header, txn.path);
      case "setData":
      case "reconfig": {
        const path = txn.path === "/" ? "" : txn.path;
        const node = this.nodes.get(path);
        if (node === undefined) return failed(ErrorCode.NoNode);
        node.data = txn.data === null ? null : Uint8Array.from(txn.data);
        node.mzxid = header.zxid;
        node.mtime = header.time;
        node.version = txn.version;
        this.events.push([EventType.nodeDataChanged, shown(path), node.acl]);
        return { kind: "changed", stat: this.statOf(path) };
      }
      case "setACL": {
        const path = txn.path === "/" ? "" : txn.path;
        const node = this.nodes.get(path);
        if (node === undefined) return failed(ErrorCode.NoNode);
        node.acl = txn.acl;
        node.aversion = txn.version;
        return { kind: "changed", stat: this.statOf(path) };
      }
      case "closeSession":
        for (const path of txn.paths ?? []) this.remove(header, path);
        for (const path of this.ephemeralsOf(header.clientId)) this.remove(header, path);
        return { kind: "done" };
      case "error":
        return failed(txn.err);
      case "multi":
        return { kind: "multi", results: this.multi(header, txn.txns) };
      case "check":
      case "createSession":
        return { kind: "done" };
    }
  }

  private multi(header: TxnHeader, txns: readonly Txn[]): ModelResult[] {
    const at = txns.findIndex((txn) => txn.kind === "error");
    if (at < 0) return txns.map((txn) => this.apply(header, txn));
    return txns.map((txn, index) => {
      if (txn.kind === "error") return failed(txn.err);
      return failed(index < at ? 0 : ErrorCode.RuntimeInconsistency);
    });
  }

  private create(
    header: TxnHeader,
    txn: Pick<Txn & { kind: "create" }, "path" | "data" | "acl" | "parentCversion">,
    owner: bigint,
  ): ModelResult {
    const { zxid, time } = header;
    if (txn.path === "" || txn.path === "/") return failed(ErrorCode.NodeExists);
    const cut = txn.path.lastIndexOf("/");
    const parentPath = txn.path.slice(0, Math.max(cut, 0));
    const parent = this.nodes.get(parentPath);
    if (cut < 0 || parent === undefined) return failed(ErrorCode.NoNode);
    if (cut === txn.path.length - 1) return failed(ErrorCode.BadArguments);
    const next = txn.parentCversion === -1 ? (parent.cversion + 1) | 0 : txn.parentCversion;
    if (next > parent.cversion) {
      parent.cversion = next;
      parent.pzxid = zxid;
    }
    if (this.nodes.has(txn.path)) return failed(ErrorCode.NodeExists);
    const data = txn.data === null ? null : Uint8Array.from(txn.data);
    const stamps = { czxid: zxid, mzxid: zxid, pzxid: zxid, ctime: time, mtime: time };
    const versions = { version: 0, cversion: 0, aversion: 0 };
    this.nodes.set(txn.path, { data, acl: txn.acl, ...stamps, ...versions, owner });
    this.events.push([EventType.nodeCreated, txn.path, txn.acl]);
    this.events.push([EventType.nodeChildrenChanged, shown(parentPath), parent.acl]);
    return { kind: "created", path: txn.path, stat: this.statOf(txn.path) };
  }

  private remove(header: TxnHeader, path: string): ModelResult {
    if (path === "" || path === "/") return failed(ErrorCode.BadArguments);
    const cut = path.lastIndexOf("/");
    const parentPath = path.slice(0, Math.max(cut, 0));
    const parent = this.nodes.get(parentPath);
    if (cut < 0 || parent === undefined) return failed(ErrorCode.NoNode);
    if (header.zxid > parent.pzxid) parent.pzxid = header.zxid;
    if (!this.nodes.has(path)) return failed(ErrorCode.NoNode);
    this.drop(path);
    return { kind: "done" };
  }

  /** Children first; their order is free, so the events of siblings are compared without order. */
  private drop(path: string): void {
    for (const name of this.childrenOf(path)) this.drop(`${path}/${name}`);
    const parentPath = path.slice(0, path.lastIndexOf("/"));
    this.events.push([EventType.nodeDeleted, path, this.nodes.get(path)!.acl]);
    this.nodes.delete(path);
    const parentAcl = this.nodes.get(parentPath)!.acl;
    this.events.push([EventType.nodeChildrenChanged, shown(parentPath), parentAcl]);
  }
}
