/**
 * The real server against what goes wrong around it: clients that do not read or speak nonsense,
 * folders and disks that cannot be used, ports that are taken. It serves the others, or it stops
 * with one clear line.
 */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { GetDataResponse } from "../src/records/client.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { create, granted, read } from "./support/operations.ts";
import { ClosedError, decoded, RawSession } from "./support/raw-session.ts";
import { ServerProcess } from "./support/server-process.ts";

const HOME = mkdtempSync(join(tmpdir(), "quoll-bad-"));
const servers: ServerProcess[] = [];
let folders = 0;
const NO_NODE = -101;
after(async () => {
  for (const server of servers) await server.kill();
  rmSync(HOME, { recursive: true, force: true });
});

const newFolder = (): string => {
  const folder = join(HOME, `data${++folders}`);
  mkdirSync(folder);
  return folder;
};
function serve(folder: string, ...flags: string[]): ServerProcess {
  const server = ServerProcess.on(folder, ...flags);
  servers.push(server);
  return server;
}
/** A server that is expected not to start: its exit code and its fatal line. */
async function refused(server: ServerProcess): Promise<readonly [code: unknown, line: string]> {
  servers.push(server);
  const code = await server.end();
  equal(server.count('"fatal"'), 1, server.output);
  return [code, server.output.split("\n").find((line) => line.includes('"fatal"')) ?? ""];
}

const bytesOf = (count: number): Uint8Array => new Uint8Array(count).fill(0x61);

const closedOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on("error", () => {}); // "close" follows
    socket.once("close", () => resolve());
    socket.resume();
  });

// ---- clients ----

test("a client that reads nothing is not read either, and the others are served", async () => {
  const server = serve(newFolder());
  const port = await server.port();
  const [greedy, other] = [await RawSession.open(port), await RawSession.open(port)];
  await granted("create", create(other, "/big", bytesOf(1_000_000)));
  greedy.socket.pause();
  const asked = Array.from({ length: 30 }, () => read(greedy, OpCode.getData, "/big"));
  for (let at = 0; at < 30; at++) await granted("get", read(other, OpCode.getData, "/big"));
  greedy.socket.resume();
  for (const answer of asked) equal((await answer).err, 0);
  await Promise.all([greedy.close(), other.close()]);
  equal(await server.stop(), 0);
});

test("a chunk of requests for much data is answered as far as the client reads", async () => {
  const server = serve(newFolder());
  const port = await server.port();
  const [greedy, other] = [await RawSession.open(port), await RawSession.open(port)];
  await granted("create", create(other, "/big", bytesOf(1_000_000)));
  greedy.socket.pause();
  greedy.socket.cork();
  const asked = Array.from({ length: 150 }, () => read(greedy, OpCode.getData, "/big"));
  greedy.socket.uncork();
  for (let at = 0; at < 30; at++) await granted("get", read(other, OpCode.getData, "/big"));
  greedy.socket.resume();
  for (const answer of asked) equal((await answer).err, 0);
  equal(server.count("its client does not read"), 0);
  await Promise.all([greedy.close(), other.close()]);
  equal(await server.stop(), 0);
});

test("a client that leaves too many watch events unread is ended", async () => {
  const server = serve(newFolder());
  const port = await server.port();
  const [deaf, other] = [await RawSession.open(port), await RawSession.open(port)];
  const paths = Array.from({ length: 85 }, (_, at) => `/${at}${"x".repeat(950_000)}`);
  for (const path of paths) equal((await read(deaf, OpCode.exists, path, true)).err, NO_NODE);
  deaf.socket.pause();
  for (const path of paths) await granted("create", create(other, path, null));
  await server.until("the line", () => server.count("its client does not read") === 1);
  await granted("get", read(other, OpCode.getData, paths[0]!));
  deaf.socket.resume();
  await deaf.whenClosed();
  equal(await server.stop(), 0);
});

test("a connection that says nothing, or half a handshake, is closed in time", async () => {
  const server = serve(newFolder(), "-Dzookeeper.nio.sessionlessCnxnTimeout=50");
  const port = await server.port();
  const [silent, half] = [connect(port, "127.0.0.1"), connect(port, "127.0.0.1")];
  half.write(new Uint8Array([0, 0, 0, 45, 0, 0]));
  await Promise.all([closedOf(silent), closedOf(half)]);
  equal(await server.stop(), 0);
});

test("a flood of nonsense is told in few lines, and holds no secret", async () => {
  const server = serve(newFolder());
  const port = await server.port();
  const secret = "tell-no-one";
  await Promise.all(Array.from({ length: 50 }, () => nonsense(port, secret)));
  await server.until("the count", () => server.count("lines were left out") > 0);
  ok(server.count("bytes against the protocol") <= 20);
  const session = await RawSession.open(port);
  equal((await session.auth("digest", `bob:${secret}`)).err, 0);
  const wrong = await session.auth("nosuch", secret).catch((error: unknown) => error);
  ok(wrong instanceof ClosedError || (wrong as { err: number }).err === -115);
  const password = new TextEncoder().encode(secret.padEnd(16));
  const stolen = await RawSession.open(port, { sessionId: session.sessionId, password });
  equal(stolen.timeoutMs, 0);
  const hex = Buffer.from(session.password).toString("hex");
  equal(await server.stop(), 0);
  for (const text of [secret, Buffer.from(secret).toString("base64"), hex]) {
    ok(!server.output.includes(text), `the log holds ${text}`);
  }
});

/** A frame that claims to be too long and has a secret behind. */
function nonsense(port: number, secret: string): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.write(Buffer.concat([Buffer.from([0x7f, 0xff, 0xff, 0xff]), Buffer.from(secret)]));
  return closedOf(socket);
}

test("a configuration with a super digest keeps it out of the log", async () => {
  const digest = "super:lK75jTNcA+U9vtVEw5vB51mj/w4=";
  const flag = `-Dzookeeper.DigestAuthenticationProvider.superDigest=${digest}`;
  const server = serve(newFolder(), flag);
  const session = await RawSession.open(await server.port());
  equal((await session.auth("digest", "super:secret")).err, 0);
  await session.close();
  equal(await server.stop(), 0);
  ok(!/lK75jTNcA|super:secret/.test(server.output));
});

// ---- starts that are refused ----

test("a port that is taken", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as { port: number };
  const config = join(newFolder(), "zoo.cfg");
  const text = `dataDir=${newFolder()}\nclientPort=${port}\nclientPortAddress=127.0.0.1\n`;
  writeFileSync(config, text);
  const [code, line] = await refused(new ServerProcess(["server", config]));
  other.close();
  equal(code, 1);
  match(line, new RegExp(`port ${port}: another process listens there`));
});

const wrong: ReadonlyArray<readonly [why: string, text: string, told: RegExp]> = [
  ["no dataDir", "clientPort=2181\n", /dataDir.*it is not set/],
  ["a port that is none", "dataDir=/tmp/x\nclientPort=port\n", /clientPort.*port/],
  ["a tick of nothing", "dataDir=/tmp/x\nclientPort=1\ntickTime=0\n", /tickTime/],
];
for (const [why, text, told] of wrong) {
  test(`a wrong configuration: ${why}`, async () => {
    const config = join(newFolder(), "zoo.cfg");
    writeFileSync(config, text);
    const [code, line] = await refused(new ServerProcess(["server", config]));
    equal(code, 2);
    match(line, told);
  });
}

test("a data folder below a file, and one that the system does not let make", async () => {
  const file = join(newFolder(), "file");
  writeFileSync(file, "");
  for (const folder of [join(file, "data"), "/proc/quoll"]) {
    const [code, line] = await refused(ServerProcess.on(folder));
    equal(code, 3);
    match(line, /dataDir: .* cannot be used \(E[A-Z]+/);
  }
});

/** A folder with two snapshots and a log behind them, and the last zxid in it. */
async function filled(): Promise<string> {
  const folder = newFolder();
  for (const name of ["a", "b"]) {
    const server = serve(folder);
    const session = await RawSession.open(await server.port());
    for (let at = 0; at < 5; at++) await granted("create", create(session, `/${name}${at}`, null));
    await session.close();
    equal(await server.stop(), 0);
  }
  return folder;
}

const namesIn = (folder: string, start: string): readonly string[] =>
  readdirSync(join(folder, "version-2")).filter((name) => name.startsWith(start));

test("what is wrong with the data is told with its place and what to do", async () => {
  const good = await filled();
  const copy = (): string => {
    const folder = newFolder();
    cpSync(good, folder, { recursive: true });
    return folder;
  };
  const unknown = copy();
  mkdirSync(join(unknown, "version-3"));
  const [, aboutVersion] = await refused(ServerProcess.on(unknown));
  match(aboutVersion, /holds version-3.*Move version-3 away/);

  const damaged = copy();
  const [log] = namesIn(damaged, "log.").toReversed();
  const file = join(damaged, "version-2", log!);
  const bytes = readFileSync(file);
  bytes[30] = bytes[30]! ^ 0xff;
  writeFileSync(file, bytes);
  const [code, aboutLog] = await refused(ServerProcess.on(damaged));
  equal(code, 1);
  match(aboutLog, /version-2\/log\.\w+ at byte \d+, after 0x\w+: .*Nothing was changed on disk/);

  const bare = copy();
  for (const name of namesIn(bare, "snapshot.")) {
    writeFileSync(join(bare, "version-2", name), "not a snapshot");
  }
  const server = ServerProcess.on(bare);
  const [, aboutSnapshots] = await refused(server);
  match(aboutSnapshots, /no snapshot that loads.*Otherwise restore a snapshot/);
  ok(server.count("is not used:") >= 1);

  const [left, right] = [copy(), newFolder()];
  mkdirSync(join(right, "version-2"));
  for (const name of namesIn(left, "snapshot.")) {
    renameSync(join(left, "version-2", name), join(right, "version-2", name));
  }
  const config = join(newFolder(), "zoo.cfg");
  writeFileSync(config, `dataDir=${left}\ndataLogDir=${right}\nclientPort=1\n`);
  const [, aboutSwap] = await refused(new ServerProcess(["server", config]));
  match(aboutSwap, /dataLogDir holds a snapshot file.*the right way round/);
});

// ---- a disk that ends ----

/** Mounts a small file system; undefined where this machine does not allow it. */
function smallDisk(): string | undefined {
  const folder = newFolder();
  const made = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]);
  return made.status === 0 ? folder : undefined;
}

const PREALLOC = "-Dzookeeper.preAllocSize=64";

test("a full disk stops the server with one line, and nothing acknowledged is lost", async (t) => {
  const disk = smallDisk();
  if (disk === undefined) return t.skip("no file system can be mounted here");
  try {
    const server = serve(disk, PREALLOC);
    const session = await RawSession.open(await server.port());
    const [code, acknowledged] = await fill(server, session);
    equal(code, 1);
    equal(server.count('"fatal"'), 1);
    match(server.output, /it failed while writing the log\. The disk is full: make space/);
    ok(acknowledged > 0);
    equal(spawnSync("mount", ["-o", "remount,size=16m", disk]).status, 0);
    await expectAll(serve(disk, PREALLOC), acknowledged);
  } finally {
    for (const server of servers) await server.kill();
    spawnSync("umount", [disk]);
  }
});

/** Writes until the server is gone; the number of writes that it acknowledged. */
async function fill(server: ServerProcess, session: RawSession) {
  let acknowledged = 0;
  for (;;) {
    const path = `/n${acknowledged}`;
    const reply = await create(session, path, bytesOf(20_000)).catch((error: unknown) => error);
    if (reply instanceof ClosedError) break;
    acknowledged++;
  }
  return [await server.end(), acknowledged] as const;
}

async function expectAll(server: ServerProcess, count: number): Promise<void> {
  const session = await RawSession.open(await server.port());
  for (let at = 0; at < count; at++) {
    const reply = await granted(`/n${at}`, read(session, OpCode.getData, `/n${at}`));
    deepEqual(
      Buffer.from(decoded(GetDataResponse, reply.body).data ?? []),
      Buffer.from(bytesOf(20_000)),
    );
  }
  await session.close();
  equal(await server.stop(), 0);
}

test("a disk that may only be read is refused at the start", async (t) => {
  const disk = smallDisk();
  if (disk === undefined) return t.skip("no file system can be mounted here");
  try {
    mkdirSync(join(disk, "version-2"));
    equal(spawnSync("mount", ["-o", "remount,ro", disk]).status, 0);
    const [code, line] = await refused(ServerProcess.on(disk));
    equal(code, 3);
    match(line, /cannot be used \(EROFS.*not read-only/);
  } finally {
    spawnSync("umount", [disk]);
  }
});
