/**
 * Whether the operations on one node have a linear order at all, where no zxids tell it: the search
 * of Wing and Gong, with Lowe's memory of what was tried. For histories of foreign clients.
 *
 * Counts are writes, and reads that stand right behind a sync of their client: other reads may be
 * old. What never ended may have been done at any time after it began, or never.
 */
import { ANY_VERSION } from "../../records/constants.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { Told } from "../history.ts";
import { type Call, isDone, isRead, type Survey } from "./survey.ts";
import { isModelled } from "./timeline.ts";
import type { Found } from "./violation.ts";

/** The state of one node. Version 0 and data "" say nothing where it does not exist. */
type State = { readonly exists: boolean; readonly data: Told; readonly version: number };
type Op = { readonly call: Call; readonly begin: number; readonly end: number };

/** States tried for one node before the search gives up without a verdict. */
const TRIED_MAX = 200_000;

export function checkRegisters(survey: Survey, found: Found): void {
  for (const [path, ops] of registersOf(survey)) {
    if (ops.some(({ call }) => call.reply?.zxid !== undefined)) continue;
    const verdict = isLinear(ops);
    if (verdict !== false) continue;
    found(`no order explains the replies about ${path}`, ...ops.map(({ call }) => call.id));
  }
}

/** By path; without paths that are written together with others or by number. */
function registersOf(survey: Survey): ReadonlyMap<string, readonly Op[]> {
  const registers = new Map<string, Op[]>();
  const shared = new Set<string>();
  for (const client of survey.clients.values()) {
    let sync: Call | undefined;
    for (const call of client.calls) {
      const { op } = call;
      if ("steps" in op) for (const { path } of op.steps) shared.add(path);
      else if (op.kind === "sync") {
        sync = call;
        continue;
      } else if ("path" in op && call.lost !== "unsent") {
        const reads = isRead(op);
        const begin = reads ? sync?.begin : call.begin;
        if (begin !== undefined && (!reads || call.reply !== undefined)) {
          const list = registers.get(op.path) ?? [];
          registers.set(op.path, list);
          list.push({ call, begin, end: call.reply === undefined ? Infinity : call.end });
        }
        if (op.kind === "create" && op.mode !== 0) shared.add(op.path);
      }
      sync = undefined;
    }
  }
  for (const path of shared) registers.delete(path);
  return registers;
}

/** undefined: too much to try. */
function isLinear(ops: readonly Op[]): boolean | undefined {
  const list = [...ops].sort((a, b) => a.begin - b.begin);
  const done = new Uint8Array(list.length);
  let open = list.filter(({ end }) => end !== Infinity).length;
  const tried = new Set<string>();
  const search = (state: State, from: number): boolean | undefined => {
    if (open === 0) return true;
    while (done[from] === 1) from++;
    const rest = list.flatMap((_, index) => (index >= from && done[index] === 0 ? [index] : []));
    const key = `${from} ${skipped(done, from)} ${state.exists} ${state.version} ${state.data}`;
    if (tried.has(key)) return false;
    if (tried.size >= TRIED_MAX) return undefined;
    tried.add(key);
    const soonest = rest.reduce((end, index) => Math.min(end, list[index]!.end), Infinity);
    for (const index of rest) {
      const op = list[index]!;
      if (op.begin > soonest) break;
      const next = step(state, op.call);
      if (next === undefined) continue;
      done[index] = 1;
      if (op.end !== Infinity) open--;
      const verdict = search(next, from);
      if (verdict !== false) return verdict;
      done[index] = 0;
      if (op.end !== Infinity) open++;
    }
    return false;
  };
  const starts: readonly State[] = [{ exists: false, data: "", version: 0 }];
  return starts.some((start) => search(start, 0) !== false);
}

/** Which calls from `from` on are done already. */
function skipped(done: Uint8Array, from: number): string {
  const indexes: number[] = [];
  for (let index = from; index < done.length; index++) if (done[index] === 1) indexes.push(index);
  return indexes.join(",");
}

/** The state after the call as it was answered; undefined where it cannot have been here. */
function step(state: State, call: Call): State | undefined {
  const { op, reply } = call;
  const { next, err } = run(state, call);
  if (reply === undefined) return next;
  if (reply.err !== ErrorCode.Ok && !isModelled(reply.err)) return state;
  if (reply.err !== err) return undefined;
  const { data, stat } = reply.result ?? {};
  if (data !== undefined && data !== next.data) return undefined;
  if (stat !== undefined && err === ErrorCode.Ok && op.kind !== "setACL") {
    if (stat.version !== next.version) return undefined;
  }
  return isDone(call) ? next : state;
}

function run(state: State, { op }: Call): { readonly next: State; readonly err: number } {
  const missing = { next: state, err: ErrorCode.NoNode };
  switch (op.kind) {
    case "create":
      if (state.exists) return { next: state, err: ErrorCode.NodeExists };
      return { next: { exists: true, data: op.data, version: 0 }, err: 0 };
    case "delete":
    case "setData":
    case "check": {
      if (!state.exists) return missing;
      if (op.version !== ANY_VERSION && op.version !== state.version) {
        return { next: state, err: ErrorCode.BadVersion };
      }
      if (op.kind === "check") return { next: state, err: 0 };
      if (op.kind === "delete") return { next: { exists: false, data: "", version: 0 }, err: 0 };
      return { next: { exists: true, data: op.data, version: state.version + 1 }, err: 0 };
    }
    default:
      return state.exists ? { next: state, err: 0 } : missing;
  }
}
