/** What the reference's security notices were about, named by them, and what holds before a login. */
import { deepEqual, doesNotMatch, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { bytesOfHex, utf8 } from "../src/base/bytes.ts";
import { ZXID_ZERO } from "../src/base/ids.ts";
import { record, vector } from "../src/jute/codec.ts";
import * as client from "../src/records/client.ts";
import { Permission } from "../src/records/constants.ts";
import { Acl } from "../src/records/data.ts";
import { ErrorCode } from "../src/records/error-codes.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { passwordOf } from "../src/session/password.ts";
import { fourLetter } from "./support/four-letter.ts";
import { MachineWorld, type WorldClient } from "./support/machine-world.ts";
import { decoded, encoded, RawSession } from "./support/raw-session.ts";
import { ServerProcess } from "./support/server-process.ts";

const Nothing = record({});
const CREATOR: readonly Acl[] = [{ perms: Permission.ALL, scheme: "auth", id: "" }];

function create(from: WorldClient, path: string, acl: readonly Acl[]): void {
  const request = { path, data: new Uint8Array(0), acl, flags: 0 };
  equal(from.err(from.ask(OpCode.create, client.CreateRequest, request)), ErrorCode.Ok);
}

function login(who: WorldClient, credential: string): void {
  const packet = { type: 0, scheme: "digest", auth: utf8(credential) };
  who.send(who.framed(-4, OpCode.auth, encoded(client.AuthPacket, packet)));
}

/** An owner that has authenticated and made `/secret`, and a stranger. */
function ownerAndStranger(): { world: MachineWorld; owner: WorldClient; stranger: WorldClient } {
  const world = new MachineWorld();
  const [owner, stranger] = [world.open(), world.open()];
  login(owner, "owner:pw");
  create(owner, "/secret", CREATOR);
  return { world, owner, stranger };
}

const events = (who: WorldClient): string[] => who.story.filter((line) => line.startsWith("event"));

for (const [why, mode] of [
  ["persistent", 0],
  ["recursive", 1],
] as const) {
  test(`CVE-2024-23944: a ${why} watch tells nothing of nodes that its owner may not read`, () => {
    const { owner, stranger } = ownerAndStranger();
    for (const who of [owner, stranger]) {
      who.ask(OpCode.addWatch, client.AddWatchRequest, { path: "/secret", mode });
    }
    create(owner, "/secret/child", CREATOR);
    const data = { path: "/secret", data: new Uint8Array(1), version: -1 };
    owner.ask(OpCode.setData, client.SetDataRequest, data);
    ok(events(owner).length >= 2, "its owner hears of both");
    deepEqual(events(stranger), []);
  });
}

test("CVE-2024-23944: a watch left by exists or getChildren on a node tells no stranger", () => {
  const { owner, stranger } = ownerAndStranger();
  stranger.ask(OpCode.exists, client.ReadRequest, { path: "/secret/new", watch: true });
  stranger.ask(OpCode.getChildren, client.ReadRequest, { path: "/secret", watch: true });
  create(owner, "/secret/new", CREATOR);
  deepEqual(events(stranger), []);
});

test("CVE-2024-23944: setWatches tells no stranger what it missed", () => {
  const { owner, stranger } = ownerAndStranger();
  create(owner, "/secret/new", CREATOR);
  const lists = {
    relativeZxid: ZXID_ZERO,
    data: ["/secret"],
    exist: ["/secret/new"],
    child: ["/secret"],
  };
  for (const who of [owner, stranger]) {
    who.send(who.framed(-8, OpCode.setWatches, encoded(client.SetWatchesRequest, lists)));
    equal(who.err(-8), ErrorCode.Ok);
  }
  ok(events(owner).length > 0, "its owner hears of it");
  deepEqual(events(stranger), []);
});

const aclOf = (who: WorldClient, path: string) => {
  const xid = who.ask(OpCode.getACL, client.PathRequest, { path });
  const { header, body } = who.reply(xid);
  return header.err === ErrorCode.Ok ? decoded(vector(Acl), body) : header.err;
};

test("CVE-2019-0201: getACL asks for READ or ADMIN, and masks ids for who may not ADMIN", () => {
  const { owner, stranger } = ownerAndStranger();
  equal(aclOf(stranger, "/secret"), ErrorCode.NoAuth);
  const [own] = aclOf(owner, "/secret") as Acl[];
  match(own?.id ?? "", /^owner:[\w+/]{27}=$/);
  create(owner, "/public", [...CREATOR, { perms: Permission.READ, scheme: "world", id: "anyone" }]);
  const ids = (aclOf(stranger, "/public") as Acl[]).map(({ id }) => id);
  deepEqual(ids, ["owner:x", "anyone"]);
});

test("before a session, an announced length allocates nothing and one too long is closed", () => {
  const world = new MachineWorld();
  const slow = world.connect();
  slow.send(bytesOfHex("000fffff"));
  slow.send(new Uint8Array(10));
  equal(slow.closed, undefined);
  const long = world.connect();
  long.send(bytesOfHex("7fffffff"));
  ok(long.closed !== undefined);
  world.pass(11_000);
  ok(slow.closed !== undefined, "without a handshake it is closed after a while");
});

test("before a session, connections of one address and in all are limited", () => {
  const world = new MachineWorld({ maxClientCnxns: 2, maxCnxns: 3 });
  const [, , third] = [world.connect(), world.connect(), world.connect()];
  match(third.closed ?? "", /maxClientCnxns=2/);
  equal(world.connect("10.0.0.2").closed, undefined);
  match(world.connect("10.0.0.3").closed ?? "", /maxCnxns=3/);
});

test("enforced schemes: nothing but authentication is served, and then all", () => {
  const world = new MachineWorld({ enforcedSchemes: ["digest"] });
  const required = ErrorCode.SessionClosedRequireSaslAuth;
  for (const [type, xid] of [
    [OpCode.ping, -2],
    [OpCode.closeSession, 1],
    [OpCode.exists, 2],
  ] as const) {
    const stranger = world.open();
    stranger.send(stranger.framed(xid, type, new Uint8Array(0)));
    equal(stranger.err(xid), required);
    ok(stranger.closed !== undefined);
  }
  const known = world.open();
  login(known, "bob:pw");
  equal(known.err(-4), ErrorCode.Ok);
  equal(known.err(known.ask(OpCode.exists, client.ReadRequest, { path: "/", watch: false })), 0);
  equal(known.err(known.ask(OpCode.closeSession, Nothing, {})), ErrorCode.Ok);
});

test("a digest without credential proves nothing", () => {
  const who = new MachineWorld().open();
  who.send(
    who.framed(
      -4,
      OpCode.auth,
      encoded(client.AuthPacket, { type: 0, scheme: "digest", auth: null }),
    ),
  );
  equal(who.err(-4), ErrorCode.AuthFailed);
  ok(who.closed !== undefined);
});

const folder = mkdtempSync(join(tmpdir(), "quoll-security-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("CVE-2017-5637: words that are dear are not run unless allowed", async () => {
  const server = ServerProcess.on(join(folder, "words"));
  try {
    const port = await server.port();
    for (const word of ["wchp", "wchc", "dump", "cons"]) {
      match(
        await fourLetter(port, word, 5000),
        /is not executed because it is not in the whitelist/,
      );
    }
  } finally {
    await server.stop();
  }
});

test("CVE-2026-24308: no secret of configuration or clients is logged, at any level", async () => {
  process.env["QUOLL_LOG_LEVEL"] = "trace";
  const secret = "hunter2hunter2";
  const server = ServerProcess.on(
    join(folder, "logs"),
    `-Dzookeeper.DigestAuthenticationProvider.superDigest=super:${secret}`,
    `-Dzookeeper.ssl.keyStore.password=${secret}`,
    `-Dzookeeper.SASLAuthenticationProvider.superPassword=${secret}`,
    "-Dzookeeper.4lw.commands.whitelist=*",
  );
  delete process.env["QUOLL_LOG_LEVEL"];
  try {
    const port = await server.port();
    const a = await RawSession.open(port);
    await a.auth("digest", `bob:${secret}`);
    await a.auth("nobody", secret).catch(() => {});
    await a.whenClosed();
    for (const word of ["conf", "envi", "cons", "dump"]) {
      doesNotMatch(await fourLetter(port, word, 5000), new RegExp(secret));
    }
  } finally {
    await server.stop();
  }
  doesNotMatch(server.output, new RegExp(secret));
});

/** A provider that knows one password, and falls over another. */
const PROVIDER = `export const provider = {
  scheme: "token",
  authenticates: true,
  isValid: (id) => id !== "",
  matches: (own, wanted) => own === wanted,
  authenticate(credential) {
    const token = new TextDecoder().decode(credential);
    if (token.startsWith("boom")) throw new Error("fell over " + token);
    return token === "open sesame" ? ["ali"] : undefined;
  },
};
`;

test("a provider from a module: it proves, refuses, and may throw without harm", async () => {
  const module = join(folder, "token.mjs");
  writeFileSync(module, PROVIDER);
  const server = ServerProcess.on(
    join(folder, "provider"),
    `-Dzookeeper.authProvider.token=${module}`,
    "-Dzookeeper.quoll.sessionPasswords=random",
  );
  try {
    const port = await server.port();
    for (const [credential, want] of [
      ["open sesame", ErrorCode.Ok],
      ["open barley", ErrorCode.AuthFailed],
      ["boom hunter2", ErrorCode.AuthFailed],
    ] as const) {
      const a = await RawSession.open(port);
      equal((await a.auth("token", credential)).err, want);
      await a.cut();
    }
  } finally {
    await server.stop();
  }
  match(server.output, /an authentication provider failed/);
  doesNotMatch(server.output, /hunter2/);
  equal(statSync(join(folder, "provider/session-secret")).mode & 0o777, 0o600);
});

test("random session passwords: no other password takes a session, also after a restart", async () => {
  const flag = "-Dzookeeper.quoll.sessionPasswords=random";
  const home = join(folder, "random");
  const first = ServerProcess.on(home, flag);
  const a = await RawSession.open(await first.port());
  await first.kill();
  const second = ServerProcess.on(home, flag);
  try {
    const port = await second.port();
    const { sessionId } = a;
    const guess = await RawSession.open(port, { sessionId, password: passwordOf(sessionId) });
    equal(guess.timeoutMs, 0);
    const own = await RawSession.open(port, { sessionId, password: a.password });
    equal(own.sessionId, sessionId);
    await own.close();
  } finally {
    await second.stop();
  }
});

for (const [why, flags, told] of [
  ["a module that is not there", ["authProvider.x=./none.mjs"], /cannot be loaded/],
  ["enforcing nothing", ["enforce.auth.enabled=true"], /enforce\.auth\.schemes: it is not set/],
  [
    "enforcing world",
    ["enforce.auth.enabled=true", "enforce.auth.schemes=world"],
    /no authentication provider for \\"world\\"/,
  ],
  [
    "enforcing sasl",
    ["enforce.auth.enabled=true", "enforce.auth.schemes=sasl"],
    /no authentication provider for \\"sasl\\"/,
  ],
  ["SASL alone", ["sessionRequireClientSASLAuth=true"], /asks for protection/],
] as const) {
  test(`refused at the start with exit code 2: ${why}`, async () => {
    const properties = flags.map((flag) => `-Dzookeeper.${flag}`);
    const server = ServerProcess.on(join(folder, "refused"), ...properties);
    equal(await server.end(), 2);
    match(server.output, told);
  });
}
