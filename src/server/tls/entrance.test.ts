/** Clients at the entrance, with real sockets and certificates made by openssl. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { type Asked, Certificates, type Holder } from "../../../test/support/certificates.ts";
import { Metrics } from "../../base/metrics.ts";
import type { PeerInput } from "../../peer/io.ts";
import { loadConfig } from "../config/load-config.ts";
import { type ListenOptions, Sockets } from "../sockets.ts";
import { readClientTls } from "./client-tls.ts";
import { TlsKeeper } from "./keeper.ts";

const HOME = mkdtempSync(join(tmpdir(), "quoll-entrance-"));
after(() => rmSync(HOME, { recursive: true, force: true }));
const made = new Certificates(HOME);
const ours = made.authority("ours");
const theirs = made.authority("theirs");
const server = made.sign(ours, { name: "server", subject: "/CN=server", names: "IP:127.0.0.1" });
const holder = (name: string, more: Partial<Asked> = {}, by = ours): Holder =>
  made.sign(by, { name, subject: `/C=DE/O=Quoll/CN=${name}`, ...more });
const alice = holder("alice");
const stranger = holder("stranger", {}, theirs);
const outdated = holder("outdated", { days: -1 });
const forServers = holder("for-servers", { purpose: "serverAuth" });
const placed = holder("placed", { names: "IP:127.0.0.1" });
const elsewhere = holder("elsewhere", { names: "IP:10.9.8.7,DNS:localhost" });
const named = made.sign(ours, { name: "named", subject: "/O=Quoll/CN=127.0.0.1" });

type Limits = { readonly maxCnxns?: number; readonly maxClientCnxns?: number };
type Setup = Limits & { readonly config?: string; readonly speaks?: ListenOptions["speaks"] };

function configOf(lines: string) {
  const text = `dataDir=${HOME}/data
secureClientPort=1
ssl.keyStore.location=${server.both}
ssl.trustStore.location=${ours.cert}
${lines}
`;
  return loadConfig({ argv: ["zoo.cfg"], env: {}, readFile: () => text }).config;
}

/** A server that tells what it hears, and answers what it is sent. */
class Hall {
  readonly inputs: PeerInput[] = [];
  readonly lines: string[] = [];
  readonly metrics = new Metrics();
  readonly sockets: Sockets;
  readonly keeper: TlsKeeper;
  readonly entrance;
  private readonly looks = new Set<() => void>();
  port = 0;

  private constructor({ config = "", maxCnxns = 0, maxClientCnxns = 0 }: Setup) {
    this.keeper = new TlsKeeper(configOf(config));
    const tell = (from: string, why: string): void => {
      match(from, /^127\.0\.0\.1/);
      this.lines.push(why);
      this.look();
    };
    const { metrics } = this;
    this.entrance = this.keeper.open(metrics, tell);
    const events = {
      answer: () => "",
      overrun: () => {},
      notAccepted: () => {},
      turnedAway: tell,
    };
    const limits = { maxCnxns, maxClientCnxns };
    this.sockets = new Sockets(events, { limits, metrics, entrance: this.entrance });
    this.sockets.serve((input) => {
      this.inputs.push(
        input.kind === "received" ? { ...input, bytes: input.bytes.slice() } : input,
      );
      if (input.kind === "received") this.sockets.send(input.conn, input.bytes);
      this.look();
    });
  }

  static async open(setup: Setup = {}): Promise<Hall> {
    const hall = new Hall(setup);
    const { speaks = "tls" } = setup;
    const common = { address: "127.0.0.1", backlog: undefined, keepAlive: false };
    hall.port = (await hall.sockets.listen({ ...common, port: 0, speaks })).port;
    return hall;
  }

  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.looks.delete(look);
        resolve();
      };
      this.looks.add(look);
      look();
    });
  }

  tls(options: ConnectionOptions = {}): TLSSocket {
    const { port } = this;
    const ca = readFileSync(ours.cert);
    return connectTls({ port, host: "127.0.0.1", ca, ...options });
  }

  plain(): Socket {
    return connect(this.port, "127.0.0.1");
  }

  value(name: string): number | undefined {
    return [...this.metrics.readings()].find((reading) => reading.name === name)?.value;
  }

  private look(): void {
    for (const look of [...this.looks]) look();
  }
}

const show = (who: Holder): ConnectionOptions => ({
  key: readFileSync(who.both),
  cert: readFileSync(who.both),
});

/** What comes back for `text`; "" when the connection ends without. */
function echo(socket: Socket, text = "hello"): Promise<string> {
  return new Promise((resolve) => {
    socket.on("error", () => {}); // "close" follows
    socket.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    socket.once("close", () => resolve(""));
    socket.write(text);
  });
}

const idsOf = (hall: Hall) =>
  hall.inputs.flatMap((input) => (input.kind === "opened" ? [input.ids ?? []] : []));

const SUBJECT = "CN=alice,O=Quoll,C=DE";
const WELCOME: ReadonlyArray<
  readonly [why: string, config: string, who: Holder | undefined, ids: readonly string[]]
> = [
  ["need, and a certificate", "", alice, [`x509 ${SUBJECT}`]],
  ["want, and a certificate", "ssl.clientAuth=WANT", alice, [`x509 ${SUBJECT}`]],
  ["want, and none", "ssl.clientAuth=want", undefined, []],
  ["none, and none", "ssl.clientAuth=none", undefined, []],
  ["none, and a certificate that nobody asked for", "ssl.clientAuth=none", stranger, []],
  [
    "the super user",
    `X509AuthenticationProvider.superUser=${SUBJECT}`,
    alice,
    [`super ${SUBJECT}`, `x509 ${SUBJECT}`],
  ],
  [
    "the address is named",
    "ssl.clientHostnameVerification=true",
    placed,
    ["x509 CN=placed,O=Quoll,C=DE"],
  ],
  [
    "the address is the common name, and there is no other",
    "ssl.clientHostnameVerification=true",
    named,
    ["x509 CN=127.0.0.1,O=Quoll"],
  ],
  [
    "names are not verified at all",
    "ssl.clientHostnameVerification=true\nssl.hostnameVerification=false",
    elsewhere,
    ["x509 CN=elsewhere,O=Quoll,C=DE"],
  ],
];

for (const [why, config, who, ids] of WELCOME) {
  test(`welcome: ${why}`, async () => {
    const hall = await Hall.open({ config });
    const client = hall.tls(who === undefined ? {} : show(who));
    equal(await echo(client), "hello");
    deepEqual(
      idsOf(hall).map((all) => all.map(({ scheme, id }) => `${scheme} ${id}`)),
      [ids],
    );
    client.destroy();
    await hall.sockets.stop();
    deepEqual(hall.lines, []);
  });
}

const VERIFY = "ssl.clientHostnameVerification=true";
const REFUSED: ReadonlyArray<
  readonly [why: string, config: string, who: Holder | undefined, line: RegExp]
> = [
  ["need, and no certificate", "", undefined, /shows no certificate, and ssl\.clientAuth=need/],
  ["another authority", "", stranger, /not trusted: its authority is not in ssl\.trustStore/],
  ["another authority, with want", "ssl.clientAuth=want", stranger, /not trusted/],
  ["expired", "", outdated, /not trusted: it has expired/],
  ["meant for servers", "", forServers, /not trusted: it is not meant for clients/],
  ["no name of the address", VERIFY, alice, /does not name its address/],
  // What DNS says of 127.0.0.1 is localhost, which this certificate has: nobody may ask.
  ["CVE-2026-24281: the name that DNS gives its address", VERIFY, elsewhere, /does not name its/],
];

for (const [why, config, who, line] of REFUSED) {
  test(`refused: ${why}`, async () => {
    const hall = await Hall.open({ config });
    equal(await echo(hall.tls(who === undefined ? {} : show(who))), "");
    await hall.until(() => hall.lines.length > 0);
    match(hall.lines[0]!, line);
    deepEqual(idsOf(hall), []);
    equal(hall.value("unsuccessful_handshake"), 1);
    equal(hall.value("outstanding_tls_handshake"), 0);
    await hall.sockets.stop();
  });
}

const NO_TLS: ReadonlyArray<readonly [why: string, bytes: readonly number[], line: RegExp]> = [
  ["a plain client", [0, 0, 0, 45, 0, 0, 0, 0, 0, 0], /does not speak TLS/],
  ["a four-letter word", [...Buffer.from("srvr\n")], /does not speak TLS/],
  ["HTTP", [...Buffer.from("GET / HTTP/1.1\r\n\r\n")], /it speaks HTTP/],
  ["a record that is none", [22, 3, 1, 0, 5, 9, 9, 9, 9, 9], /the handshake failed: ERR_SSL/],
];
for (const [why, bytes, line] of NO_TLS) {
  test(`on the secure port: ${why}`, async () => {
    const hall = await Hall.open();
    const client = hall.plain();
    const closed = echo(client, "");
    client.write(new Uint8Array(bytes));
    await hall.until(() => hall.lines.length > 0);
    match(hall.lines[0]!, line);
    await closed;
    await hall.sockets.stop();
  });
}

test("a client that ends or half-closes in its handshake is told of once", async () => {
  const hall = await Hall.open();
  hall.plain().end(Buffer.from([22, 3, 1]));
  await hall.until(() => hall.lines.length === 1);
  const client = hall.plain();
  client.write(Buffer.from([22, 3, 1]), () => client.resetAndDestroy());
  await hall.until(() => hall.lines.length === 2);
  deepEqual(hall.lines, ["the client ended the handshake", "the client ended the handshake"]);
  equal(hall.value("outstanding_tls_handshake"), 0);
  await hall.sockets.stop();
});

test("a handshake that does not end has its time", async (t) => {
  const hall = await Hall.open();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const client = hall.plain();
  const closed = echo(client, "");
  client.write(Buffer.from([22]));
  await new Promise((resolve) => setImmediate(resolve));
  while (hall.value("outstanding_tls_handshake") === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.mock.timers.tick(10_000);
  await hall.until(() => hall.lines.length > 0);
  deepEqual(hall.lines, ["no TLS handshake within 10000 ms"]);
  equal(await closed, "");
  t.mock.timers.reset();
  await hall.sockets.stop();
});

for (const [what, limits] of [
  ["maxCnxns", { maxCnxns: 2 }],
  ["maxClientCnxns", { maxClientCnxns: 2 }],
  ["outstandingHandshake.limit", { config: "netty.server.outstandingHandshake.limit=2" }],
] as const) {
  test(`${what} bounds handshakes under way too, and a place is free again`, async () => {
    const hall = await Hall.open(limits);
    const silent = [hall.plain(), hall.plain()];
    while (hall.value("outstanding_tls_handshake") !== 2) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    equal(await echo(hall.tls(show(alice))), "");
    await hall.until(() => hall.lines.length === 1);
    match(hall.lines[0]!, new RegExp(`more than .*${what}=2`));
    for (const socket of silent) socket.destroy();
    await hall.until(() => hall.lines.length === 3);
    const client = hall.tls(show(alice));
    equal(await echo(client), "hello");
    client.destroy();
    await hall.sockets.stop();
  });
}

test("either: both kinds come in by one port, each as what it is", async () => {
  const hall = await Hall.open({ speaks: "either" });
  const [plain, secure] = [hall.plain(), hall.tls(show(alice))];
  equal(await echo(plain, "plain"), "plain");
  equal(await echo(secure, "secure"), "secure");
  deepEqual(
    idsOf(hall).map((ids) => ids.map(({ id }) => id)),
    [[], [SUBJECT]],
  );
  equal(hall.value("non_mtls_local_conn_count"), 1);
  for (const socket of [plain, secure]) socket.destroy();
  await hall.sockets.stop();
});

test("either: who says nothing is closed in time", async () => {
  const config = "ssl.handshakeDetectionTimeoutMillis=20";
  const hall = await Hall.open({ speaks: "either", config });
  equal(await echo(hall.plain(), ""), "");
  deepEqual(hall.lines, ["silent for 20 ms"]);
  await hall.sockets.stop();
});

const VERSIONS: ReadonlyArray<
  readonly [config: string, version: "TLSv1.2" | "TLSv1.3", ok: boolean]
> = [
  ["", "TLSv1.2", true],
  ["", "TLSv1.3", true],
  ["ssl.enabledProtocols=TLSv1.2", "TLSv1.3", false],
  ["ssl.enabledProtocols=TLSv1.2", "TLSv1.2", true],
  ["ssl.protocol=TLSv1.3", "TLSv1.2", false],
  ["ssl.protocol=TLSv1.3\nssl.enabledProtocols=TLSv1.2,TLSv1.3", "TLSv1.2", true],
  ["ssl.ciphersuites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLSv1.3", false],
  ["ssl.ciphersuites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLSv1.2", true],
  ["ssl.ciphersuites=TLS_AES_128_GCM_SHA256", "TLSv1.2", false],
  ["ssl.ciphersuites=TLS_AES_128_GCM_SHA256", "TLSv1.3", true],
];
for (const [config, version, isIn] of VERSIONS) {
  test(`${version} with "${config}" ${isIn ? "comes in" : "stays out"}`, async () => {
    const hall = await Hall.open({ config });
    const client = hall.tls({ ...show(alice), minVersion: version, maxVersion: version });
    equal(await echo(client), isIn ? "hello" : "");
    if (!isIn) await hall.until(() => hall.lines.length > 0);
    client.destroy();
    await hall.sockets.stop();
  });
}

test("no session is taken up again: each connection is judged", async () => {
  const hall = await Hall.open();
  let session: Buffer | undefined;
  const first = hall.tls(show(alice));
  first.on("session", (given) => {
    session = given;
  });
  equal(await echo(first), "hello");
  first.destroy();
  const second = hall.tls({ ...show(alice), ...(session !== undefined && { session }) });
  equal(await echo(second), "hello");
  equal(second.isSessionReused(), false);
  ok(idsOf(hall)[1]?.some(({ id }) => id === SUBJECT));
  second.destroy();
  await hall.sockets.stop();
});

test("renewed stores count for the next handshake, and those who are in stay", async () => {
  const hall = await Hall.open();
  const before = hall.tls(show(alice));
  equal(await echo(before), "hello");
  hall.entrance.renew(readClientTls(configOf(`ssl.trustStore.location=${theirs.cert}`)));
  equal(await echo(hall.tls(show(alice))), "");
  const after_ = hall.tls(show(stranger));
  equal(await echo(after_), "hello");
  equal(await echo(before, "still"), "still");
  for (const socket of [before, after_]) socket.destroy();
  await hall.sockets.stop();
});
