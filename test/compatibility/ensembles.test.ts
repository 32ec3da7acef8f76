/**
 * Specification 2.1 to 2.3, 2.10 and 2.12 as far as they speak of members of an ensemble: three of
 * them in a simulated world.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { toServerId } from "../../src/base/ids.ts";
import { ErrorCode } from "../../src/records/error-codes.ts";
import { loadConfig } from "../../src/server/config/load-config.ts";
import { settingsOf } from "../../src/server/peer-settings.ts";
import type { Answer, SimClient } from "../../src/sim/client.ts";
import type { Process } from "../../src/sim/process.ts";
import { CLIENT_DOOR } from "../../src/sim/sockets.ts";
import { statement } from "../support/statement.ts";
import { Three } from "../support/three-members.ts";

const PERSISTENT = 0;
const EPHEMERAL = 1;
const SESSION_MS = 10_000;

const create = (path: string, mode = PERSISTENT) =>
  ({ kind: "create", path, data: new Uint8Array(1), mode }) as const;
const read = (path: string) => ({ kind: "getData", path, watch: false }) as const;
const sessionsOf = (of: Process) => [...of.born!.state().sessions.keys()];

/** The server that the client has turned to last. */
const hostOf = (world: Three, client: SimClient): string =>
  world.network.standing().findLast(({ from }) => from === client.host)!.to;

/** One member alone, and a client that can do with reading. */
function alone(readOnlyMode: boolean): { readonly world: Three; readonly left: Process } {
  const world = new Three({ readOnlyMode });
  equal(world.ask(world.client(world.processes[0]!), create("/a")).err, ErrorCode.Ok);
  world.pass(100);
  const [left, ...others] = world.processes;
  for (const other of others) other.crash("kill");
  world.until(() => left!.born!.describe().startsWith("looking"));
  return { world, left: left! };
}

statement("2.1", "A server that looks for a leader closes at the first frame", () => {
  const { world, left } = alone(false);
  const seen: string[] = [];
  const connection = world.network.dial("stranger", left.host, CLIENT_DOOR, {
    opened: () => seen.push("opened"),
    received: () => seen.push("received"),
    closed: () => seen.push("closed"),
  });
  world.pass(1000);
  deepEqual(seen, ["opened"]);
  connection.send(0, Uint8Array.from([0, 0, 0, 1, 0]));
  world.until(() => seen.length > 1);
  deepEqual(seen, ["opened", "closed"]);
});

statement("2.2", "A re-opened session is owned by the server of the new connection", () => {
  const world = new Three();
  const client = world.stranger(world.followers());
  world.until(() => client.isLive);
  equal(world.ask(client, create("/e", EPHEMERAL)).err, ErrorCode.Ok);
  const before = sessionsOf(world.leader()!);
  const first = hostOf(world, client);
  world.processes.find(({ host }) => host === first)!.crash("kill");
  world.until(() => client.isLive && hostOf(world, client) !== first);
  equal(world.ask(client, create("/f", EPHEMERAL)).err, ErrorCode.Ok);
  deepEqual(sessionsOf(world.leader()!), before);
});

statement("2.2", "A read-only server closes on a request that is not read-only", () => {
  const { world, left } = alone(true);
  const reader = world.client(left, true);
  const writer = world.stranger(left);
  world.pass(3000);
  deepEqual([reader.isLive, writer.isLive], [true, false]);
  equal(sessionsOf(left).length, 1, "that of the client that wrote when there was a quorum");
});

statement("2.2", "Followers and observers send REVALIDATE for a re-opened session", () => {
  const world = new Three();
  const client = world.stranger(world.followers());
  world.until(() => client.isLive);
  const first = hostOf(world, client);
  const second = world.followers().find(({ host }) => host !== first)!;
  world.network.block(second.host, world.leader()!.host);
  world.processes.find(({ host }) => host === first)!.crash("kill");
  world.pass(1000);
  equal(client.isLive, false, "the second server cannot ask");
  world.network.unblock(second.host, world.leader()!.host);
  world.until(() => client.isLive && hostOf(world, client) === second.host);
});

statement("2.3", "A session-moved failure inside a multi closes the connection", () => {
  const world = new Three();
  const client = world.stranger(world.followers());
  world.until(() => client.isLive);
  const first = hostOf(world, client);
  let late: Answer | undefined;
  world.network.block(client.host, first);
  client.ask({ kind: "multi", steps: [create("/late"), create("/later")] }, (answer) => {
    late = answer;
  });
  world.until(() => late !== undefined && client.isLive && hostOf(world, client) !== first);
  world.network.unblock(client.host, first);
  world.pass(1000);
  const standing = world.network.standing().filter(({ from }) => from === client.host);
  equal(standing.length, 1, "the first connection is closed");
  equal(world.ask(client, read("/late")).err, ErrorCode.NoNode);
});

statement("2.3", "A write for a session that has moved closes the first connection", () => {
  const world = new Three();
  const client = world.stranger(world.followers());
  world.until(() => client.isLive);
  const first = hostOf(world, client);
  const witness = world.client(world.followers().find(({ host }) => host !== first)!);
  equal(world.ask(client, create("/a")).err, ErrorCode.Ok);
  let late: Answer | undefined;
  world.network.block(client.host, first);
  client.ask(create("/late"), (answer) => {
    late = answer;
  });
  world.until(() => late !== undefined && client.isLive);
  equal(late!.err, undefined);
  ok(hostOf(world, client) !== first);
  world.network.unblock(client.host, first);
  world.pass(1000);
  const standing = world.network.standing().filter(({ from }) => from === client.host);
  equal(standing.length, 1);
  equal(world.ask(witness, read("/late")).err, ErrorCode.NoNode);
  equal(world.ask(client, create("/b")).err, ErrorCode.Ok);
});

statement("2.3", "Only the leader expires global sessions; others report use in PING", () => {
  const world = new Three();
  const [follower] = world.followers();
  const client = world.client(follower!);
  world.pass(5 * SESSION_MS);
  ok(client.isLive);
  equal(sessionsOf(world.leader()!).length, 1);
  world.cut(follower!, world.leader()!);
  client.vanish();
  world.until(() => sessionsOf(world.leader()!).length === 0);
  equal(sessionsOf(follower!).length, 1, "it has not heard of that, and decides nothing");
});

statement("2.10", "sync on a follower or observer waits for the leader's SYNC", () => {
  const world = new Three();
  const [follower] = world.followers();
  const client = world.client(follower!);
  const { host } = world.leader()!;
  world.network.block(host, follower!.host);
  let synced: Answer | undefined;
  client.ask({ kind: "sync", path: "/" }, (answer) => {
    synced = answer;
  });
  world.pass(1000);
  equal(synced, undefined);
  world.network.unblock(host, follower!.host);
  world.until(() => synced !== undefined);
  equal(synced!.err, ErrorCode.Ok);
});

const MEMBERS = [1, 2, 3].map((id) => `server.${id}=127.0.0.1:${id}2:${id}3`);
const BASE = ["dataDir=/d", "clientPort=1", "initLimit=10", "syncLimit=5"];
const configOf = (lines: readonly string[], ...flags: readonly string[]) =>
  loadConfig({
    argv: [...flags, "/zoo.cfg"],
    env: {},
    readFile: (path) => (path.endsWith("myid") ? "1" : [...BASE, ...lines].join("\n")),
  }).config;

statement("2.13", "globalOutstandingLimit is divided by n-1 on members of n > 2", () => {
  const limitOf = (...lines: readonly string[]): number =>
    settingsOf(configOf(lines), toServerId(1n)).globalOutstandingLimit;
  equal(limitOf(), 1000);
  equal(limitOf(...MEMBERS), 500);
  equal(limitOf(...MEMBERS.slice(0, 2)), 1000);
  const observer = "server.4=127.0.0.1:42:43:observer";
  equal(limitOf(...MEMBERS, observer), 500);
  const asObserver = [observer.replace("4", "1"), ...MEMBERS.slice(1), "server.5=127.0.0.1:52:53"];
  equal(limitOf(...asObserver, "peerType=observer"), 1000);
});

statement("2.14", "isro is added to the whitelist when read-only mode is on", () => {
  deepEqual(configOf(MEMBERS).fourLetterWords, ["srvr"]);
  deepEqual(configOf(MEMBERS, "-Dreadonlymode.enabled=true").fourLetterWords, ["srvr", "isro"]);
});

statement("2.12", "A participant without quorum serves read-only clients", () => {
  const { world, left } = alone(true);
  const reader = world.stranger(left, true);
  const writer = world.stranger(left);
  world.pass(1000);
  equal(reader.isLive, false);
  world.until(() => reader.isLive);
  equal(world.ask(reader, read("/a")).err, ErrorCode.Ok);
  world.pass(1000);
  equal(writer.isLive, false);
});

statement("2.12", "Writes, sync and global session operations fail with NotReadOnly", () => {
  const { world, left } = alone(true);
  const reader = world.client(left, true);
  equal(world.ask(reader, create("/b")).err, ErrorCode.NotReadOnly);
  equal(world.ask(reader, create("/e", EPHEMERAL)).err, ErrorCode.NotReadOnly);
  equal(world.ask(reader, { kind: "delete", path: "/a", version: -1 }).err, ErrorCode.NotReadOnly);
  equal(world.ask(reader, { kind: "sync", path: "/" }).err, ErrorCode.NotReadOnly);
  equal(world.ask(reader, read("/a")).err, ErrorCode.Ok);
});

statement("2.12", "On return of the quorum all connections are closed", () => {
  const { world, left } = alone(true);
  const reader = world.client(left, true);
  for (const process of world.processes) if (process !== left) process.start();
  world.until(() => !reader.isLive);
  equal(left.born!.describe().startsWith("looking"), false);
  world.until(() => world.isWhole() && reader.isLive);
  equal(world.ask(reader, create("/b")).err, ErrorCode.Ok);
});
