/**
 * Runs the model along the timeline: every write must come to what its client was told, every read
 * must show the state at its reply's zxid, every tree found must be the model's.
 *
 * Writes whose fate nobody knows take their place where something cannot be explained without them:
 * each once or never. That is a search without return, and asks for distinct data where it is used.
 * Size: one walk along the timeline, and what can be seen from each of its places.
 */
import type { Zxid } from "../../base/ids.ts";
import { epochOf, makeZxid } from "../../base/ids.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { Operation, ReadStep } from "../history.ts";
import { compareRead, compareTree, compareWrite, isOutsideOp } from "./compare.ts";
import { type Change, parentOf, TreeModel, type Verdict } from "./model.ts";
import { type Call, errorOf, isDone, isWrite, type RecordOf, zxidOf } from "./survey.ts";
import { compareZxids, isModelled, type Step, type Timeline } from "./timeline.ts";
import { changesOf } from "./txn-changes.ts";
import { type Found, showZxid } from "./violation.ts";

/** A change of one node, as watches see it. */
export type NodeEvent = {
  readonly zxid: Zxid;
  readonly what: "created" | "deleted" | "data" | "children";
  readonly path: string;
};
export type SessionEnd = { readonly zxid: Zxid; readonly step: Step };

export type Replayed = {
  /** In the order in which they happened. */
  readonly events: readonly NodeEvent[];
  readonly sessionEnds: ReadonlyMap<bigint, SessionEnd>;
};

/** A write that may have been done at any time after `begin`, or never. */
type Float = { readonly op: Operation; readonly session: bigint; readonly begin: number };

type Look =
  | { readonly kind: "call"; readonly zxid: Zxid; readonly call: Call }
  | { readonly kind: "tree"; readonly zxid: Zxid; readonly tree: RecordOf<"tree"> };

export function replay(timeline: Timeline, writes: Found, reads: Found): Replayed {
  const run = new Run(timeline, writes, reads);
  const looks = looksOf(timeline);
  let next = 0;
  for (const step of timeline.steps) {
    while (next < looks.length && looks[next]!.zxid < step.zxid) run.look(looks[next++]!);
    run.step(step);
  }
  while (next < looks.length) run.look(looks[next++]!);
  return run;
}

/** Whatever shows the state at a zxid: reads, refusals, trees. */
function looksOf({ survey }: Timeline): readonly Look[] {
  const looks: Look[] = [];
  for (const call of survey.calls.values()) {
    if (call.reply === undefined || (isWrite(call.op) && isDone(call))) continue;
    const zxid = call.reply.zxid ?? zxidOf(call);
    if (zxid !== undefined && zxid >= 0n) looks.push({ kind: "call", zxid, call });
  }
  for (const [position, record] of survey.history.records.entries()) {
    const isFirst = position === 0;
    if (record.kind === "tree" && !isFirst) {
      looks.push({ kind: "tree", zxid: record.zxid, tree: record });
    }
  }
  return looks.sort((a, b) => compareZxids(a.zxid, b.zxid));
}

class Run implements Replayed {
  readonly events: NodeEvent[] = [];
  readonly sessionEnds = new Map<bigint, SessionEnd>();
  private readonly model = new TreeModel();
  private readonly timeline: Timeline;
  private readonly writes: Found;
  private readonly reads: Found;
  /** Of unknown fate, by the paths that they may change. */
  private readonly floating = new Map<string, Set<Float>>();
  /** Ends of sessions that nobody saw. */
  private readonly ends = new Map<bigint, Float>();
  /** What the whole tree was at the start, where a record tells. */
  private readonly from: Zxid;

  constructor(timeline: Timeline, writes: Found, reads: Found) {
    this.timeline = timeline;
    this.writes = writes;
    this.reads = reads;
    const first = timeline.survey.history.records[0];
    this.from = first?.kind === "tree" ? first.zxid : (0n as Zxid);
    if (first?.kind === "tree") this.start(first);
    if (timeline.complete) return;
    for (const call of timeline.survey.calls.values()) {
      const isOpen = call.reply === undefined && call.lost !== "unsent";
      const { op, begin, client } = call;
      if (isWrite(op) && isOpen) this.float({ op, begin, session: client.session ?? 0n });
    }
    for (const client of timeline.survey.clients.values()) {
      const { session } = client;
      if (session === undefined) continue;
      const last = client.calls.findLast(({ reply }) => reply !== undefined);
      this.ends.set(session, { op: { kind: "closeSession" }, session, begin: last?.end ?? 0 });
    }
  }

  step(step: Step): void {
    const { call, transaction, zxid } = step;
    if (zxid <= this.from) return;
    const session = call?.client.session ?? transaction?.session ?? 0n;
    let predicted: Verdict | undefined;
    if (call !== undefined && !isOutsideOp(call.op)) {
      const explain = (): string | undefined => {
        predicted = this.model.judge(call.op, session);
        return compareWrite(call, predicted, zxid, transaction);
      };
      const wrong = this.explain(call, explain);
      if (wrong !== undefined) this.writes(`${showZxid(zxid)}: ${wrong}`, call.id);
      // A write that only answers is applied as the model has it.
      if (transaction === undefined && predicted?.err === 0 && "changes" in predicted) {
        this.apply(predicted.changes, step);
      }
    }
    if (transaction !== undefined) this.apply(changesOf(transaction), step);
  }

  look(look: Look): void {
    if (look.zxid < this.from) return;
    if (look.kind === "tree") {
      for (const wrong of compareTree(this.model, look.tree)) {
        this.reads(`the tree${ofServer(look.tree)} at ${showZxid(look.zxid)}: ${wrong}`);
      }
      return;
    }
    const { call, zxid } = look;
    if (isOutsideOp(call.op)) return;
    const judge = (): string | undefined =>
      isWrite(call.op) ? this.refusal(call) : compareRead(this.model, call);
    const onTail = call.reply?.readOnly === true && this.isTail(zxid);
    if (!onTail && !this.isKnownAt(zxid)) return;
    const wrong = onTail ? this.onTail(zxid, judge) : this.explain(call, judge);
    if (wrong === undefined) return;
    const found = isWrite(call.op) ? this.writes : this.reads;
    found(`the reply at ${showZxid(zxid)}: ${wrong}`, call.id);
  }

  /** With all transactions known, a reply of the middle of nowhere cannot be judged. */
  private isKnownAt(zxid: Zxid): boolean {
    const last = this.timeline.committed.get(epochOf(zxid));
    return last === undefined || zxid <= last;
  }

  /** Whether nobody is known to have committed as much of the epoch. */
  private isTail(zxid: Zxid): boolean {
    const last = this.timeline.committed.get(epochOf(zxid));
    return last === undefined || zxid > last;
  }

  /**
   * A server without a quorum shows what it has logged: behind what was committed when the epoch's
   * leader began, and of that epoch, the first of the leader's proposals, up to `zxid`, whether
   * they were ever committed or not.
   */
  private onTail(zxid: Zxid, judge: () => string | undefined): string | undefined {
    const { proposed, committed, complete } = this.timeline;
    if (!complete) return undefined;
    const last = committed.get(epochOf(zxid)) ?? makeZxid(epochOf(zxid), 0);
    const tail = [...proposed.values()]
      .filter((each) => each.zxid > last && each.zxid <= zxid)
      .sort((a, b) => compareZxids(a.zxid, b.zxid));
    let wrong: string | undefined;
    this.model.attempt(() => {
      for (const each of tail) {
        for (const change of changesOf(each)) this.model.apply(change, each.zxid);
      }
      wrong = judge();
      return false;
    });
    return wrong;
  }

  private refusal(call: Call): string | undefined {
    const err = errorOf(call.reply!);
    if (!isModelled(err)) return undefined;
    const verdict = this.model.judge(call.op, call.client.session ?? 0n);
    if (verdict.err === err) return undefined;
    return verdict.err === ErrorCode.Ok
      ? `refused with ${err}, where nothing speaks against it`
      : `refused with ${err} instead of ${verdict.err}`;
  }

  /** Asks again with one or two writes of unknown fate done before. */
  private explain(call: Call, ask: () => string | undefined): string | undefined {
    const wrong = ask();
    if (wrong === undefined || this.timeline.complete) return wrong;
    const candidates = this.candidatesFor(call);
    for (const first of candidates) if (this.tryWith([first], ask)) return undefined;
    for (const first of candidates) {
      for (const second of candidates) {
        if (first !== second && this.tryWith([first, second], ask)) return undefined;
      }
    }
    return wrong;
  }

  private tryWith(floats: readonly Float[], ask: () => string | undefined): boolean {
    const seen = this.events.length;
    const kept = this.model.attempt(() => {
      for (const { op, session } of floats) {
        const verdict = this.model.judge(op, session);
        if (!("changes" in verdict)) return false;
        for (const change of verdict.changes) this.model.apply(change, undefined);
      }
      return ask() === undefined;
    });
    this.events.length = seen;
    if (kept) for (const float of floats) this.sink(float);
    return kept;
  }

  private apply(changes: readonly Change[], step: Step): void {
    for (const change of changes) {
      if (change.kind === "closeSession") {
        this.sessionEnds.set(change.session, { zxid: step.zxid, step });
        for (const path of this.model.ephemeralsOf(change.session)) {
          this.apply([{ kind: "delete", path }], step);
        }
        continue;
      }
      const { path } = change;
      const { zxid } = step;
      this.model.apply(change, zxid);
      if (change.kind === "setACL") continue;
      if (change.kind === "setData") {
        this.events.push({ zxid, what: "data", path });
        continue;
      }
      this.events.push({ zxid, what: change.kind === "create" ? "created" : "deleted", path });
      this.events.push({ zxid, what: "children", path: parentOf(path) });
    }
  }

  private start(tree: RecordOf<"tree">): void {
    const paths = [...tree.nodes.keys()].sort();
    for (const path of paths) {
      const { data, stat } = tree.nodes.get(path)!;
      const { czxid, mzxid, pzxid, version, aversion } = stat;
      const creations = (stat.cversion + stat.numChildren) / 2;
      const numbers = { version, creations, aversion, czxid, mzxid, pzxid };
      const { acl } = tree.nodes.get(path)!;
      const children = new Set(path === "/" ? ["zookeeper"] : []);
      this.model.put(path, { data, acl, ...numbers, owner: stat.ephemeralOwner, children });
    }
  }

  private candidatesFor(call: Call): readonly Float[] {
    const found = new Set<Float>();
    const add = (float: Float | undefined): void => {
      if (float !== undefined && float.begin < call.end) found.add(float);
    };
    for (const path of pathsOf(call.op)) {
      for (const each of this.floating.get(path) ?? []) add(each);
      const node = this.model.nodes.get(path);
      if (node !== undefined) add(this.ends.get(node.owner));
      for (const name of node?.children ?? []) {
        const child = this.model.nodes.get(path === "/" ? `/${name}` : `${path}/${name}`);
        if (child !== undefined) add(this.ends.get(child.owner));
      }
    }
    return [...found].sort((a, b) => a.begin - b.begin).slice(0, CANDIDATES_MAX);
  }

  private float(float: Float): void {
    for (const path of pathsOf(float.op)) {
      const floats = this.floating.get(path);
      if (floats === undefined) this.floating.set(path, new Set([float]));
      else floats.add(float);
    }
  }

  private sink(float: Float): void {
    for (const path of pathsOf(float.op)) this.floating.get(path)?.delete(float);
    if (float.op.kind === "closeSession") this.ends.delete(float.session);
  }
}

/** More than these are not tried for one reply. */
const CANDIDATES_MAX = 32;

const ofServer = (tree: RecordOf<"tree">): string =>
  tree.server === undefined ? "" : ` of server ${tree.server}`;

function pathsOf(op: Operation): readonly string[] {
  switch (op.kind) {
    case "multi":
    case "multiRead":
      return op.steps.flatMap((step: { path: string } | ReadStep) => [
        step.path,
        parentOf(step.path),
      ]);
    case "closeSession":
      return [];
    default:
      return [op.path, parentOf(op.path)];
  }
}
