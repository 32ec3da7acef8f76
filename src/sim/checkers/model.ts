/**
 * ZooKeeper's tree as a plain sequential model: what an operation answers in a state, and what it
 * changes. Shares no code with the server, so that a mistake there is not repeated here.
 *
 * Not in it: what ACLs forbid, quotas, times, and whatever lies below /zookeeper.
 * From: specification 2.7, 2.8, 2.10.
 */
import type { Zxid } from "../../base/ids.ts";
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { Operation, Told, WriteStep } from "../history.ts";

export type ModelNode = {
  data: Told;
  version: number;
  /** Children ever created. */
  creations: number;
  aversion: number;
  /** Undefined where nobody tells. */
  acl?: string | undefined;
  /** Undefined while the transaction behind it is unknown: the first to look at it tells. */
  czxid: Zxid | undefined;
  mzxid: Zxid | undefined;
  pzxid: Zxid | undefined;
  /** The session of an ephemeral node; 0 for others. */
  readonly owner: bigint;
  children: Set<string>;
};

export type Change =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly data: Told;
      readonly owner: bigint;
      readonly parentCreations: number;
      readonly acl?: string | undefined;
    }
  | { readonly kind: "delete"; readonly path: string }
  | {
      readonly kind: "setData";
      readonly path: string;
      readonly data: Told;
      readonly version: number;
    }
  | {
      readonly kind: "setACL";
      readonly path: string;
      readonly version: number;
      readonly acl?: string | undefined;
    }
  | { readonly kind: "closeSession"; readonly session: bigint };

/** What a write comes to: its changes, or the refusal, and at which step of a multi. */
export type Verdict =
  | { readonly err: 0; readonly changes: readonly Change[] }
  | { readonly err: number; readonly step: number };
type Prepared = Change | undefined | number;

export const parentOf = (path: string): string => {
  const cut = path.lastIndexOf("/");
  return cut <= 0 ? "/" : path.slice(0, cut);
};
const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
/** What the model knows nothing of. */
export const isOutside = (path: string): boolean =>
  path === "/zookeeper" || path.startsWith("/zookeeper/");

const isSequential = (mode: number): boolean =>
  mode === CreateMode.persistentSequential ||
  mode === CreateMode.ephemeralSequential ||
  mode === CreateMode.persistentSequentialWithTtl;
const isEphemeral = (mode: number): boolean =>
  mode === CreateMode.ephemeral || mode === CreateMode.ephemeralSequential;

const digitsOf = (counter: number): string =>
  counter < 0 ? `-${String(-counter).padStart(9, "0")}` : String(counter).padStart(10, "0");

export class TreeModel {
  readonly nodes = new Map<string, ModelNode>();
  private readonly owned = new Map<bigint, Set<string>>();
  private undo: (() => void)[] | undefined;

  constructor() {
    const zero = 0n as Zxid;
    this.nodes.set("/", {
      data: "",
      version: 0,
      creations: 0,
      aversion: 0,
      czxid: zero,
      mzxid: zero,
      pzxid: zero,
      owner: 0n,
      children: new Set(["zookeeper"]),
    });
  }

  /** The paths of a session's ephemeral nodes. */
  ephemeralsOf(session: bigint): readonly string[] {
    return [...(this.owned.get(session) ?? [])];
  }

  /** What a write would come to now. Changes nothing. */
  judge(op: Operation, session: bigint): Verdict {
    if (op.kind === "multi") return this.judgeMulti(op.steps, session);
    const prepared = this.prepare(op, session);
    if (typeof prepared === "number") return { err: prepared, step: 0 };
    return { err: 0, changes: prepared === undefined ? [] : [prepared] };
  }

  /** Runs `work` and takes back whatever it applied, unless it returns true. */
  attempt(work: () => boolean): boolean {
    const outer = this.undo;
    const undo: (() => void)[] = [];
    this.undo = undo;
    const kept = work();
    this.undo = outer;
    if (kept) outer?.push(...undo);
    else for (const back of undo.reverse()) back();
    return kept;
  }

  /** Applies a change, tolerant of what is there or missing, as servers are. */
  apply(change: Change, zxid: Zxid | undefined): void {
    switch (change.kind) {
      case "create":
        return this.create(change, zxid);
      case "delete":
        return this.remove(change.path, zxid);
      case "setData":
        return this.update(change.path, {
          data: change.data,
          version: change.version,
          mzxid: zxid,
        });
      case "setACL":
        return this.update(change.path, { aversion: change.version, acl: change.acl });
      case "closeSession":
        for (const path of this.ephemeralsOf(change.session)) this.remove(path, zxid);
    }
  }

  /** Puts a node there as it is. */
  put(path: string, node: ModelNode): void {
    this.nodes.set(path, node);
    if (node.owner !== 0n) this.own(node.owner, path);
    if (path !== "/") this.nodes.get(parentOf(path))?.children.add(nameOf(path));
  }

  private judgeMulti(steps: readonly WriteStep[], session: bigint): Verdict {
    const changes: Change[] = [];
    let refused: Verdict | undefined;
    this.attempt(() => {
      for (const [step, op] of steps.entries()) {
        const prepared = this.prepare(op, session);
        if (typeof prepared === "number") {
          refused = { err: prepared, step };
          return false;
        }
        if (prepared === undefined) continue;
        changes.push(prepared);
        this.apply(prepared, undefined);
      }
      return false;
    });
    return refused ?? { err: 0, changes };
  }

  private prepare(op: Operation, session: bigint): Prepared {
    switch (op.kind) {
      case "create":
        return this.prepareCreate(op, session);
      case "closeSession":
        return { kind: "closeSession", session };
      case "delete": {
        const node = this.nodes.get(op.path);
        if (op.path === "/") return ErrorCode.BadArguments;
        if (node === undefined) return ErrorCode.NoNode;
        if (op.version !== ANY_VERSION && op.version !== node.version) return ErrorCode.BadVersion;
        return node.children.size > 0 ? ErrorCode.NotEmpty : { kind: "delete", path: op.path };
      }
      case "setData":
      case "check":
      case "setACL": {
        const node = this.nodes.get(op.path);
        if (node === undefined) return ErrorCode.NoNode;
        const current = op.kind === "setACL" ? node.aversion : node.version;
        if (op.version !== ANY_VERSION && op.version !== current) return ErrorCode.BadVersion;
        if (op.kind === "check") return undefined;
        const next = (current + 1) | 0;
        if (op.kind === "setACL") {
          return { kind: "setACL", path: op.path, version: next, acl: op.acl };
        }
        const version = next === ANY_VERSION ? 0 : next;
        return { kind: "setData", path: op.path, data: op.data, version };
      }
      default:
        return undefined;
    }
  }

  private prepareCreate(op: WriteStep & { kind: "create" }, session: bigint): Prepared {
    const parent = this.nodes.get(parentOf(op.path));
    if (parent === undefined) return ErrorCode.NoNode;
    const path = isSequential(op.mode) ? op.path + digitsOf(parent.creations) : op.path;
    if (this.nodes.has(path)) return ErrorCode.NodeExists;
    if (parent.owner !== 0n) return ErrorCode.NoChildrenForEphemerals;
    const owner = isEphemeral(op.mode) ? session : 0n;
    const parentCreations = (parent.creations + 1) | 0;
    return { kind: "create", path, data: op.data, owner, parentCreations };
  }

  private create(change: Change & { kind: "create" }, zxid: Zxid | undefined): void {
    const { path, data, owner, parentCreations, acl } = change;
    const parent = this.nodes.get(parentOf(path));
    if (parent === undefined || this.nodes.has(path)) return;
    // The counter stays at its end, and the parent's zxid with it (divergence sequence-overflow).
    if (parentCreations > parent.creations) {
      this.update(parentOf(path), { creations: parentCreations, pzxid: zxid });
    }
    const zxids = { czxid: zxid, mzxid: zxid, pzxid: zxid };
    const counts = { version: 0, creations: 0, aversion: 0 };
    this.nodes.set(path, { data, acl, ...counts, ...zxids, owner, children: new Set() });
    parent.children.add(nameOf(path));
    if (owner !== 0n) this.own(owner, path);
    this.undo?.push(() => {
      this.nodes.delete(path);
      parent.children.delete(nameOf(path));
      this.owned.get(owner)?.delete(path);
    });
  }

  private remove(path: string, zxid: Zxid | undefined): void {
    const node = this.nodes.get(path);
    if (node === undefined) return;
    const parent = this.nodes.get(parentOf(path));
    this.update(parentOf(path), { pzxid: zxid });
    this.nodes.delete(path);
    parent?.children.delete(nameOf(path));
    this.owned.get(node.owner)?.delete(path);
    this.undo?.push(() => {
      this.nodes.set(path, node);
      parent?.children.add(nameOf(path));
      if (node.owner !== 0n) this.own(node.owner, path);
    });
  }

  private update(path: string, fields: Partial<ModelNode>): void {
    const node = this.nodes.get(path);
    if (node === undefined) return;
    if (this.undo !== undefined) {
      const before = { ...node };
      this.undo.push(() => Object.assign(node, before));
    }
    Object.assign(node, fields);
  }

  private own(session: bigint, path: string): void {
    const paths = this.owned.get(session);
    if (paths === undefined) this.owned.set(session, new Set([path]));
    else paths.add(path);
  }
}
