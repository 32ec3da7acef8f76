/** Members of an ensemble in a simulated world: what a run by chance would not show by itself. */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import type { MemberEffect } from "../src/peer/links.ts";
import { ErrorCode } from "../src/records/error-codes.ts";
import type { Answer } from "../src/sim/client.ts";
import { Three } from "./support/three-members.ts";

const PERSISTENT = 0;
const EPHEMERAL = 1;

const create = (path: string, mode = PERSISTENT) =>
  ({ kind: "create", path, data: new Uint8Array(1), mode }) as const;
const read = (path: string) => ({ kind: "getData", path, watch: false }) as const;

test("a member without a quorum serves readers, after a while and until a leader is found", () => {
  const world = new Three({ readOnlyMode: true });
  equal(world.ask(world.client(world.processes[0]!), create("/a")).err, ErrorCode.Ok);
  world.pass(100);
  const [survivor, ...others] = world.processes;
  for (const other of others) other.crash("kill");
  world.pass(1000);
  const reader = world.stranger(survivor!, true);
  const writer = world.stranger(survivor!);
  world.pass(500);
  equal(reader.isLive, false, "it looks for a leader for two seconds first");
  world.until(() => reader.isLive);
  equal(survivor!.born!.describe().includes("looking"), true);
  equal(world.ask(reader, read("/a")).err, ErrorCode.Ok);
  equal(world.ask(reader, create("/b")).err, ErrorCode.NotReadOnly);
  equal(world.ask(reader, { kind: "sync", path: "/" }).err, ErrorCode.NotReadOnly);
  equal(writer.isLive, false, "it cannot do with a server that only reads");
  for (const other of others) other.start();
  world.until(() => world.isWhole());
  world.until(() => writer.isLive);
  equal(world.ask(writer, create("/b")).err, ErrorCode.Ok);
});

test("without a quorum nobody is told that a session is over which the others may keep", () => {
  const world = new Three({ readOnlyMode: true });
  const [late, other] = world.followers();
  for (const process of world.processes) if (process !== late) world.cut(late!, process);
  world.until(() => !late!.born!.isServing());
  const client = world.stranger([late!, other!], true);
  world.until(() => client.isLive);
  equal(client.isReadOnly, false, "it is a session of the ensemble");
  world.until(() => late!.born!.answer("isro") === "ro");
  other!.crash("kill");
  world.pass(2000);
  equal(client.isOver, false, "the late one knows nothing of its session");
  other!.start();
  world.until(() => client.isLive && !client.isReadOnly);
  equal(world.ask(client, create("/a")).err, ErrorCode.Ok);
  equal(other!.born!.state().sessions.size, 1, "it is the same session");
});

test("a leader that others have left answers no sync, however sure it is of itself", () => {
  const world = new Three();
  const old = world.leader()!;
  const deceived = world.client(old);
  equal(world.ask(deceived, create("/a")).err, ErrorCode.Ok);
  const others = world.processes.filter((process) => process !== old);
  for (const other of others) world.cut(old, other);
  world.until(() => others.some(({ born }) => born?.isLeading()));
  ok(old.born?.isLeading(), "it does not know yet");
  const writer = world.client(others.find(({ born }) => born?.isServing())!);
  equal(world.ask(writer, { kind: "delete", path: "/a", version: -1 }).err, ErrorCode.Ok);
  equal(world.ask(deceived, read("/a")).err, ErrorCode.Ok, "a read alone may be late");
  let synced: Answer | undefined;
  deceived.ask({ kind: "sync", path: "/" }, (answer) => {
    synced = answer;
  });
  world.until(() => synced !== undefined);
  equal(synced?.err, undefined, "the connection ends before the sync is answered");
  world.heal();
  world.until(() => world.isWhole() && deceived.isLive);
  equal(world.ask(deceived, read("/a")).err, ErrorCode.NoNode);
});

test("a local session becomes one of the ensemble with its first ephemeral", () => {
  const world = new Three({ localSessions: true });
  const [first, second] = world.followers();
  const client = world.client(first!);
  equal(world.ask(client, create("/a")).err, ErrorCode.Ok);
  equal(first!.born!.state().sessions.size, 0);
  equal(world.ask(client, create("/e", EPHEMERAL)).err, ErrorCode.Ok);
  world.pass(100);
  for (const { born } of world.processes) equal(born!.state().sessions.size, 1);
  client.vanish();
  const witness = world.client(second!);
  world.until(() => world.ask(witness, read("/e")).err === ErrorCode.NoNode);
  for (const { born } of world.processes) equal(born!.state().sessions.size, 0);
});

test("a server that stops does not send a second time what it has just sent", () => {
  const world = new Three();
  const { born, clock } = world.leader()!;
  const later = world.scheduler.now + 1_100;
  const sent: MemberEffect[] = [];
  born!.machine.step({ kind: "tick", now: clock.now(later), wall: clock.wall(later) }, sent);
  const links = sent.filter(({ kind }) => kind === "sendLink");
  ok(links.length >= 2, "both followers are pinged");
  const last: MemberEffect[] = [];
  born!.leave!(last);
  equal(last.filter(({ kind }) => kind === "sendLink").length, 0);
  equal(last.filter(({ kind }) => kind === "closeLink").length >= 2, true);
});
