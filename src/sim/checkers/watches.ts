/**
 * Watches: an event for each change that a watch waits for, before any reply that could show the
 * change, in the order of zxids; one-time watches fire once; nothing fires for nothing. Who comes
 * back on another connection hears first of what its one-time watches missed.
 *
 * A watch begins with the zxid of the reply that set it. From: specification 2.4, 2.10.
 */
import type { Zxid } from "../../base/ids.ts";
import { EventType } from "../../records/constants.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { Operation, WatchSelection } from "../history.ts";
import type { NodeEvent } from "./replay.ts";
import { type Call, type Client, errorOf, type RecordOf } from "./survey.ts";
import type { Timeline } from "./timeline.ts";
import { type Found, showZxid } from "./violation.ts";

type WatchKind = "data" | "exist" | "child" | "persistent" | "recursive";
type Watch = {
  readonly kind: WatchKind;
  readonly path: string;
  readonly call: Call;
  /** What it waits for, all of it in order; `next` is the first that is due. */
  readonly changes: readonly NodeEvent[];
  next: number;
};

const TYPES: Readonly<Record<NodeEvent["what"], number>> = {
  created: EventType.nodeCreated,
  deleted: EventType.nodeDeleted,
  data: EventType.nodeDataChanged,
  children: EventType.nodeChildrenChanged,
};
const HEARS: Readonly<Record<WatchKind, ReadonlySet<NodeEvent["what"]>>> = {
  data: new Set<NodeEvent["what"]>(["created", "deleted", "data"]),
  exist: new Set<NodeEvent["what"]>(["created", "deleted", "data"]),
  child: new Set<NodeEvent["what"]>(["deleted", "children"]),
  persistent: new Set<NodeEvent["what"]>(["created", "deleted", "data", "children"]),
  recursive: new Set<NodeEvent["what"]>(["created", "deleted", "data"]),
};
const isOneTime = (kind: WatchKind): boolean => kind !== "persistent" && kind !== "recursive";

export function checkWatches(timeline: Timeline, events: readonly NodeEvent[], found: Found): void {
  const changes = new Changes(events);
  for (const client of timeline.survey.clients.values()) {
    new Listener(client, timeline, changes, found).run();
  }
}

/** What each kind of watch at a path would hear. */
class Changes {
  private readonly byPath = new Map<string, NodeEvent[]>();
  private readonly lists = new Map<string, readonly NodeEvent[]>();
  private readonly all: readonly NodeEvent[];

  constructor(events: readonly NodeEvent[]) {
    this.all = events;
    for (const event of events) {
      const list = this.byPath.get(event.path);
      if (list === undefined) this.byPath.set(event.path, [event]);
      else list.push(event);
    }
  }

  for(kind: WatchKind, path: string): readonly NodeEvent[] {
    const key = `${kind} ${path}`;
    const known = this.lists.get(key);
    if (known !== undefined) return known;
    const below = path === "/" ? "/" : `${path}/`;
    const source =
      kind === "recursive"
        ? this.all.filter((event) => event.path === path || event.path.startsWith(below))
        : (this.byPath.get(path) ?? []);
    const list = source.filter((event) => HEARS[kind].has(event.what));
    this.lists.set(key, list);
    return list;
  }
}

/** The first change after `zxid`. */
function firstAfter(list: readonly NodeEvent[], zxid: Zxid): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]!.zxid > zxid) high = middle;
    else low = middle + 1;
  }
  return low;
}

class Listener {
  private readonly watches = new Map<string, Watch>();
  /** Paths of reads whose replies were lost: their watches may be there or not. */
  private readonly maybe = new Set<string>();
  /** The greatest zxid that the connection has shown by an event. */
  private shown: Zxid | undefined;
  /** After a new connection and before its first reply: what was missed comes in any order. */
  private catchingUp = false;
  /**
   * Told before that first reply. A data and a child watch of one path are then told of its end one
   * by one, and together later on; which of the two it was cannot be seen.
   */
  private readonly mayRepeat = new Set<string>();
  /** The zxid of the last reply: what another server must have to be talked with. */
  private replied: Zxid | undefined;
  private readonly client: Client;
  private readonly timeline: Timeline;
  private readonly changes: Changes;
  private readonly found: Found;

  constructor(client: Client, timeline: Timeline, changes: Changes, found: Found) {
    this.client = client;
    this.timeline = timeline;
    this.changes = changes;
    this.found = found;
  }

  run(): void {
    for (const { record } of this.client.records) {
      switch (record.kind) {
        case "event":
          this.onEvent(record);
          break;
        case "reply":
          this.onReply(record, this.timeline.survey.calls.get(record.id)!);
          break;
        case "lost": {
          const { op } = this.timeline.survey.calls.get(record.id)!;
          if (!record.sent) break;
          if ("watch" in op && op.watch === true) this.maybe.add(op.path);
          if (op.kind === "addWatch" || op.kind === "removeWatches") this.maybe.add(op.path);
          break;
        }
        case "session":
          if (record.what === "attached") {
            this.catchingUp = true;
            this.rewind();
            this.maybe.clear();
          }
          if (record.what !== "created" && record.what !== "asking") this.shown = undefined;
          break;
      }
    }
  }

  /** Another server may lag behind events that were told, and tell persistent watches again. */
  private rewind(): void {
    for (const watch of this.watches.values()) {
      if (isOneTime(watch.kind) || this.replied === undefined) continue;
      watch.next = firstAfter(watch.changes, this.replied);
    }
  }

  private onReply(reply: RecordOf<"reply">, call: Call): void {
    const { zxid } = reply;
    if (zxid === undefined || zxid < 0n) return;
    if (this.shown !== undefined && zxid < this.shown) {
      const behind = `${showZxid(zxid)} came after an event of ${showZxid(this.shown)}`;
      this.found(`client ${this.client.id}: a reply of ${behind}`, call.id);
    }
    for (const watch of [...this.watches.values()]) this.expectTold(watch, zxid, call);
    this.catchingUp = false;
    this.mayRepeat.clear();
    this.replied = zxid;
    const err = errorOf(reply);
    if (call.op.kind === "removeWatches") {
      if (err === ErrorCode.Ok) this.remove(call.op.path, call.op.of);
      return;
    }
    const kind = kindSet(call.op, err);
    if (kind !== undefined && "path" in call.op) this.set(kind, call.op.path, zxid, call);
  }

  /** Whatever the watch waits for up to `zxid` was told before this reply. */
  private expectTold(watch: Watch, zxid: Zxid, call: Call): void {
    const due = watch.changes[watch.next];
    if (due === undefined || due.zxid > zxid) return;
    const after = firstAfter(watch.changes, zxid);
    if (this.maybe.has(watch.path)) {
      watch.next = after;
      return;
    }
    // What passed while nobody was connected: persistent watches lose it, and one for a node that
    // came and went again still waits.
    const gone = watch.changes[after - 1]?.what === "deleted";
    const mayMiss =
      watch.kind !== "data" && watch.kind !== "child" && !(watch.kind === "exist" && !gone);
    if (!(this.catchingUp && mayMiss)) {
      const said = `${due.what} at ${showZxid(due.zxid)} before a reply of ${showZxid(zxid)}`;
      const name = `the ${watch.kind} watch of ${watch.path}`;
      this.found(
        `client ${this.client.id}: ${name} was not told of ${said}`,
        watch.call.id,
        call.id,
      );
      if (isOneTime(watch.kind)) this.watches.delete(keyOf(watch.kind, watch.path));
    }
    watch.next = after;
  }

  private onEvent(event: RecordOf<"event">): void {
    const name = `event ${event.type} of ${event.path}`;
    let heard = false;
    let explained = false;
    for (const watch of [...this.watches.values()]) {
      if (!concerns(watch, event)) continue;
      heard = true;
      const due = this.take(watch, event);
      if (due === undefined) continue;
      explained = true;
      if (this.catchingUp) continue;
      if (this.shown !== undefined && due.zxid < this.shown) {
        const order = `${showZxid(due.zxid)} came after one of ${showZxid(this.shown)}`;
        this.found(`client ${this.client.id}: ${name} of ${order}`, watch.call.id);
      }
      this.shown = due.zxid;
    }
    if (heard && this.catchingUp) this.mayRepeat.add(name);
    else if (!heard && this.mayRepeat.delete(name)) return;
    if (this.maybe.has(event.path)) return;
    if (!heard) this.found(`client ${this.client.id}: ${name} came, but no watch waits for it`);
    else if (!explained && this.timeline.complete) {
      this.found(`client ${this.client.id}: ${name} came, which nothing that happened explains`);
    }
  }

  /** The change that the event tells of; undefined where there is none. */
  private take(watch: Watch, event: RecordOf<"event">): NodeEvent | undefined {
    const due = this.catchingUp ? this.missed(watch, event) : watch.changes[watch.next];
    if (isOneTime(watch.kind)) this.watches.delete(keyOf(watch.kind, watch.path));
    if (due === undefined) return undefined;
    if (!this.catchingUp && TYPES[due.what] !== event.type) return undefined;
    if (watch.kind === "recursive" && due.path !== event.path) return undefined;
    const told = event.zxid;
    if (told !== undefined && told > 0n && told !== due.zxid && !this.catchingUp) return undefined;
    // Which of the missed ones it was cannot be seen; the first reply tells where to go on.
    if (this.catchingUp) return due;
    if (!isOneTime(watch.kind)) watch.next = watch.changes.indexOf(due, watch.next) + 1;
    return due;
  }

  /** What was missed has the type of how the node is found, not of how it became so. */
  private missed(watch: Watch, event: RecordOf<"event">): NodeEvent | undefined {
    if (isOneTime(watch.kind)) return watch.changes[watch.next];
    for (let at = watch.next; at < watch.changes.length; at++) {
      const change = watch.changes[at]!;
      if (TYPES[change.what] === event.type && change.path === event.path) return change;
    }
    return undefined;
  }

  private set(kind: WatchKind, path: string, zxid: Zxid, call: Call): void {
    const changes = this.changes.for(kind, path);
    const watch = { kind, path, call, changes, next: firstAfter(changes, zxid) };
    this.watches.set(keyOf(kind, path), watch);
    this.maybe.delete(path);
  }

  private remove(path: string, of: WatchSelection): void {
    const kinds: Readonly<Record<WatchSelection, readonly WatchKind[]>> = {
      children: ["child"],
      data: ["data", "exist"],
      any: ["child", "data", "exist", "persistent", "recursive"],
      persistent: ["persistent"],
      persistentRecursive: ["recursive"],
    };
    for (const kind of kinds[of]) this.watches.delete(keyOf(kind, path));
  }
}

const keyOf = (kind: WatchKind, path: string): string => `${kind} ${path}`;

function concerns({ kind, path }: Watch, event: RecordOf<"event">): boolean {
  const at = event.path;
  const here = kind === "recursive" ? at === path || isBelow(at, path) : at === path;
  return here && [...HEARS[kind]].some((what) => TYPES[what] === event.type);
}
const isBelow = (path: string, above: string): boolean =>
  path.startsWith(above === "/" ? "/" : `${above}/`);

function kindSet(op: Operation, err: number): WatchKind | undefined {
  if (op.kind === "addWatch" && err === ErrorCode.Ok)
    return op.recursive ? "recursive" : "persistent";
  if (!("watch" in op) || op.watch !== true) return undefined;
  if (op.kind === "exists" && err === ErrorCode.NoNode) return "exist";
  if (err !== ErrorCode.Ok) return undefined;
  return op.kind === "getChildren" ? "child" : "data";
}
