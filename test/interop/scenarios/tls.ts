/**
 * Clients with TLS: who comes in with which certificate, under each of the settings that decide
 * it; the Java shell and kazoo with access control by certificate.
 */

import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as connectPlain, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type ConnectionOptions, connect } from "node:tls";
import { Certificates, type Holder } from "../../support/certificates.ts";
import { freePort, returnPort } from "../../support/ports.ts";
import { runCommand } from "../../support/processes.ts";
import { handshake } from "../../support/raw-session.ts";
import { REFERENCE_CLASSES, REPOSITORY, type Start, type Subject } from "../../support/subjects.ts";
import type { Scenario } from "../scenario.ts";

const LIMIT_MS = 60_000;
/** A server that has not answered by then has closed, or does not mean to answer. */
const ANSWER_MS_MAX = 10_000;
const ATTEMPTS_MAX = 100;
const SUBJECT = "CN=alice,OU=a\\, b+UID=7,O=Quoll,C=DE";

type Cast = {
  readonly made: Certificates;
  readonly ca: string;
  readonly server: Holder;
  readonly alice: Holder;
  readonly bob: Holder;
  readonly root: Holder;
  readonly stranger: Holder;
  readonly outdated: Holder;
  readonly forServers: Holder;
};

function castIn(folder: string): Cast {
  const made = new Certificates(folder);
  const [ours, theirs] = [made.authority("ours"), made.authority("theirs")];
  const holder = (name: string, more = {}, by = ours): Holder =>
    made.sign(by, { name, subject: `/C=DE/O=Quoll/CN=${name}`, ...more });
  return {
    made,
    ca: ours.cert,
    server: holder("server", { names: "IP:127.0.0.1,DNS:localhost" }),
    alice: holder("alice", { subject: "/C=DE/O=Quoll/OU=a, b+UID=7/CN=alice" }),
    bob: holder("bob"),
    root: holder("root"),
    stranger: holder("stranger", {}, theirs),
    outdated: holder("outdated", { days: -1 }),
    forServers: holder("for-servers", { purpose: "serverAuth" }),
  };
}

type Served = Subject & { readonly securePort: number };

async function serve(
  start: Start,
  cast: Cast,
  config: Readonly<Record<string, string | number>>,
): Promise<Served> {
  const securePort = await freePort();
  const server = await start({
    config: {
      secureClientPort: securePort,
      serverCnxnFactory: "org.apache.zookeeper.server.NettyServerCnxnFactory",
      "ssl.keyStore.location": cast.server.both,
      "ssl.trustStore.location": cast.ca,
      // 3.8.0 speaks none that is newer than this one, and has no suites of TLSv1.3 by itself.
      "ssl.protocol": "TLSv1.3",
      "ssl.ciphersuites": "TLS_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "ssl.enabledProtocols": "TLSv1.2,TLSv1.3",
      "X509AuthenticationProvider.superUser": "CN=root,O=Quoll,C=DE",
      ...config,
    },
  });
  const served = Object.assign(server, { securePort });
  // 3.8.0 opens its secure port after the other one, and first closes whoever comes there.
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if ((await ask(dial(cast, securePort, cast.alice))) === "session") return served;
    await wait(100);
  }
  await server.dispose();
  throw new Error("nobody was let in at the secure port");
}

function dial(
  cast: Cast,
  port: number,
  who: Holder | undefined,
  more: ConnectionOptions = {},
): Socket {
  const both = who === undefined ? undefined : readFileSync(who.both);
  const ca = readFileSync(cast.ca);
  return connect({ host: "127.0.0.1", port, ca, ...(both && { key: both, cert: both }), ...more });
}

/** Whether a session comes of it. */
function ask(socket: Socket): Promise<"session" | "closed"> {
  const request = handshake({ timeoutMs: 10_000 });
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), ANSWER_MS_MAX);
    socket.on("error", () => {}); // "close" follows
    socket.once("data", () => {
      resolve("session");
      socket.destroy();
    });
    socket.once("close", () => {
      clearTimeout(timer);
      resolve("closed");
    });
    socket.write(request);
  });
}

async function whoComesIn(server: Served, cast: Cast): Promise<string[]> {
  const tls = (port: number, who: Holder | undefined, more?: ConnectionOptions): Socket =>
    dial(cast, port, who, more);
  const { port, securePort } = server;
  const cases: ReadonlyArray<readonly [string, () => Socket]> = [
    ["a good certificate", () => tls(securePort, cast.alice)],
    ["no certificate", () => tls(securePort, undefined)],
    ["one of another authority", () => tls(securePort, cast.stranger)],
    ["an expired one", () => tls(securePort, cast.outdated)],
    ["one for servers", () => tls(securePort, cast.forServers)],
    ["TLSv1.2", () => tls(securePort, cast.alice, { maxVersion: "TLSv1.2" })],
    ["TLSv1.3", () => tls(securePort, cast.alice, { minVersion: "TLSv1.3" })],
    ["no TLS on the secure port", () => connectPlain(securePort, "127.0.0.1")],
    ["TLS on the plain port", () => tls(port, cast.alice)],
    ["no certificate on the plain port", () => tls(port, undefined)],
    ["no TLS on the plain port", () => connectPlain(port, "127.0.0.1")],
  ];
  const outcome: string[] = [];
  for (const [name, open] of cases) outcome.push(`  ${name}: ${await ask(open())}`);
  return outcome;
}

const SETTINGS: ReadonlyArray<readonly [name: string, config: Readonly<Record<string, string>>]> = [
  ["need", {}],
  ["want", { "ssl.clientAuth": "want" }],
  ["none", { "ssl.clientAuth": "none" }],
  ["both on one port", { "client.portUnification": "true" }],
  ["TLSv1.2 only", { "ssl.enabledProtocols": "TLSv1.2" }],
];

async function javaShell(server: Served, cast: Cast, who: Holder): Promise<string[]> {
  const properties = {
    clientCnxnSocket: "org.apache.zookeeper.ClientCnxnSocketNetty",
    "client.secure": "true",
    "ssl.keyStore.location": who.both,
    "ssl.trustStore.location": cast.ca,
  };
  const flags = Object.entries(properties).map(([key, value]) => `-Dzookeeper.${key}=${value}`);
  const main = ["org.apache.zookeeper.ZooKeeperMain", "-server", `127.0.0.1:${server.securePort}`];
  const commands = ["whoami", "create /java data auth::cdrwa", "getAcl /java", "get /java", "quit"];
  const ran = await runCommand(["java", "-cp", REFERENCE_CLASSES, ...flags, ...main], {
    limitMs: LIMIT_MS,
    input: `${commands.join("\n")}\n`,
  });
  const lines = `${ran.stdout}\n${ran.stderr}`.split("\n");
  // Identities are told in no order, and errors on a stream of their own.
  return lines
    .filter((line) => /^(x509|super|ip): |^'x509|^: |^data$|permission|Created|exists/.test(line))
    .map((line) => `  ${line}`)
    .sort();
}

async function kazoo(server: Served, { ca, alice, bob, root }: Cast): Promise<string[]> {
  const script = join(REPOSITORY, "test/interop/kazoo/tls.py");
  const files = [ca, SUBJECT, alice.both, bob.both, root.both];
  const argv = ["/usr/bin/python3", "-B", script, `127.0.0.1:${server.securePort}`, ...files];
  const ran = await runCommand(argv, { limitMs: LIMIT_MS });
  if (ran.code !== 0) throw new Error(`tls.py: ${ran.stdout}\n${ran.stderr}`);
  return ran.stdout.trimEnd().split("\n");
}

async function keytool(cast: Cast): Promise<string> {
  const store = cast.made.path("trust.p12");
  const argv = ["keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", cast.ca];
  const more = ["-keystore", store, "-storetype", "PKCS12", "-storepass", "secret"];
  const ran = await runCommand([...argv, ...more], { limitMs: LIMIT_MS });
  if (ran.code !== 0) throw new Error(ran.stdout);
  return store;
}

/** One server's part of the outcome, under a title. */
async function chapter(
  title: string,
  serving: Promise<Served>,
  tell: (server: Served) => Promise<string[]>,
): Promise<string[]> {
  const server = await serving;
  try {
    return [title, ...(await tell(server))];
  } finally {
    returnPort(server.securePort);
    await server.dispose();
  }
}

export const tls: Scenario = {
  name: "tls",
  async run(start) {
    const folder = await mkdtemp(join(tmpdir(), "quoll-tls-"));
    try {
      const cast = castIn(folder);
      const outcome: string[] = [];
      for (const [name, config] of SETTINGS) {
        const serving = serve(start, cast, config);
        outcome.push(...(await chapter(name, serving, (server) => whoComesIn(server, cast))));
      }
      const pkcs12 = serve(start, cast, {
        "ssl.keyStore.location": cast.made.pkcs12(cast.server, "server.p12", "secret"),
        "ssl.keyStore.password": "secret",
        "ssl.trustStore.location": await keytool(cast),
        "ssl.trustStore.password": "secret",
      });
      outcome.push(
        ...(await chapter("PKCS12", pkcs12, async (server) => [
          ...(await whoComesIn(server, cast)),
          ...(await kazoo(server, cast)),
          ...(await javaShell(server, cast, cast.alice)),
          ...(await javaShell(server, cast, cast.bob)),
          ...(await javaShell(server, cast, cast.root)),
        ])),
      );
      return outcome;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
