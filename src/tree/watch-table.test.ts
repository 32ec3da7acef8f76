/** Watches against a naive model, and the rules of specification 2.10 one by one. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { utf8 } from "../base/bytes.ts";
import { EventType, WatcherType } from "../records/constants.ts";
import { WatchTables } from "./watch-table.ts";

const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType;
type Mode = "one-shot" | "persistent" | "recursive";
type Watch = { readonly path: string; readonly watcher: number; readonly modes: Set<Mode> };
type Heard = readonly [watcher: number, type: EventType, path: string];

/** Two lists of watches in order of registration. */
class WatchModel {
  data: Watch[] = [];
  child: Watch[] = [];

  add(table: "data" | "child", path: string, watcher: number, mode: Mode): void {
    const found = this[table].find((each) => each.path === path && each.watcher === watcher);
    if (found === undefined) this[table].push({ path, watcher, modes: new Set([mode]) });
    else found.modes.add(mode);
  }

  fire(type: EventType, path: string): Heard[] {
    const told: number[] = [];
    if (type === nodeChildrenChanged) {
      for (const watcher of this.use("child", path)) told.push(watcher);
    } else {
      for (const watcher of this.use("data", path)) told.push(watcher);
      for (const above of ancestors(path)) {
        for (const each of this.data) {
          if (each.path !== above || !each.modes.has("recursive")) continue;
          if (!told.includes(each.watcher)) told.push(each.watcher);
        }
      }
      if (type === nodeDeleted) {
        const before = new Set(told);
        for (const watcher of this.use("child", path)) if (!before.has(watcher)) told.push(watcher);
      }
    }
    return told.map((watcher) => [watcher, type, path]);
  }

  private use(table: "data" | "child", path: string): number[] {
    const told: number[] = [];
    for (const { path: at, watcher, modes } of this[table]) {
      if (at !== path) continue;
      const hears = modes.has("one-shot") || modes.has("persistent");
      if (hears || (table === "data" && modes.has("recursive"))) told.push(watcher);
      modes.delete("one-shot");
    }
    this.sweep();
    return told;
  }

  has(path: string, watcher: number, type: number): boolean {
    return this.touched(path, watcher, type).length > 0;
  }

  remove(path: string, watcher: number, type: number): boolean {
    const touched = this.touched(path, watcher, type);
    for (const [watch, modes] of touched) for (const mode of modes) watch.modes.delete(mode);
    this.sweep();
    return touched.length > 0;
  }

  drop(watcher: number): void {
    this.data = this.data.filter((each) => each.watcher !== watcher);
    this.child = this.child.filter((each) => each.watcher !== watcher);
  }

  private touched(path: string, watcher: number, type: number): [Watch, Mode[]][] {
    const touched: [Watch, Mode[]][] = [];
    for (const table of ["data", "child"] as const) {
      const modes: Mode[] = [];
      if (type === WatcherType.any) modes.push("one-shot", "persistent", "recursive");
      if (type === WatcherType.persistent) modes.push("persistent");
      if (type === WatcherType.persistentRecursive) modes.push("recursive");
      if (type === WatcherType[table === "data" ? "data" : "children"]) modes.push("one-shot");
      for (const each of this[table]) {
        if (each.path !== path || each.watcher !== watcher) continue;
        const held = modes.filter((mode) => each.modes.has(mode));
        if (held.length > 0) touched.push([each, held]);
      }
    }
    return touched;
  }

  private sweep(): void {
    this.data = this.data.filter(({ modes }) => modes.size > 0);
    this.child = this.child.filter(({ modes }) => modes.size > 0);
  }
}

/** `/a/b` -> `/a`, `/`. */
function ancestors(path: string): string[] {
  const above: string[] = [];
  for (let at = path; at.length > 1 && at.includes("/"); ) {
    at = at.slice(0, at.lastIndexOf("/"));
    above.push(at === "" ? "/" : at);
  }
  return above;
}

function fired(tables: WatchTables, type: EventType, path: string): Heard[] {
  const heard: Heard[] = [];
  tables.fire(type, path, (...event) => heard.push(event));
  return heard;
}

function expectSame(tables: WatchTables, model: WatchModel, watchers: number): void {
  equal(tables.watchCount, model.data.length + model.child.length);
  equal(tables.pathCount, new Set([...model.data, ...model.child].map(({ path }) => path)).size);
  const byPath = new Map<string, number[]>();
  for (const { path, watcher } of model.data) {
    byPath.set(path, [...(byPath.get(path) ?? []), watcher]);
  }
  deepEqual(new Map(tables.watchersByPath()), byPath);
  deepEqual(tables.summary(), {
    connections: new Set(model.data.map(({ watcher }) => watcher)).size,
    paths: byPath.size,
    watches: model.data.length,
  });
  for (let watcher = 0; watcher < watchers; watcher++) {
    const want = model.data.filter((each) => each.watcher === watcher).map(({ path }) => path);
    deepEqual(tables.pathsOf(watcher).sort(), want.sort());
  }
}

const WATCHERS = 4;
const ALL = Number.MAX_SAFE_INTEGER;
const DEEP = "/x".repeat(40);
const path = fc.constantFrom(
  ..."/ /a /b /a/b /a/b/c /a/c /ab /é/b".split(" "),
  DEEP,
  `${DEEP}/y`,
  `/${"n".repeat(300)}`,
);
const oddPath = fc.oneof(
  { weight: 20, arbitrary: path },
  fc.constantFrom("", "a", "//", "/a/", "a/b"),
);
const watcher = fc.nat(WATCHERS - 1);
const type = fc.constantFrom(nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant("data" as const), oddPath, watcher) },
  { weight: 4, arbitrary: fc.tuple(fc.constant("child" as const), oddPath, watcher) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("persistent" as const), oddPath, watcher) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("recursive" as const), oddPath, watcher) },
  { weight: 5, arbitrary: fc.tuple(fc.constant("fire" as const), path, type) },
  { weight: 2, arbitrary: fc.tuple(fc.constant("remove" as const), oddPath, watcher, fc.nat(6)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant("drop" as const), path, watcher) },
);

test("random use does to the tables what it does to the model", () => {
  const property = fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
    const tables = new WatchTables(7);
    const model = new WatchModel();
    for (const [kind, at, who, kindOfWatch] of actions) {
      switch (kind) {
        case "data":
          tables.addData(utf8(at), who);
          model.add("data", at, who, "one-shot");
          break;
        case "child":
          tables.addChild(at, who);
          model.add("child", at, who, "one-shot");
          break;
        case "persistent":
        case "recursive":
          tables.addPersistent(at, who, kind === "recursive");
          model.add("data", at, who, kind);
          model.add("child", at, who, kind);
          break;
        case "fire":
          deepEqual(fired(tables, who as EventType, at), model.fire(who as EventType, at));
          break;
        case "remove":
          equal(tables.has(at, who, kindOfWatch!), model.has(at, who, kindOfWatch!));
          equal(tables.remove(at, who, kindOfWatch!), model.remove(at, who, kindOfWatch!));
          break;
        case "drop":
          tables.dropSome(who, ALL);
          model.drop(who);
          break;
      }
      expectSame(tables, model, WATCHERS);
    }
    for (let each = 0; each < WATCHERS; each++) tables.dropSome(each, ALL);
    equal(tables.watchCount + tables.pathCount, 0);
    equal([...tables.watchersByPath()].length, 0);
  });
  fc.assert(property, { numRuns: 400 });
});

const rows: readonly (readonly [
  why: string,
  set: (tables: WatchTables) => void,
  events: readonly (readonly [EventType, string])[],
  heard: readonly Heard[],
])[] = [
  [
    "a one-shot watch fires once",
    (tables) => tables.addData("/a", 1),
    [
      [nodeCreated, "/a"],
      [nodeDataChanged, "/a"],
    ],
    [[1, nodeCreated, "/a"]],
  ],
  [
    "who watches data and children hears of a deletion once, and both watches are used up",
    (tables) => {
      tables.addData("/a", 1);
      tables.addChild("/a", 1);
      tables.addChild("/a", 2);
    },
    [
      [nodeDeleted, "/a"],
      [nodeDeleted, "/a"],
      [nodeChildrenChanged, "/a"],
    ],
    [
      [1, nodeDeleted, "/a"],
      [2, nodeDeleted, "/a"],
    ],
  ],
  [
    "a recursive watch hears of everything below but never of children changed (4475)",
    (tables) => {
      tables.addPersistent("/", 1, true);
      tables.addChild("/", 1);
    },
    [
      [nodeCreated, "/a/b"],
      [nodeChildrenChanged, "/a"],
      [nodeChildrenChanged, "/"],
      [nodeChildrenChanged, "/"],
      [nodeDataChanged, "/"],
    ],
    [
      [1, nodeCreated, "/a/b"],
      [1, nodeChildrenChanged, "/"],
      [1, nodeDataChanged, "/"],
    ],
  ],
  [
    "several modes of one watcher make one event, and the lasting one stays (4466)",
    (tables) => {
      tables.addPersistent("/a", 1, false);
      tables.addPersistent("/a", 1, true);
      tables.addPersistent("/", 1, true);
      tables.addData("/a", 1);
    },
    [
      [nodeDataChanged, "/a"],
      [nodeDataChanged, "/a"],
    ],
    [
      [1, nodeDataChanged, "/a"],
      [1, nodeDataChanged, "/a"],
    ],
  ],
  [
    "a prefix of letters is no path above",
    (tables) => tables.addPersistent("/a", 1, true),
    [[nodeDataChanged, "/ab"]],
    [],
  ],
];
for (const [why, set, events, want] of rows) {
  test(why, () => {
    const tables = new WatchTables(1);
    set(tables);
    deepEqual(
      events.flatMap(([event, at]) => fired(tables, event, at)),
      want,
    );
  });
}

test("dropping can be done in slices", () => {
  const tables = new WatchTables(1);
  for (let index = 0; index < 1000; index++) tables.addData(`/p/${index}`, 3);
  const emptied = tables.memoryBytes;
  let slices = 1;
  while (tables.dropSome(3, 64) === 64) slices++;
  equal(slices, 16);
  equal(tables.watchCount, 0);
  equal(tables.memoryBytes < emptied + 1, true);
  equal(tables.dropSome(99, 1), 0);
});

test("a path of slashes makes few parts", () => {
  const tables = new WatchTables(1);
  const slashes = "/".repeat(500_000);
  tables.addData(slashes, 1);
  equal(tables.has(slashes, 1, WatcherType.data), true);
  deepEqual(tables.pathsOf(1), [slashes]);
  tables.dropSome(1, ALL);
  equal(tables.pathCount, 0);
});
