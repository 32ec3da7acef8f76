/** Specification 2.6: what an access list allows, and which lists are taken. */
import { deepEqual, equal } from "node:assert/strict";
import { type Acl, OPEN_ACL } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { Access } from "../../src/requests/access.ts";
import { world as worldScheme } from "../../src/requests/auth-scheme.ts";
import * as asking from "../support/asking.ts";
import { aclOf, auth, create, exists, heard, setAcl } from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const BOB = "bob:ikIaKsbtGweaHnb/jKn7OHqbunM=";
const entry = (perms: number, scheme: string | null, id: string | null): Acl => ({
  ...{ perms, scheme, id },
});
const all = (perms: number): readonly Acl[] => [entry(perms, "world", "anyone")];

/** Whether a client may read the data of a node with this list. */
function mayRead(
  acl: readonly Acl[],
  credential?: string,
  address = "10.1.2.3",
  world = new MachineWorld(),
): boolean {
  const [maker, a] = [world.open(), world.connect(address)];
  a.shakeHands({});
  if (credential !== undefined) auth(a, credential);
  equal(maker.err(create(maker, "/a", { acl })), 0);
  return a.err(asking.getData(a, "/a")) === 0;
}

statement("2.6", "skipACL=yes allows everything", () => {
  equal(new Access([worldScheme], true).permits([entry(0, "x", "y")], 31, []), true);
});

statement("2.6", "An empty list allows everything", () => {
  equal(new Access([worldScheme], false).permits([], 31, []), true);
});

statement("2.6", "Any id with scheme super allows everything", () => {
  const acl = [entry(0, "digest", "x:y")];
  for (const [credential, want] of [["bob:pw", true] as const, ["eve:pw", false] as const]) {
    equal(mayRead(acl, credential, "10.1.2.3", new MachineWorld({}, BOB)), want);
  }
});

statement("2.6", "An entry counts when its perms share any needed bit", () => {
  const a = new MachineWorld().open();
  // getACL needs READ or ADMIN: either of them is enough.
  create(a, "/read", { acl: all(1) });
  create(a, "/admin", { acl: all(16) });
  create(a, "/write", { acl: all(2) });
  const rows = ["/read", "/admin", "/write"].map((path) =>
    a.err(asking.askPath(a, OpCode.getACL, path)),
  );
  deepEqual(rows, [0, 0, -102]);
});

statement("2.6", "world:anyone allows everybody", () => equal(mayRead(all(1)), true));

statement("2.6", "An entry of another scheme allows whom its scheme's matcher knows", () => {
  equal(mayRead([entry(1, "digest", BOB)], "bob:pw"), true);
  equal(mayRead([entry(1, "digest", BOB)], "bob:other"), false);
});

statement("2.6", "Entries are tried one after the other, any of them allows", () => {
  const acl = [entry(31, "digest", "x:y"), entry(2, "world", "anyone"), entry(1, "ip", "10.1.2.3")];
  equal(mayRead(acl), true);
});

statement("2.6", "Where no entry allows, the answer is -102", () => {
  const a = new MachineWorld().open();
  create(a, "/a", { acl: all(2) });
  equal(a.err(asking.getData(a, "/a")), -102);
});

statement("2.6", "Matcher digest: equal strings", () => {
  equal(mayRead([entry(1, "digest", BOB.toUpperCase())], "bob:pw"), false);
});

statement("2.6", "Matcher ip: addr[/bits], same family, equal under the mask", () => {
  const rows: ReadonlyArray<readonly [id: string, own: string, want: boolean]> = [
    ...[["10.1.2.3", "10.1.2.3", true] as const, ["10.1.2.4", "10.1.2.3", false] as const],
    ...[["10.1.3.0/23", "10.1.2.3", true] as const, ["10.1.4.0/23", "10.1.2.3", false] as const],
    ...[["0.0.0.0/0", "10.1.2.3", true] as const, ["::/0", "10.1.2.3", false] as const],
    ...[["010.1.2.3/+24", "10.1.2.9", true] as const],
  ];
  for (const [id, own, want] of rows) {
    equal(mayRead([entry(1, "ip", id)], undefined, own), want, `${id} ${own}`);
  }
});

statement("2.6", "Matcher ip: IPv6 addresses too (divergences: ipv6-acl)", () => {
  const own = "2001:db8:1::5";
  for (const id of ["2001:db8::/32", "2001:0DB8:1:0:0:0:0:5", "::/0", "2001:db8:1::0.0.0.5"]) {
    equal(mayRead([entry(1, "ip", id)], undefined, own), true, id);
  }
  for (const id of ["2001:db9::/32", "2001:db8:1::6", "0.0.0.0/0"]) {
    equal(mayRead([entry(1, "ip", id)], undefined, own), false, id);
  }
});

statement("2.6", "Matcher of an unknown scheme: no match", () => {
  const ids = [{ scheme: "nobody", id: "x" }];
  equal(new Access([worldScheme], false).permits([entry(31, "nobody", "x")], 1, ids), false);
});

/** Errors of one request, with each single permission on /p and /p/c in turn. */
function needs(ask: (at: WorldClient) => number, on: "/p" | "/p/c", want: number): void {
  for (const perms of [1, 2, 4, 8, 16]) {
    const a = new MachineWorld().open();
    create(a, "/p");
    create(a, "/p/c");
    setAcl(a, on, all(perms));
    const allowed = (perms & want) !== 0;
    equal(a.err(ask(a)), allowed ? 0 : -102, `perms ${perms}`);
  }
}

statement("2.6", "create needs CREATE on the parent", () => {
  needs((at) => create(at, "/p/new"), "/p", 4);
  needs((at) => asking.create2(at, "/p/new"), "/p", 4);
  needs((at) => asking.createContainer(at, "/p/new"), "/p", 4);
  needs((at) => asking.createTtl(at, "/p/new", 5, 1000n), "/p", 4);
});

statement("2.6", "delete needs DELETE on the parent", () => {
  needs((at) => asking.remove(at, "/p/c"), "/p", 8);
  needs((at) => asking.remove(at, "/p/c"), "/p/c", 31);
});

statement("2.6", "setData needs WRITE", () => needs((at) => asking.setData(at, "/p"), "/p", 2));

statement("2.6", "setACL needs ADMIN", () => needs((at) => setAcl(at, "/p", OPEN_ACL), "/p", 16));

statement("2.6", "getData, getChildren and getAllChildrenNumber need READ", () => {
  for (const code of [OpCode.getData, OpCode.getChildren, OpCode.getChildren2]) {
    needs((at) => asking.read(at, code, "/p"), "/p", 1);
  }
  needs((at) => asking.askPath(at, OpCode.getAllChildrenNumber, "/p"), "/p", 1);
});

statement("2.6", "check needs READ", () => {
  for (const perms of [1, 2, 4, 8, 16]) {
    const a = new MachineWorld().open();
    create(a, "/p", { acl: all(perms) });
    const xid = asking.multi(a, [{ kind: "check", request: { path: "/p", version: -1 } }]);
    const want = perms === 1 ? { kind: "check" } : { kind: "error", err: -102 };
    deepEqual(asking.resultsOf(a, xid), [want]);
  }
});

statement("2.6", "exists needs READ, as since 3.8.4 (divergences: exists-permission)", () => {
  needs((at) => exists(at, "/p"), "/p", 1);
});

statement("2.6", "getACL needs READ or ADMIN", () => {
  needs((at) => asking.askPath(at, OpCode.getACL, "/p"), "/p", 1 | 16);
});

statement("2.6", "sync, watch requests, getEphemerals and whoAmI need nothing", () => {
  const a = new MachineWorld().open();
  create(a, "/p", { acl: all(0) });
  const xids = [
    asking.askPath(a, OpCode.sync, "/p"),
    asking.addWatch(a, "/p", 0),
    asking.watcher(a, OpCode.checkWatches, "/p", 3),
    asking.watcher(a, OpCode.removeWatches, "/p", 3),
    asking.bare(a, OpCode.whoAmI),
  ];
  for (const xid of xids) equal(a.err(xid), 0);
  a.send(a.framed(90, OpCode.setWatches, new Uint8Array(20)));
  a.send(a.framed(91, OpCode.getEphemerals, new Uint8Array([0, 0, 0, 2, 0x2f, 0x70])));
  deepEqual([a.err(90), a.err(91)], [0, 0]);
});

statement("2.6", "getACL without ADMIN: the part of digest ids after the colon is x", () => {
  const world = new MachineWorld();
  const [owner, other] = [world.open(), world.open()];
  auth(owner, "bob:pw");
  const acl = [entry(31, "digest", BOB), entry(1, "world", "anyone"), entry(1, "ip", "10.0.0.1")];
  create(owner, "/a", { acl });
  deepEqual(aclOf(owner, "/a"), acl);
  deepEqual(aclOf(other, "/a"), [entry(31, "digest", "bob:x"), ...acl.slice(1)]);
});

/** What a watcher without READ on `/own` hears of it, beside what its owner hears. */
function whatIsHeard(acl: readonly Acl[]): readonly (readonly string[])[] {
  const world = new MachineWorld();
  const [owner, nosy] = [world.open(), world.open()];
  auth(owner, "bob:pw");
  create(owner, "/p", { acl });
  for (const at of [owner, nosy]) asking.addWatch(at, "/p", 0);
  for (const at of [owner, nosy]) asking.addWatch(at, "/p/own", 0);
  heard(owner);
  heard(nosy);
  create(owner, "/p/own", { acl: [entry(31, "auth", "")] });
  asking.setData(owner, "/p/own");
  asking.remove(owner, "/p/own");
  return [heard(owner), heard(nosy)];
}

statement("2.6", "Events of a node reach who may READ it (divergences: event-permission)", () => {
  const own = ["1 /p/own", "4 /p", "3 /p/own", "2 /p/own", "4 /p"];
  deepEqual(whatIsHeard(OPEN_ACL), [own, ["4 /p", "4 /p"]]);
});

statement("2.6", "For ChildrenChanged the parent's list decides who hears of it", () => {
  const [, nosy] = whatIsHeard([entry(31, "auth", "")]);
  deepEqual(nosy, []);
});

/** What is stored of `acl`, or the error, for a client that is bob:pw. Asked by create and setACL. */
function stored(acl: readonly Acl[] | null): readonly Acl[] | number {
  const a = new MachineWorld().open();
  auth(a, "bob:pw");
  create(a, "/b");
  const made = a.err(create(a, "/a", { acl }));
  equal(a.err(setAcl(a, "/b", acl)), made);
  if (made !== 0) return made;
  deepEqual(aclOf(a, "/b"), aclOf(a, "/a"));
  return aclOf(a, "/a");
}

statement("2.6", "Normalising an ACL: duplicates are dropped", () => {
  deepEqual(stored([...OPEN_ACL, ...OPEN_ACL]), OPEN_ACL);
});

statement("2.6", "An empty or null ACL fails with -114", () => {
  deepEqual([stored([]), stored(null)], [-114, -114]);
});

statement("2.6", "A null scheme fails with -114", () => {
  equal(stored([entry(31, null, "anyone")]), -114);
});

statement("2.6", "A null id of a known scheme fails with -5, as in 3.8.0", () => {
  deepEqual([stored([entry(31, "world", null)]), stored([entry(31, "digest", null)])], [-5, -5]);
});

statement("2.6", "auth is replaced by an entry for every id that authenticates, not ip", () => {
  const a = new MachineWorld({}, BOB).open();
  for (const text of ["bob:pw", "alice:wonder"]) auth(a, text);
  create(a, "/a", { acl: [entry(7, "auth", ""), entry(16, "auth", null)] });
  const alice = "alice:8y0lhh/7xkdEiwhX7vo9i+/Nmzc=";
  // Not super either: 3.8.0 stores no list that names it.
  deepEqual(aclOf(a, "/a"), [
    ...[entry(7, "digest", BOB), entry(7, "digest", alice)],
    ...[entry(16, "digest", BOB), entry(16, "digest", alice)],
  ]);
});

statement("2.6", "auth without an id that authenticates fails with -114", () => {
  const a = new MachineWorld().open();
  equal(a.err(create(a, "/a", { acl: [entry(31, "auth", "")] })), -114);
});

statement("2.6", "An unknown scheme in an ACL fails with -114", () => {
  equal(stored([entry(31, "nobody", "x")]), -114);
});

/** Which of these ids are taken in an entry of `scheme`. */
const taken = (scheme: string, ids: readonly string[]): readonly string[] =>
  ids.filter((id) => stored([...OPEN_ACL, entry(1, scheme, id)]) !== -114);

statement("2.6", "digest ids: split at colons without empty parts at the end gives two", () => {
  deepEqual(taken("digest", ["a:b", ":x", "a:b:", "x:", "a", "a:b:c", "", ":"]), [
    ...["a:b", ":x", "a:b:"],
  ]);
});

statement("2.6", "ip ids: a parseable address, and 0 <= bits <= width", () => {
  const good = ["1.2.3.4", "1.2.3.4/0", "1.2.3.4/32", "01.2.3.0004", "1.2.3.4/+8"];
  const bad = ["1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/", "1.2.3.4/8/9", "1.2.3", "1.2.3.256"];
  deepEqual(taken("ip", [...good, ...bad, "1.2.3.-1", "1..3.4", "host", ""]), good);
});

statement("2.6", "ip ids: IPv6 addresses are taken (divergences: ipv6-acl)", () => {
  const good = ["::1", "::", "2001:db8::/128", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::1.2.3.4"];
  const bad = [
    "::1/129",
    ":::",
    "1:2:3",
    "1:2:3:4:5:6:7:8::",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "g::",
  ];
  deepEqual(taken("ip", [...good, ...bad]), good);
});

statement("2.6", "world ids: only anyone", () => {
  deepEqual(taken("world", ["anyone", "me", ""]), ["anyone"]);
});

statement("2.6", "Perms bits are not checked: 0 and 255 pass", () => {
  const acl = [...all(1), entry(0, "ip", "1.2.3.4"), entry(255, "ip", "1.2.3.4")];
  deepEqual(stored(acl), acl);
});

const certified = (world: MachineWorld, id: string) => {
  const client = world.connect("10.0.0.1", [{ scheme: "x509", id }]);
  client.shakeHands({});
  return client;
};

statement("2.6", "Matcher x509: equal strings", () => {
  const world = new MachineWorld();
  const [alice, bob] = [certified(world, "CN=alice"), certified(world, "CN=bob")];
  equal(
    alice.err(create(alice, "/a", { acl: [{ perms: 31, scheme: "x509", id: "CN=alice" }] })),
    0,
  );
  equal(alice.err(asking.getData(alice, "/a")), 0);
  equal(bob.err(asking.getData(bob, "/a")), -102);
});

statement("2.6", "x509 authenticates: auth is replaced by the certificate's subject", () => {
  const alice = certified(new MachineWorld(), "CN=alice");
  create(alice, "/a", { acl: [{ perms: 31, scheme: "auth", id: "" }] });
  deepEqual(aclOf(alice, "/a"), [{ perms: 31, scheme: "x509", id: "CN=alice" }]);
});
