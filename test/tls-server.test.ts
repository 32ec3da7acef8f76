/** The real server with TLS: what it refuses to start with, and certificates that change. */
import { equal, match } from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { askFourLetterWord } from "../src/server/four-letter-client.ts";
import { tlsOfFlags } from "../src/server/tls/client-flags.ts";
import { Certificates, type Holder } from "./support/certificates.ts";
import { freePort, returnPort } from "./support/ports.ts";
import { ServerProcess } from "./support/server-process.ts";

const HOME = mkdtempSync(join(tmpdir(), "quoll-tls-server-"));
after(() => rmSync(HOME, { recursive: true, force: true }));
const made = new Certificates(HOME);
const ours = made.authority("ours");
const theirs = made.authority("theirs");
const named = (name: string) => ({ name, subject: `/CN=${name}`, names: "IP:127.0.0.1" });
const server = made.sign(ours, named("server"));
const alice = made.sign(ours, named("alice"));
const bob = made.sign(theirs, named("bob"));

let count = 0;
function started(lines: string): ServerProcess {
  const [config, data] = [join(HOME, `zoo-${++count}.cfg`), join(HOME, `data-${count}`)];
  writeFileSync(config, `dataDir=${data}\ntickTime=2000\n${lines}\n`);
  return new ServerProcess(["server", config]);
}

/** The first line of `srvr`; the reason where there is none. */
async function srvr(port: number, who: Holder, trust: string): Promise<string> {
  const keyStore = `-Dzookeeper.ssl.keyStore.location=${who.both}`;
  const trustStore = `-Dzookeeper.ssl.trustStore.location=${trust}`;
  const tls = tlsOfFlags(`${keyStore} ${trustStore} -Dzookeeper.ssl.trustStore.type=PEM`);
  const question = { host: "127.0.0.1", port, word: "srvr", timeoutMs: 10_000, tls };
  const answer = await askFourLetterWord(question).catch((error: Error) => error.message);
  return answer.split("\n", 1)[0] ?? "";
}

const STORES = `ssl.keyStore.location=${server.both}\nssl.trustStore.location=${ours.cert}`;
const REFUSED: ReadonlyArray<readonly [why: string, lines: string, line: RegExp]> = [
  ["no key store", "secureClientPort=1", /ssl\.keyStore\.location: it is not set, and TLS/],
  [
    "no key store, with both on one port",
    "clientPort=1\nclient.portUnification=true",
    /ssl\.keyStore\.location: it is not set, and TLS/,
  ],
  [
    "no trust store, and clients must be known",
    `secureClientPort=1\nssl.keyStore.location=${server.both}`,
    /ssl\.trustStore\.location: it is not set, and ssl\.clientAuth is need/,
  ],
  [
    "a store that is not there",
    `secureClientPort=1\n${STORES}\nssl.keyStore.location=/none.pem`,
    /ssl\.keyStore\.location: \/none\.pem: the key store cannot be read/,
  ],
  ["an address without a port", `clientPort=1\nsecureClientPortAddress=::1`, /is not set/],
  [
    "an old protocol",
    `secureClientPort=1\n${STORES}\nssl.enabledProtocols=TLSv1,TLSv1.2`,
    /TLSv1 is not spoken/,
  ],
  [
    "an unknown cipher suite",
    `secureClientPort=1\n${STORES}\nssl.ciphersuites=TLS_NULL`,
    /TLS_NULL is no cipher suite/,
  ],
  [
    "cipher suites of no enabled protocol",
    `secureClientPort=1\n${STORES}\nssl.protocol=TLSv1.2\nssl.ciphersuites=TLS_AES_128_GCM_SHA256`,
    /none of ssl\.ciphersuites belongs/,
  ],
  ["a word that is none", `secureClientPort=1\n${STORES}\nssl.clientAuth=ned`, /need, want, none/],
  ["revocation lists", `clientPort=1\nssl.crl=true`, /ssl\.crl: revocation lists are not fetched/],
  ["OCSP", `clientPort=1\nssl.ocsp=true`, /ssl\.ocsp: the authority is not asked/],
  [
    "CVE-2026-24281: names from reverse DNS",
    `clientPort=1\nssl.allowReverseDnsLookup=true`,
    /whoever owns an address writes what DNS says/,
  ],
  [
    "a Java class for contexts",
    "clientPort=1\nssl.context.supplier.class=a.B",
    /Java classes cannot be loaded/,
  ],
  ["a Java class for certificates", "clientPort=1\nssl.authProvider=mine", /Java classes cannot/],
];
for (const [why, lines, line] of REFUSED) {
  test(`does not start: ${why}`, async () => {
    const process = started(lines);
    equal(await process.end(), 2);
    match(process.output, line);
  });
}

test("a server with a secure port only answers there, and a renewed trust store counts", async (t) => {
  const port = await freePort();
  const [keys, trust] = [join(HOME, "keys.pem"), join(HOME, "trust.pem")];
  copyFileSync(server.both, keys);
  copyFileSync(ours.cert, trust);
  const process = started(
    `secureClientPort=${port}\nclient.certReload=true\nssl.keyStore.location=${keys}\n` +
      `ssl.trustStore.location=${trust}`,
  );
  t.after(() => process.kill());
  await process.until("it serves", () => process.count("serving clients with TLS") === 1);
  match(await srvr(port, alice, ours.cert), /^Zookeeper version: /);
  equal((await srvr(port, bob, ours.cert)).startsWith("Zookeeper"), false);
  await process.until(
    "it says why",
    () => process.count("its authority is not in ssl.trust") === 1,
  );

  writeFileSync(trust, "spoilt");
  await process.until("it tells", () => process.count("the old ones stay in force") >= 1);
  match(await srvr(port, alice, ours.cert), /^Zookeeper version: /);

  writeFileSync(trust, readFileSync(theirs.cert));
  await process.until("it reads again", () => process.count("were read again") >= 1);
  match(await srvr(port, bob, ours.cert), /^Zookeeper version: /);
  equal((await srvr(port, alice, ours.cert)).startsWith("Zookeeper"), false);

  const renewed = made.sign(theirs, named("renewed"));
  copyFileSync(renewed.both, keys);
  await process.until("it reads the key again", () => process.count("were read again") >= 2);
  match(await srvr(port, bob, theirs.cert), /^Zookeeper version: /);
  equal(await process.stop(), 0);
  returnPort(port);
});
