/** Replies and trees against the model. Each returns a sentence about what differs, or nothing. */
import type { Zxid } from "../../base/ids.ts";
import type { Stat } from "../../records/data.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { Operation, ReadStep, Result, Told } from "../history.ts";
import { type Change, isOutside, type ModelNode, type TreeModel, type Verdict } from "./model.ts";
import { type Call, errorOf, isDone, type RecordOf } from "./survey.ts";
import { isRefusal, type Transaction } from "./timeline.ts";
import { changesOf } from "./txn-changes.ts";

type Wrong = string | undefined;
type Read = ReadStep | (Operation & { readonly kind: "exists" });

/** True for what the model knows nothing of. */
export function isOutsideOp(op: Operation): boolean {
  if ("steps" in op)
    return op.steps.some((step: { readonly path: string }) => isOutside(step.path));
  return "path" in op && isOutside(op.path);
}

/** A write that was done, or whose transaction is known, against what the model says of it. */
export function compareWrite(
  call: Call,
  verdict: Verdict,
  zxid: Zxid,
  transaction: Transaction | undefined,
): Wrong {
  if (transaction !== undefined && isRefusal(transaction.txn)) return undefined;
  if (!("changes" in verdict)) return `done, where it had to be refused with ${verdict.err}`;
  if (transaction !== undefined) {
    const done = changesOf(transaction);
    if (!areEqual(done, verdict.changes)) {
      return `did ${show(done)} where ${show(verdict.changes)} was asked for`;
    }
  }
  return isDone(call) ? compareResult(call, verdict.changes, zxid) : undefined;
}

function compareResult(call: Call, changes: readonly Change[], zxid: Zxid): Wrong {
  const { op } = call;
  const result = call.reply?.result;
  if (result === undefined) return undefined;
  if (op.kind !== "multi") return compareChange(result, changes[0], zxid);
  let next = 0;
  for (const [index, step] of op.steps.entries()) {
    const change = step.kind === "check" ? undefined : changes[next++];
    const told = result.steps?.[index];
    const wrong = told === undefined ? undefined : compareChange(told, change, zxid);
    if (wrong !== undefined) return `step ${index}: ${wrong}`;
  }
  return undefined;
}

function compareChange(result: Result, change: Change | undefined, zxid: Zxid): Wrong {
  if (change?.kind === "create") {
    if (result.path !== undefined && result.path !== change.path) {
      return `told of ${result.path}, where ${change.path} is the name`;
    }
    if (result.stat !== undefined && result.stat.czxid !== zxid) return "told another czxid";
  }
  if (change?.kind === "setData" && result.stat !== undefined) {
    if (result.stat.version !== change.version) {
      return `told version ${result.stat.version}, where ${change.version} is next`;
    }
    if (result.stat.mzxid !== zxid) return "told another mzxid";
  }
  if (change?.kind === "setACL" && result.stat !== undefined) {
    if (result.stat.aversion !== change.version) return "told another aversion";
  }
  return undefined;
}

const areEqual = (a: readonly Change[], b: readonly Change[]): boolean =>
  a.length === b.length && a.every((change, index) => isEqual(change, b[index]!));

function isEqual(a: Change, b: Change): boolean {
  if (a.kind === "closeSession" || b.kind === "closeSession") return a.kind === b.kind;
  if (a.kind !== b.kind || a.path !== b.path) return false;
  if (a.kind === "create" && b.kind === "create") {
    return a.data === b.data && a.owner === b.owner && a.parentCreations === b.parentCreations;
  }
  if (a.kind === "setData" && b.kind === "setData") {
    return a.data === b.data && a.version === b.version;
  }
  if (a.kind !== "setACL" || b.kind !== "setACL") return true;
  return a.version === b.version && isSameAcl(a.acl, b.acl);
}

/** Of what one side does not tell nothing is held. */
const isSameAcl = (a: string | undefined, b: string | undefined): boolean =>
  a === undefined || b === undefined || a === b;

const show = (changes: readonly Change[]): string =>
  changes
    .map((change) => `${change.kind} ${"path" in change ? change.path : ""}`.trimEnd())
    .join(", ") || "nothing";

/** A read that was answered, against the state at its zxid. */
export function compareRead(model: TreeModel, call: Call): Wrong {
  const { op, reply } = call;
  if (reply === undefined) return undefined;
  if (op.kind === "multiRead") {
    for (const [index, step] of op.steps.entries()) {
      const told = reply.result?.steps?.[index];
      const wrong = told === undefined ? undefined : compareOne(model, step, told);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  if (op.kind !== "getData" && op.kind !== "exists" && op.kind !== "getChildren") return undefined;
  return compareOne(model, op, { ...reply.result, err: errorOf(reply) });
}

function compareOne(model: TreeModel, op: Read, told: Result & { readonly err: number }): Wrong {
  const node = model.nodes.get(op.path);
  if (told.err === ErrorCode.NoNode) {
    return node === undefined ? undefined : `${op.path} was not seen, but is there`;
  }
  if (told.err !== ErrorCode.Ok) return undefined;
  if (node === undefined) return `${op.path} was seen, but is not there`;
  if (told.data !== undefined && told.data !== node.data) {
    return `${op.path} showed ${quote(told.data)} instead of ${quote(node.data)}`;
  }
  const { children } = told;
  if (children !== undefined) {
    const names = new Set(children);
    const same = names.size === node.children.size && children.every((n) => node.children.has(n));
    if (!same || names.size !== children.length) {
      return `${op.path} showed other children: ${differing(names, node.children)}`;
    }
  }
  return told.stat === undefined ? undefined : compareStat(op.path, told.stat, node);
}

function differing(seen: ReadonlySet<string>, real: ReadonlySet<string>): string {
  const more = [...seen].filter((name) => !real.has(name)).map((name) => `+${name}`);
  const less = [...real].filter((name) => !seen.has(name)).map((name) => `-${name}`);
  return [...more, ...less].slice(0, 5).join(" ");
}

const quote = (data: Told): string => (data === null ? "no data" : JSON.stringify(data));

/** Zxids that the model does not know are learned. */
function compareStat(path: string, stat: Stat, node: ModelNode): Wrong {
  node.czxid ??= stat.czxid;
  node.mzxid ??= stat.mzxid;
  node.pzxid ??= stat.pzxid;
  const cversion = (2 * node.creations - node.children.size) | 0;
  const rows: readonly (readonly [string, number | bigint, number | bigint])[] = [
    ["version", stat.version, node.version],
    ["cversion", stat.cversion, cversion],
    ["aversion", stat.aversion, node.aversion],
    ["numChildren", stat.numChildren, node.children.size],
    ["czxid", stat.czxid, node.czxid],
    ["mzxid", stat.mzxid, node.mzxid],
    ["pzxid", stat.pzxid, node.pzxid],
    ["ephemeralOwner", stat.ephemeralOwner, node.owner],
  ];
  for (const [field, told, real] of rows) {
    if (told !== real) return `${path} showed ${field} ${told} instead of ${real}`;
  }
  return undefined;
}

/** At most a few of the differences. */
export function compareTree(model: TreeModel, tree: RecordOf<"tree">): readonly string[] {
  const wrong: string[] = [];
  for (const [path, { data, stat, acl }] of tree.nodes) {
    if (isOutside(path)) continue;
    const real = model.nodes.get(path)?.acl;
    if (!isSameAcl(acl, real)) wrong.push(`${path} has the ACL ${acl} instead of ${real}`);
    const difference = compareOne(model, { kind: "getData", path }, { err: 0, data, stat });
    if (difference !== undefined) wrong.push(difference);
  }
  for (const path of model.nodes.keys()) {
    if (!tree.nodes.has(path)) wrong.push(`${path} is missing`);
  }
  return wrong.slice(0, 3);
}
