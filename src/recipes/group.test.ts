/** Nodes kept alive over expiry, and the groups that are made of them. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { CutWorld, cutSessions, until } from "../../test/support/cut-world.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { Group, type MembershipChange } from "./group.ts";
import { PersistentNode } from "./persistent-node.ts";

const textAt = async (zk: ZooKeeper, path: string): Promise<string | undefined> => {
  if ((await zk.exists(path)) === undefined) return undefined;
  const { data } = await zk.getData(path);
  return new TextDecoder().decode(data ?? new Uint8Array());
};

test("the node comes back: after an expiry, after a deletion, wherever there is a cut", async () => {
  await cutSessions(async (world, sessions) => {
    const other = world.client();
    const node = await PersistentNode.create(sessions, "/a/b", "one");
    equal(await textAt(other, "/a/b"), "one");
    await node.setData("two");
    equal(await textAt(other, "/a/b"), "two");
    const first = sessions.current;
    await world.expire(first);
    await until("it is back", async () => (await textAt(other, "/a/b")) === "two");
    equal(sessions.current === first, false);
    await other.delete("/a/b");
    await until("it is back again", async () => (await textAt(other, "/a/b")) === "two");
    await node.close();
    equal(await other.exists("/a/b"), undefined);
  });
});

test("a node of another session is waited for and then replaced", async () => {
  const world = new CutWorld();
  const old = world.client();
  await old.create("/n", "old", { mode: "ephemeral" });
  const sessions = world.sessions();
  const node = PersistentNode.create(sessions, "/n", "new");
  await old.exists("/n");
  equal(await textAt(old, "/n"), "old");
  await old.close();
  await (await node).close();
  await world.close();
});

test("who gives up waiting leaves nothing", async () => {
  const world = new CutWorld();
  const old = world.client();
  await old.create("/n", "old");
  const abort = new AbortController();
  const waiting = PersistentNode.create(world.sessions(), "/n", "new", { signal: abort.signal });
  abort.abort(new Error("enough"));
  await rejects(waiting, /enough/);
  equal(await textAt(old, "/n"), "old");
  await world.close();
});

test("what cannot be made is refused", async () => {
  const world = new CutWorld();
  const zk = world.client();
  await zk.create("/n", "", { acl: [{ perms: 1, scheme: "world", id: "anyone" }] });
  const refused = PersistentNode.create(world.sessions(), "/n/x", "", { onFailure: () => {} });
  await rejects(refused, { code: "NoAuth" });
  await world.close();
});

test("members come and go, also over expiries", async () => {
  await cutSessions(async (world, sessions) => {
    const seen: MembershipChange[] = [];
    const group = new Group(sessions, "/g");
    const watching = (async () => {
      for await (const change of group.changes()) seen.push(change);
    })();
    const now = (): string => [...(seen.at(-1)?.members.keys() ?? ["?"])].join(" ");
    await until("it begins", () => now() === "");
    const theirs = world.sessions();
    const b = await new Group(theirs, "/g").join("b", "1");
    const a = await group.join("a");
    await until("both are seen", () => now() === "a b");
    await b.setData("2");
    await until("the data is seen", () => `${seen.at(-1)?.members.get("b")}` === "50");
    await world.expire(sessions.current);
    await until("a has come back", () => a.isStanding);
    await b.close();
    await until("b has left", () => now() === "a");
    await a.close();
    await until("all have left", () => now() === "");
    await sessions.close();
    await watching;
    await theirs.close();
  });
});

test("kazoo's Party: the name is a uuid, the data the id", async () => {
  const world = new CutWorld();
  const sessions = world.sessions();
  const party = new Group(sessions, "/p", "kazoo");
  const me = await party.join("host-1");
  const zk = world.client();
  await zk.create("/p/0123456789abcdef0123456789abcdef__party__0000000007", "host-2");
  await zk.create("/p/readme", "no member");
  const [first] = (await zk.getChildren("/p")).filter((name) => name.endsWith("0000000000"));
  equal(/^[0-9a-f]{32}__party__0{10}$/.test(first ?? ""), true);
  deepEqual([...(await party.members()).keys()], ["host-1", "host-2"]);
  await me.close();
  deepEqual([...(await party.members()).keys()], ["host-2"]);
  await world.close();
});
