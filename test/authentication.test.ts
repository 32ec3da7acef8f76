/** Authentication as an administrator sets it up: the real server with a file, and with modules. */
import { equal } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { utf8 } from "../src/base/bytes.ts";
import { AuthPacket } from "../src/records/client.ts";
import { ErrorCode } from "../src/records/error-codes.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { passwordOf } from "../src/session/password.ts";
import { granted, read } from "./support/operations.ts";
import { anyFreePort } from "./support/ports.ts";
import { encoded, RawSession } from "./support/raw-session.ts";
import { ServerProcess } from "./support/server-process.ts";

const HOME = mkdtempSync(join(tmpdir(), "quoll-auth-"));
const servers: ServerProcess[] = [];
after(async () => {
  for (const server of servers) await server.kill();
  rmSync(HOME, { recursive: true, force: true });
});

function serve(name: string, ...flags: string[]): ServerProcess {
  const server = ServerProcess.on(join(HOME, name), ...flags);
  servers.push(server);
  return server;
}

/** A configuration file in HOME: a data folder, any port, and `line`. */
async function fileOf(name: string, line: string): Promise<string> {
  const file = join(HOME, `${name}.cfg`);
  const lines = [`dataDir=${join(HOME, name)}`, `clientPort=${await anyFreePort()}`, line];
  writeFileSync(file, lines.join("\n"));
  return file;
}

function serveFile(file: string): ServerProcess {
  const server = new ServerProcess(["server", file]);
  servers.push(server);
  return server;
}

const auth = async (session: RawSession, scheme: string, credential: string): Promise<number> => {
  const packet = { type: 0, scheme, auth: utf8(credential) };
  return (await session.request(OpCode.auth, encoded(AuthPacket, packet))).err;
};

test("a provider that answers a promise refuses its client and harms nobody else", async () => {
  const module = join(HOME, "wild.mjs");
  writeFileSync(
    module,
    `export const provider = {
      scheme: "wild",
      authenticates: true,
      isValid: () => true,
      matches: () => false,
      authenticate: async () => { throw new Error("hidden"); },
    };`,
  );
  // Relative to the file, wherever the server was started.
  const server = serveFile(await fileOf("wild", "authProvider.1=./wild.mjs"));
  const port = await server.port();
  const [nobody, other] = [await RawSession.open(port), await RawSession.open(port)];
  equal(await auth(nobody, "wild", "x"), ErrorCode.AuthFailed);
  equal(await auth(other, "digest", "bob:pw"), ErrorCode.Ok);
  equal(server.output.includes("hidden"), false);
  equal(await server.stop(), 0);
});

test("digest is there where its provider is named, though it is switched off", async () => {
  const off = "-Dzookeeper.DigestAuthenticationProvider.enabled=false";
  const named = "-Dzookeeper.authProvider.1=org.apache.zookeeper.server.auth.";
  const server = serve("named", off, `${named}DigestAuthenticationProvider`);
  const bob = await RawSession.open(await server.port());
  equal(await auth(bob, "digest", "bob:pw"), ErrorCode.Ok);
  equal(await server.stop(), 0);
});

test("passwords of a secret are good after a crash, those of the reference never", async () => {
  const file = await fileOf("secret", "quoll.sessionPasswords=random");
  const first = serveFile(file);
  const before = await RawSession.open(await first.port(), { timeoutMs: 60_000 });
  const { sessionId, password } = before;
  await first.kill();
  const again = serveFile(file);
  const port = await again.port();
  const thief = await RawSession.open(port, { sessionId, password: passwordOf(sessionId) });
  equal(thief.timeoutMs, 0);
  const back = await RawSession.open(port, { sessionId, password, timeoutMs: 60_000 });
  equal(back.sessionId, sessionId);
  await granted("its read", read(back, OpCode.getData, "/"));
  equal(await again.stop(), 0);
});
