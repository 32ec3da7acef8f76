/**
 * What servers do at their limits: too many connections, handshakes, large and late requests; and
 * local sessions, which the reference has in ensembles only: it is asked in an ensemble of one.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { CreateRequest, PathRequest, SetDataRequest } from "../../../src/records/client.ts";
import { CreateMode } from "../../../src/records/constants.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { MultiRequest } from "../../../src/requests/multi.ts";
import { fourLetter } from "../../support/four-letter.ts";
import { freePort, returnPort } from "../../support/ports.ts";
import { encoded, RawSession, type Reply } from "../../support/raw-session.ts";
import {
  type Start,
  type StartOptions,
  type Subject,
  startApache,
} from "../../support/subjects.ts";
import { Wire } from "../../support/wire.ts";
import type { Outcome, Scenario } from "../scenario.ts";

const HOUR_MS = 3_600_000;
const WAIT_MS_MAX = 5000;

export const limits: Scenario = {
  name: "limits",
  async run(start) {
    const told: string[] = [];
    for (const [config, part] of PARTS) {
      const server = await start({ config });
      told.push(...(await part(server).finally(() => server.dispose())));
    }
    return told;
  },
};

type Part = readonly [
  config: NonNullable<StartOptions["config"]>,
  run: (server: Subject) => Promise<Outcome>,
];

const PARTS: readonly Part[] = [
  [{ maxClientCnxns: 3 }, connections],
  [{ maxCnxns: 3 }, connections],
  [{ "nio.sessionlessCnxnTimeout": 500 }, silence],
  [
    {
      connection_throttle_tokens: 3,
      connection_throttle_fill_time: HOUR_MS,
      connection_throttle_weight_enabled: true,
    },
    handshakes,
  ],
  [{ largeRequestThreshold: 1000, largeRequestMaxBytes: 5000 }, largeRequests],
  [{ request_throttle_max_requests: 1, throttled_op_wait_time: 20 }, lateRequests],
];

async function connections({ port }: Subject): Promise<Outcome> {
  // The connection of the last word that was asked may not be gone yet.
  await until(async () => (await settled(RawSession.open(port))) === "open");
  const two = [await RawSession.open(port), await RawSession.open(port)];
  const surplus = await settled(RawSession.open(port));
  await two[0]!.cut();
  const room = await until(async () => (await settled(RawSession.open(port))) === "open");
  return [`fourth connection: ${surplus}`, `after one has gone: ${room ? "open" : "closed"}`];
}

async function silence({ port }: Subject): Promise<Outcome> {
  const session = await RawSession.open(port);
  const silent = await Wire.open(port);
  const closed = await silent.closesWithin(WAIT_MS_MAX);
  return [
    `silent: ${closed ? "closed" : "open"}`,
    `with a session: ${await errOf(session.ping())}`,
  ];
}

async function handshakes({ port }: Subject): Promise<Outcome> {
  const session = await RawSession.open(port);
  const { sessionId, password } = session;
  const told = [
    `new for 3 of 9: ${await settled(RawSession.open(port))}`,
    `again for 2: ${await settled(RawSession.open(port, { sessionId, password }))}`,
    `again for 2: ${await settled(RawSession.open(port, { sessionId, password }))}`,
  ];
  return [...told, ...(await metrics(port, "connection_rejected", "max_connection_token_deficit"))];
}

async function largeRequests({ port }: Subject): Promise<Outcome> {
  const told: string[] = [];
  for (const bytes of [900, 4000, 6000]) {
    const session = await RawSession.open(port);
    const reply = create(session, `/large-${bytes}`, { bytes });
    told.push(`${bytes} bytes: ${await errOf(reply)}`);
  }
  return [...told, ...(await metrics(port, "large_requests_rejected"))];
}

/** Writes that all come at once, done one at a time: those that come late are not done. */
async function lateRequests({ port }: Subject): Promise<Outcome> {
  const session = await RawSession.open(port);
  await create(session, "/late", {});
  const body = encoded(SetDataRequest, { path: "/late", data: null, version: -1 });
  const replies = await Promise.all(
    Array.from({ length: 2000 }, () => session.request(OpCode.setData, body)),
  );
  const errs = replies.map(({ err }) => err);
  const late = errs.filter((err) => err === -127).length;
  const firstLate = errs.indexOf(-127);
  const read = await session.request(OpCode.setData, body);
  const version = new DataView(read.body.buffer, read.body.byteOffset).getInt32(32);
  const xids = replies.map(({ xid }) => xid);
  const [throttled] = await metrics(port, "throttled_ops");
  return [
    `errors: ${[...new Set(errs)].sort().join(" ")}`,
    `in order: ${xids.every((xid, at) => at === 0 || xid > xids[at - 1]!)}`,
    `late ones have a zxid of their own: ${replies[firstLate]!.zxid > replies[firstLate - 1]!.zxid}`,
    `not done: ${version === errs.length - late + 1}`,
    `counted: ${throttled === `throttled_ops ${late}`}`,
  ];
}

export const localSessions: Scenario = {
  name: "local-sessions",
  async run(start) {
    const told: string[] = [];
    for (const localSessionsUpgradingEnabled of [true, false]) {
      const config = { localSessionsEnabled: true, localSessionsUpgradingEnabled };
      const { server, dispose } = await startEnsembleOfOne(start, config);
      told.push(`upgrading ${localSessionsUpgradingEnabled}`);
      told.push(...(await localSession(server.port).finally(dispose)));
    }
    return told;
  },
};

async function localSession(port: number): Promise<Outcome> {
  const first = await RawSession.open(port, { timeoutMs: 30_000 });
  const told = [`opened: ${await counts(port)}`];
  const before = await create(first, "/p", {});
  const again = await RawSession.open(port, first);
  told.push(`moved: ${again.sessionId === first.sessionId}`);
  const made = await create(again, "/e", { flags: CreateMode.ephemeral });
  told.push(`ephemeral: ${made.err}, zxids ${made.zxid - before.zxid}, ${await counts(port)}`);
  const owned = encoded(MultiRequest, [
    { kind: "create", request: newNode("/m", {}) },
    { kind: "create2", request: newNode("/n", { flags: CreateMode.ephemeralSequential }) },
  ]);
  const session = await RawSession.open(port);
  const multi = await session.request(OpCode.multi, owned);
  const errors = multi.body.length > 9 ? Buffer.from(multi.body).toString("hex") : "none";
  told.push(`multi: ${multi.err}, zxids ${multi.zxid - made.zxid}, ${await counts(port)}`);
  told.push(`its body tells -120: ${errors.includes("ffffff88")}`);
  const container = encoded(CreateRequest, newNode("/c", { flags: CreateMode.container }));
  const other = await RawSession.open(port);
  told.push(`container: ${(await other.request(OpCode.createContainer, container)).err}`);
  const end = await other.request(OpCode.closeSession, new Uint8Array(0));
  const reply = await session.request(OpCode.sync, encoded(PathRequest, { path: "/" }));
  told.push(`a close takes a zxid: ${end.zxid > multi.zxid + 1n} ${end.err} ${reply.err}`);
  const shown = (await fourLetter(port, "dump"))
    .split("\n")
    .filter((line) => /Session Sets|Sessions with/.test(line))
    .map((line) => line.replace(/\(\d+\)\/(\(\d+\))/, "(n)/$1"));
  return [...told, ...shown];
}

/** For the reference, an ensemble of one; Quoll has local sessions on a standalone server. */
async function startEnsembleOfOne(start: Start, config: Part[0]) {
  if (start !== startApache) {
    const server = await start({ config });
    return { server, dispose: () => server.dispose() };
  }
  const dataDir = await mkdtemp(join(tmpdir(), "quoll-test-apache-data-"));
  await writeFile(join(dataDir, "myid"), "1\n");
  const ports = [await freePort(), await freePort()];
  const member = { "server.1": `127.0.0.1:${ports.join(":")}`, standaloneEnabled: false };
  const limits = { initLimit: 10, syncLimit: 5 };
  const server = await start({ dataDir, config: { ...config, ...member, ...limits } });
  const dispose = async (): Promise<void> => {
    await server.dispose();
    for (const port of ports) returnPort(port);
    await rm(dataDir, { recursive: true, force: true });
  };
  return { server, dispose };
}

const counts = async (port: number): Promise<string> =>
  (await metrics(port, "global_sessions", "local_sessions")).join(", ");

/** `name value` for each of the names that `mntr` tells. */
async function metrics(port: number, ...names: readonly string[]): Promise<string[]> {
  const text = await fourLetter(port, "mntr");
  const values = new Map(text.split("\n").map((line) => line.split("\t") as [string, string]));
  return names.map((name) => `${name} ${Number(values.get(`zk_${name}`))}`);
}

const settled = (opening: Promise<RawSession>): Promise<string> =>
  opening.then(
    () => "open",
    () => "closed",
  );

const errOf = (reply: Promise<Reply>): Promise<string> =>
  reply.then(
    ({ err }) => `${err}`,
    () => "closed",
  );

async function until(done: () => Promise<boolean>): Promise<boolean> {
  for (const startedAt = performance.now(); performance.now() - startedAt < WAIT_MS_MAX; ) {
    if (await done()) return true;
    await wait(20);
  }
  return false;
}

type NewNode = { readonly bytes?: number; readonly flags?: number };

const create = (session: RawSession, path: string, node: NewNode): Promise<Reply> =>
  session.request(OpCode.create, encoded(CreateRequest, newNode(path, node)));

const newNode = (path: string, { bytes = 0, flags = 0 }: NewNode): CreateRequest => ({
  path,
  data: new Uint8Array(bytes),
  acl: [{ perms: 31, scheme: "world", id: "anyone" }],
  flags,
});
