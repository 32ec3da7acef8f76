/** The parts of the session machine by themselves, as tables. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Zxid } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { Calls } from "./calls.ts";
import { Chroot, NO_CHROOT } from "./chroot.ts";
import { describeHost, parseConnectString } from "./connect-string.ts";
import type { EventTypeName } from "./events.ts";
import { HostList } from "./host-list.ts";
import { sync } from "./operations.ts";
import { pathFault, sequentialPathFault } from "./path-rules.ts";
import { setWatchesRequests } from "./set-watches.ts";
import { Watches } from "./watches.ts";

describe("connect strings", () => {
  const rows: ReadonlyArray<readonly [text: string, hosts: string, chroot: string]> = [
    ["localhost", "localhost:2181", ""],
    ["a:1,b:2", "a:1 b:2", ""],
    [" a:1 , b ", "a:1 b:2181", ""],
    ["a:1,b:2/app/x", "a:1 b:2", "/app/x"],
    ["a:1/", "a:1", ""],
    ["[::1]:2182,[fe80::1]", "[::1]:2182 [fe80::1]:2181", ""],
    ["::1", "[::1]:2181", ""],
  ];
  for (const [text, hosts, chroot] of rows) {
    test(text, () => {
      const parsed = parseConnectString(text);
      assert.equal(parsed.hosts.map(describeHost).join(" "), hosts);
      assert.equal(parsed.chroot, chroot);
    });
  }
  for (const text of ["", ",", "a:0", "a:65536", "a:x", "a:1/app/", "a:1/a//b"]) {
    test(`refuses "${text}"`, () => assert.throws(() => parseConnectString(text), RangeError));
  }
});

describe("paths", () => {
  for (const path of ["/", "/a", "/a/b.c", "/a/...", "/ä/日本", "/a b", "/\uf900"]) {
    test(`takes ${path}`, () => assert.equal(pathFault(path), undefined));
  }
  const faults: ReadonlyArray<readonly [path: string, why: RegExp]> = [
    ["", /length/],
    ["a", /start with/],
    ["/a/", /end with/],
    ["//a", /empty node name/],
    ["/a//b", /empty node name/],
    ["/./a", /relative/],
    ["/a/..", /relative/],
    ["/a\0", /character @2/],
    ["/\u001f", /character @1/],
    ["/\u007f", /character @1/],
    ["/\u009f", /character @1/],
    ["/\ud83d\ude00", /character @1/],
    ["/\uf8ff", /character @1/],
    ["/\uffff", /character @1/],
  ];
  for (const [path, why] of faults) {
    test(`refuses ${JSON.stringify(path)}`, () => assert.match(pathFault(path) ?? "", why));
  }
  test("a sequential path may end with / or a dot: digits follow", () => {
    assert.equal(sequentialPathFault("/a/"), undefined);
    assert.equal(sequentialPathFault("/."), undefined);
    assert.notEqual(sequentialPathFault("a"), undefined);
  });
});

describe("chroot", () => {
  const app = new Chroot("/app");
  const rows: ReadonlyArray<readonly [caller: string, server: string]> = [
    ["/", "/app"],
    ["/a", "/app/a"],
    ["/app", "/app/app"],
  ];
  for (const [caller, server] of rows) {
    test(`${caller} is ${server}`, () => {
      assert.equal(app.under(caller), server);
      assert.equal(app.strip(server), caller);
      assert.equal(NO_CHROOT.under(caller), caller);
    });
  }
  test("what lies outside keeps its name", () => {
    assert.equal(app.strip("/apple"), "/apple");
    assert.equal(app.strip("/zookeeper/config"), "/zookeeper/config");
  });
});

describe("hosts", () => {
  const names = ["a", "b", "c", "d"];
  const list = (seed: number): HostList =>
    new HostList(
      names.map((name) => ({ name, port: 1 })),
      new Prng(seed),
    );

  test("each seed has its order, and a pass has every host once", () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const hosts = list(seed);
      const pass = names.map(() => hosts.next());
      assert(pass.every(({ pauseMs }) => pauseMs === 0));
      assert.deepEqual(pass.map(({ host }) => host.name).sort(), names);
      orders.add(pass.map(({ host }) => host.name).join(""));
    }
    assert(orders.size > 5);
  });

  test("waits between passes only", () => {
    const hosts = list(3);
    const waits = Array.from({ length: 12 }, () => hosts.next().pauseMs > 0);
    assert.deepEqual(
      waits.map((wait, index) => (wait ? index : -1)).filter((index) => index >= 0),
      [4, 8],
    );
  });

  test("a server that took the session and is lost comes last", () => {
    const hosts = list(3);
    const { host } = hosts.next();
    hosts.succeeded();
    const others = [hosts.next(), hosts.next(), hosts.next()];
    assert(others.every((other) => other.host !== host && other.pauseMs === 0));
    const again = hosts.next();
    assert.equal(again.host, host);
    assert(again.pauseMs > 0);
  });

  test("a preferred host is next; others are named in turn", () => {
    const hosts = list(3);
    const { host } = hosts.next();
    const others = [0, 1, 2, 3].map((turn) => hosts.another(turn));
    assert(!others.includes(host));
    assert.equal(new Set(others).size, 3);
    hosts.prefer(others[1]!);
    assert.deepEqual(hosts.next(), { host: others[1], pauseMs: 0 });
  });

  test("one host has no other", () => {
    const hosts = new HostList([{ name: "a", port: 1 }], new Prng(1));
    hosts.next();
    assert.equal(hosts.another(0), undefined);
  });
});

describe("watches", () => {
  const all = (): Watches<string> => {
    const watches = new Watches<string>();
    for (const kind of ["data", "exist", "child", "persistent"] as const) {
      watches.add(kind, "/a", kind);
    }
    watches.add("persistentRecursive", "/", "root");
    watches.add("persistentRecursive", "/a", "deep");
    return watches;
  };
  const rows: ReadonlyArray<
    readonly [why: string, type: EventTypeName, path: string, told: string]
  > = [
    ["creation fires data and exist", "NodeCreated", "/a", "data exist persistent deep root"],
    ["a change fires data and exist", "NodeDataChanged", "/a", "data exist persistent deep root"],
    ["deletion fires all", "NodeDeleted", "/a", "data exist child persistent deep root"],
    ["children are no matter of recursive", "NodeChildrenChanged", "/a", "child persistent"],
    ["below, only recursive ones are told", "NodeDeleted", "/a/b/c", "deep root"],
    ["a name that begins alike is another", "NodeCreated", "/ab", "root"],
    ["the root itself", "NodeDataChanged", "/", "root"],
  ];
  for (const [why, type, path, told] of rows) {
    test(why, () => {
      const watches = all();
      assert.equal(watches.fire(type, path).join(" "), told);
      const oneShot = new Set(["data", "exist", "child"]);
      const rest = told.split(" ").filter((watcher) => !oneShot.has(watcher));
      assert.equal(watches.fire(type, path).join(" "), rest.join(" "));
    });
  }

  test("a watcher registered twice is told once", () => {
    const watches = new Watches<string>();
    watches.add("data", "/a", "w");
    watches.add("data", "/a", "w");
    watches.add("persistent", "/a", "w");
    assert.deepEqual(watches.fire("NodeDataChanged", "/a"), ["w"]);
  });

  test("removal by selection, all watchers or one", () => {
    const watches = all();
    watches.add("data", "/a", "other");
    assert(watches.keepsOthers("/a", "data", "data"));
    assert.deepEqual(watches.remove("/a", "data", "data"), [
      { type: "DataWatchRemoved", watchers: ["data"] },
    ]);
    assert(!watches.has("/a", "data", "data"));
    assert(watches.has("/a", "data", undefined));
    assert.deepEqual(watches.remove("/a", "any", undefined), [
      { type: "DataWatchRemoved", watchers: ["other", "exist"] },
      { type: "ChildWatchRemoved", watchers: ["child"] },
      { type: "PersistentWatchRemoved", watchers: ["persistent", "deep"] },
    ]);
    assert(!watches.has("/a", "any", undefined));
    assert.deepEqual(watches.all(), ["root"]);
  });
});

describe("setting watches again", () => {
  test("nothing to set, nothing to say", () => {
    assert.deepEqual(setWatchesRequests(new Watches<string>(), 1n as Zxid), []);
  });
});

test("xids run to 2^31-1 and begin again at 1", () => {
  const calls = new Calls<string, string>({
    chroot: NO_CHROOT,
    frameBytesMax: 1000,
    lastXid: 0x7fff_fffd,
  });
  const xids = Array.from({ length: 4 }, () => {
    const to = new JuteWriter();
    calls.send(to, { ticket: "t", operation: sync, request: { path: "/" }, watcher: undefined });
    return new JuteReader(to.written(), 4).int();
  });
  assert.deepEqual(xids, [0x7fff_fffe, 0x7fff_ffff, 1, 2]);
});
