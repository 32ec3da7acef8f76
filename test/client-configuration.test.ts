/** `-client-configuration`: the shell over TLS, and what it says of keys that it cannot honour. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { readClientConfiguration } from "../src/main/client-configuration.ts";
import { Certificates } from "./support/certificates.ts";
import { anyFreePort } from "./support/ports.ts";
import { runCommand } from "./support/processes.ts";
import { ServerProcess } from "./support/server-process.ts";

const QUOLL = fileURLToPath(new URL("../src/main/quoll.js", import.meta.url));
const HOME = mkdtempSync(join(tmpdir(), "quoll-client-configuration-"));
const FILE = join(HOME, "client.properties");
const made = new Certificates(HOME);
const ours = made.authority("ours");
const names = "DNS:localhost,IP:127.0.0.1";
const serverFiles = made.sign(ours, { name: "server", subject: "/CN=server", names });
const alice = made.sign(ours, { name: "alice", subject: "/CN=alice" });
let server: ServerProcess;
let port = 0;

before(async () => {
  port = await anyFreePort();
  const config = join(HOME, "zoo.cfg");
  const stores = `ssl.keyStore.location=${serverFiles.both}\nssl.trustStore.location=${ours.cert}`;
  writeFileSync(config, `dataDir=${join(HOME, "data")}\nsecureClientPort=${port}\n${stores}\n`);
  server = new ServerProcess(["server", config]);
  await server.until("it serves", () => server.count("serving clients with TLS") === 1);
});
after(async () => {
  await server.kill();
  rmSync(HOME, { recursive: true, force: true });
});

/** Runs the shell with `lines` as its file. */
function run(lines: readonly string[], ...command: readonly string[]) {
  writeFileSync(FILE, lines.join("\n"));
  const flags = ["-server", `localhost:${port}`, "-client-configuration", FILE];
  return runCommand([process.execPath, QUOLL, "cli", ...flags, ...command], { limitMs: 30_000 });
}
const ssl = (...lines: readonly string[]): readonly string[] => [
  "zookeeper.client.secure=true",
  ...lines.map((line) => `zookeeper.ssl.${line}`),
];
const trust = `trustStore.location=${ours.cert}`;

test("PEM stores: commands and four-letter words go over TLS", async () => {
  const lines = ssl(trust, `keyStore.location=${alice.both}`, "enabledProtocols=TLSv1.3");
  const who = await run(
    [...lines, "zookeeper.clientCnxnSocket=x", "zookeeper.nonsense=1"],
    "whoami",
  );
  assert.equal(who.code, 0, who.stderr);
  assert.match(who.stdout, /^x509: CN=alice$/m);
  assert.match(who.stderr, /^zookeeper.clientCnxnSocket has no effect here$/m);
  assert.match(who.stderr, /^zookeeper.nonsense is not known$/m);
  const status = await run(lines, "status");
  assert.match(status.stdout, /^localhost:\d+ +standalone /m);
});

test("a PKCS #12 key store with its password", async () => {
  const store = made.pkcs12(alice, "alice.p12", "secret");
  const lines = ssl(trust, `keyStore.location=${store}`, "keyStore.password=secret");
  assert.match((await run(lines, "whoami")).stdout, /^x509: CN=alice$/m);
  const wrong = await run(
    ssl(trust, `keyStore.location=${store}`, "keyStore.password=no"),
    "whoami",
  );
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /the password does not open this key store/);
});

test("a JKS store is refused with the way out", async () => {
  const store = join(HOME, "trust.jks");
  writeFileSync(store, Buffer.from("feedfeed00000002", "hex"));
  const ran = await run(ssl(`trustStore.location=${store}`), "ls", "/");
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /is a JKS store, which only Java reads\. Convert it: keytool/);
});

test("a file that is not there", async () => {
  rmSync(FILE, { force: true });
  const argv = [process.execPath, QUOLL, "cli", "-client-configuration", FILE, "ls", "/"];
  const ran = await runCommand(argv, { limitMs: 30_000 });
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /^ENOENT/m);
});

const read = (flags: string, ...lines: readonly string[]) => {
  writeFileSync(FILE, lines.join("\n"));
  return readClientConfiguration(FILE, flags);
};

test("the file counts more than the flags", () => {
  const flags = "-Dzookeeper.client.secure=true -Djute.maxbuffer=5";
  assert.deepEqual(read(flags, "zookeeper.client.secure=false", "jute.maxbuffer=0x10"), {
    client: { requestBytesMax: 16 },
    notes: [],
  });
  assert.notEqual(read(flags).client.tls, undefined);
});

test("stores without TLS are told", () => {
  assert.deepEqual(read("", `zookeeper.ssl.${trust}`).notes, [
    "zookeeper.ssl.trustStore.location has no effect without zookeeper.client.secure=true",
  ]);
});

const refused: ReadonlyArray<readonly [line: string, told: RegExp]> = [
  ["zookeeper.server.principal=zk/host", /knows no SASL/],
  ["zookeeper.disableAutoWatchReset=true", /always set again/],
  ["zookeeper.ssl.crl=true", /revocation/],
  ["jute.maxbuffer=many", /no number of bytes/],
  ["zookeeper.ssl.enabledProtocols=TLSv1,TLSv1.2", /only TLSv1.2, TLSv1.3/],
  ["zookeeper.ssl.ciphersuites=NONE", /NONE is no cipher suite/],
];
for (const [line, told] of refused) {
  test(`refuses ${line}`, () => {
    assert.throws(() => read("", "zookeeper.client.secure=true", line), told);
  });
}
