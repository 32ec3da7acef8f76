/** The answers to four-letter words, in the words of 3.8.0. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { utf8 } from "../base/bytes.ts";
import { SESSION_NONE, toSessionId, toZxid } from "../base/ids.ts";
import { Metrics } from "../base/metrics.ts";
import type { ConnectionStatus, PeerStatus } from "../peer/status.ts";
import { argumentBytesOf, WORDS, wordAt } from "../peer/words.ts";
import { loadConfig } from "./config/load-config.ts";
import { type Environment, environmentOf, versionText } from "./environment.ts";
import { TraceMask } from "./four-letter-answers.ts";
import { answerWord, type WordContext } from "./four-letter-words.ts";
import { METRIC_TABLE } from "./metric-table.ts";

Object.assign(process.env, { TZ: "UTC" });

const AT = Date.UTC(2026, 10, 22, 17, 59, 16);
const A = toSessionId(0x1000012d9100000n);
const B = toSessionId(0x1000012d9100001n);

const NO_LATENCY = { minMs: 0, avgMs: 0, maxMs: 0 };

const sessionless: ConnectionStatus = {
  address: "127.0.0.1",
  port: 35436,
  outstanding: 0,
  received: 0,
  sent: 0,
  interestOps: 1,
  expiresAt: AT,
  sessionId: SESSION_NONE,
  lastOperation: "NA",
  establishedAt: 0,
  timeoutMs: 0,
  lastCxid: -1,
  lastZxid: toZxid(-1n),
  lastResponseAt: 0,
  lastLatencyMs: 0,
  latency: NO_LATENCY,
};

const sessionB: ConnectionStatus = {
  ...sessionless,
  port: 35422,
  received: 207,
  sent: 208,
  expiresAt: AT + 10_000,
  sessionId: B,
  lastOperation: "GETD",
  establishedAt: 1_795_370_345_243,
  timeoutMs: 20_000,
  lastCxid: 0xce,
  lastZxid: toZxid(0xcfn),
  lastResponseAt: 1_259_114,
  latency: { minMs: 0, avgMs: 0.9, maxMs: 12 },
};

const sessionA: ConnectionStatus = {
  ...sessionless,
  port: 35420,
  received: 10,
  sent: 11,
  sessionId: A,
  lastOperation: "GETC",
  establishedAt: 1_795_370_345_223,
  timeoutMs: 10_000,
  lastCxid: 9,
  lastZxid: toZxid(7n),
  lastResponseAt: 1_258_808,
  lastLatencyMs: 1,
  latency: { minMs: 0, avgMs: 2.4, maxMs: 8 },
};

/** The state that Apache ZooKeeper 3.8.0 was in when it gave the answers below. */
function statusLike(changes: Partial<PeerStatus> = {}): PeerStatus & { readonly calls: string[] } {
  const calls: string[] = [];
  return {
    mode: "standalone",
    serving: true,
    startedAt: AT - 5637,
    lastZxid: toZxid(0xcfn),
    znodeCount: 10,
    watchCount: 2,
    ephemeralsCount: 3,
    approximateDataSize: 133,
    outstandingRequests: 0,
    packetsReceived: 224,
    packetsSent: 224,
    latency: { minMs: 0, avgMs: 0.91713, maxMs: 12 },
    responseBytes: { last: 16, min: 16, max: 166 },
    globalSessions: 2,
    connectionDropProbability: 0,
    ensemble: undefined,
    localSessions: 0,
    localSessionsEnabled: false,
    connections: () => [sessionless, sessionB, sessionA],
    sessions: () => [
      { sessionId: B, timeoutMs: 20_000, isLocal: false, expiresAt: AT + 10_000 },
      { sessionId: A, timeoutMs: 10_000, isLocal: false, expiresAt: AT },
    ],
    ephemerals: () => [
      [A, ["/a/e2", "/a/e1"]],
      [B, ["/a/e3"]],
    ],
    watchSummary: () => ({ connections: 2, paths: 2, watches: 2 }),
    watchesBySession: () => [[B, ["/a/b", "/nope"]]],
    watchesByPath: () => [
      ["/a/b", [B]],
      ["/nope", [B]],
    ],
    digests: () => [
      { zxid: toZxid(0x80n), digest: 10_300_042_356n },
      { zxid: toZxid(0x100n), digest: 9_628_211_883n },
    ],
    resetServer: () => calls.push("server"),
    resetConnections: () => calls.push("connections"),
    calls,
    ...changes,
  };
}

const environment: Environment = {
  version: "0.1.0",
  builtOn: "2026-11-22 17:54 UTC",
  hostName: "localhost",
  nodeVersion: "v20.20.2",
  osName: "Linux",
  osArch: "amd64",
  osVersion: "6.18",
  userName: "root",
  userHome: "/root",
  userDir: "/tmp",
  now: () => AT,
  clientPort: () => 7300,
  secureClientPort: () => -1,
  memory: () => ({ free: 371 * 2 ** 20, max: 6028 * 2 ** 20, total: 388 * 2 ** 20 + 5 }),
  folderBytes: () => 66_009,
  fileDescriptors: () => ({ open: 42, max: 20_000 }),
};

function contextLike(changes: Partial<PeerStatus> = {}, whitelist = "*"): WordContext {
  const text = `tickTime=2000\ndataDir=/zk/data\nclientPort=7300\n4lw.commands.whitelist=${whitelist}\n`;
  const { config } = loadConfig({ argv: ["zoo.cfg"], env: {}, readFile: () => text });
  const metrics = new Metrics();
  return { status: statusLike(changes), config, environment, metrics, traceMask: new TraceMask() };
}

const VERSION = "3.9.5-quoll-0.1.0, built on 2026-11-22 17:54 UTC";

/** What 3.8.0 answered in that state; the version line is ours. */
const answers: ReadonlyArray<readonly [word: (typeof WORDS)[number], text: string]> = [
  ["ruok", "imok"],
  ["isro", "rw"],
  ["gtmk", "306"],
  ["crst", "Connection stats reset.\n"],
  ["srst", "Server stats reset.\n"],
  [
    "srvr",
    `Zookeeper version: ${VERSION}
Latency min/avg/max: 0/0.9171/12
Received: 224
Sent: 224
Connections: 3
Outstanding: 0
Zxid: 0xcf
Mode: standalone
Node count: 10
`,
  ],
  [
    "stat",
    `Zookeeper version: ${VERSION}
Clients:
 /127.0.0.1:35436[1](queued=0,recved=0,sent=0)
 /127.0.0.1:35422[1](queued=0,recved=207,sent=208)
 /127.0.0.1:35420[1](queued=0,recved=10,sent=11)

Latency min/avg/max: 0/0.9171/12
Received: 224
Sent: 224
Connections: 3
Outstanding: 0
Zxid: 0xcf
Mode: standalone
Node count: 10
`,
  ],
  [
    "cons",
    [
      " /127.0.0.1:35436[1](queued=0,recved=0,sent=0)",
      " /127.0.0.1:35422[1](queued=0,recved=207,sent=208,sid=0x1000012d9100001,lop=GETD," +
        "est=1795370345243,to=20000,lcxid=0xce,lzxid=0xcf,lresp=1259114,llat=0,minlat=0,avglat=0," +
        "maxlat=12)",
      " /127.0.0.1:35420[1](queued=0,recved=10,sent=11,sid=0x1000012d9100000,lop=GETC," +
        "est=1795370345223,to=10000,lcxid=0x9,lzxid=0x7,lresp=1258808,llat=1,minlat=0,avglat=2," +
        "maxlat=8)",
      "",
      "",
    ].join("\n"),
  ],
  [
    "dump",
    `SessionTracker dump:
Session Sets (2)/(2):
1 expire at Sun Nov 22 17:59:16 UTC 2026:
\t0x1000012d9100000
1 expire at Sun Nov 22 17:59:26 UTC 2026:
\t0x1000012d9100001
ephemeral nodes dump:
Sessions with Ephemerals (2):
0x1000012d9100000:
\t/a/e2
\t/a/e1
0x1000012d9100001:
\t/a/e3
Connections dump:
Connections Sets (2)/(3):
2 expire at Sun Nov 22 17:59:16 UTC 2026:
\tip: /127.0.0.1:35436 sessionId: 0x0
\tip: /127.0.0.1:35420 sessionId: 0x1000012d9100000
1 expire at Sun Nov 22 17:59:26 UTC 2026:
\tip: /127.0.0.1:35422 sessionId: 0x1000012d9100001
`,
  ],
  ["wchs", "2 connections watching 2 paths\nTotal watches:2\n"],
  ["wchc", "0x1000012d9100001\n\t/a/b\n\t/nope\n\n"],
  ["wchp", "/a/b\n\t0x1000012d9100001\n/nope\n\t0x1000012d9100001\n\n"],
  ["hash", "80: 10300042356\n100: 9628211883\n"],
  ["dirs", "datadir_size: 66009\nlogdir_size: 66009\n"],
  [
    "conf",
    `clientPort=7300
secureClientPort=-1
dataDir=/zk/data/version-2
dataDirSize=66009
dataLogDir=/zk/data/version-2
dataLogSize=66009
tickTime=2000
maxClientCnxns=60
minSessionTimeout=4000
maxSessionTimeout=40000
clientPortListenBacklog=-1
serverId=0
`,
  ],
  [
    "envi",
    `Environment:
zookeeper.version=${VERSION}
host.name=localhost
node.version=v20.20.2
os.name=Linux
os.arch=amd64
os.version=6.18
user.name=root
user.home=/root
user.dir=/tmp
os.memory.free=371MB
os.memory.max=6028MB
os.memory.total=388MB
`,
  ],
];

for (const [word, text] of answers) {
  test(`${word} answers as the reference does`, () => {
    equal(answerWord(word, contextLike()), text);
  });
}

/** 3.8.0, as a member of an ensemble without a quorum. */
const WITHOUT_QUORUM = "This ZooKeeper instance is not currently serving requests";
for (const word of WORDS) {
  test(`${word} while not serving`, () => {
    const text = answerWord(word, contextLike({ serving: false }), 100n);
    if (word === "ruok") equal(text, "imok");
    else if (word === "isro") equal(text, "null");
    else if (word === "gtmk") equal(text, "306");
    else if (word === "stmk") equal(text, "100");
    else if (word === "envi") match(text, /^Environment:\n/);
    else if (word === "hash") equal(text, WITHOUT_QUORUM);
    else equal(text, `${WITHOUT_QUORUM}\n`);
  });
}

test("only allowed words are answered, and srvr always is", () => {
  const context = contextLike({}, "ruok, conf");
  equal(answerWord("ruok", context), "imok");
  match(answerWord("conf", context), /^clientPort=/);
  match(answerWord("srvr", context), /^Zookeeper version/);
  const refusal = "isro is not executed because it is not in the whitelist.\n";
  equal(answerWord("isro", context), refusal);
  equal(answerWord("isro", contextLike({ serving: false }, "ruok")), refusal);
});

test("a reset word resets", () => {
  const context = contextLike();
  context.metrics.counter("x").add();
  answerWord("srst", context);
  answerWord("crst", context);
  equal(context.metrics.counter("x").value, 0);
  deepEqual((context.status as ReturnType<typeof statusLike>).calls, ["server", "connections"]);
});

test("stmk sets what gtmk tells", () => {
  const context = contextLike();
  equal(answerWord("stmk", context, 100n), "100");
  equal(answerWord("gtmk", context), "100");
});

test("a connection after a reset: no cxid, zxid -1", () => {
  const reset = { ...sessionA, received: 0, sent: 0, lastOperation: "NA", lastCxid: -1 };
  const connection = { ...reset, lastZxid: toZxid(-1n), lastResponseAt: 0, latency: NO_LATENCY };
  const context = contextLike({ connections: () => [{ ...connection, lastLatencyMs: 0 }] });
  equal(
    answerWord("cons", context),
    " /127.0.0.1:35420[1](queued=0,recved=0,sent=0,sid=0x1000012d9100000,lop=NA," +
      "est=1795370345223,to=10000,lzxid=0xffffffffffffffff,lresp=0,llat=0,minlat=0,avglat=0," +
      "maxlat=0)\n\n",
  );
});

test("read-only mode says so", () => {
  const context = contextLike({ mode: "read-only" });
  equal(answerWord("isro", context), "ro");
  match(answerWord("srvr", context), /\nREAD-ONLY mode; serving only read-only clients\nLatency/);
});

test("nothing watched, nothing digested", () => {
  const none = { watchesBySession: () => [], watchesByPath: () => [], digests: () => [] };
  const context = contextLike(none);
  equal(answerWord("wchc", context), "\n");
  equal(answerWord("wchp", context), "\n");
  equal(answerWord("hash", context), "");
});

test("words are recognised by their first four bytes", () => {
  for (const word of WORDS) equal(wordAt(utf8(word)), word);
  equal(wordAt(Uint8Array.of(0xff, 0xf4, 0xff, 0xfd)), "telnet close");
  equal(wordAt(utf8("RUOK")), undefined);
  equal(wordAt(Uint8Array.of(0, 0, 0, 44)), undefined);
  equal(answerWord("telnet close", contextLike()), "");
  equal(argumentBytesOf("stmk"), 8);
  equal(argumentBytesOf("srvr"), 0);
});

test("clients that parse the version find its digits", () => {
  // kazoo's pattern for the value of zookeeper.version; a common one for the first line of srvr.
  equal(/([\d.]*).*/s.exec(versionText(environment))?.[1], "3.9.5");
  equal(
    /^Zookeeper version: (\d+\.\d+\.\d+)-/.exec(answerWord("srvr", contextLike()))?.[1],
    "3.9.5",
  );
});

const namesOf = (mntr: string): string[] =>
  mntr
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t")[0]!);

test("mntr prints the gauges and what was measured", () => {
  const context = contextLike();
  context.metrics.summary("fsynctime").record(2);
  const text = answerWord("mntr", context);
  match(text, new RegExp(`^zk_version\t${VERSION}\nzk_server_state\tstandalone\n`));
  for (const line of [
    "zk_avg_latency\t0.9171",
    "zk_uptime\t5637",
    "zk_num_alive_connections\t3",
    "zk_min_client_response_size\t16",
    "zk_open_file_descriptor_count\t42",
    "zk_connection_drop_probability\t0.0",
    "zk_avg_fsynctime\t2.0",
    "zk_cnt_fsynctime\t1",
    "zk_looking_count\t0",
    "zk_avg_election_time\t0.0",
    "zk_p999_quorum_ack_latency\t0",
  ]) {
    ok(text.includes(`${line}\n`), line);
  }
  ok(!text.includes("readlatency"), "nobody measures it in this test");
});

test("mntr prints each name once, and no name that the table leaves out", () => {
  const context = contextLike();
  for (const { name, kind, source } of METRIC_TABLE) {
    if (source !== "fed") continue;
    if (kind === "counter") context.metrics.counter(name);
    if (kind === "summary") context.metrics.summary(name);
    if (kind === "percentiles") context.metrics.percentiles(name);
  }
  const names = namesOf(answerWord("mntr", context));
  equal(new Set(names).size, names.length);
  const absent = METRIC_TABLE.filter(({ source }) => source === "absent").map(({ name }) => name);
  deepEqual(
    absent.filter((name) => {
      const pattern = new RegExp(`^zk_((avg|min|max|cnt|sum|p\\d+)_)?${name}$`);
      return names.some((printed) => pattern.test(printed));
    }),
    [],
  );
});

test("the machine tells its facts", () => {
  const real = environmentOf({
    version: "0.1.0",
    builtOn: "",
    userDir: "/",
    now: () => 0,
    clientPort: () => 1,
    secureClientPort: () => -1,
  });
  ok(real.memory().total > 0);
  ok(real.folderBytes(new URL(".", import.meta.url).pathname) > 0);
  equal(real.folderBytes("/no/such/folder"), 0);
  ok(real.fileDescriptors().open !== 0);
});

test("dump tells local sessions from global ones where new sessions are local", () => {
  const sessions = () => [
    { sessionId: B, timeoutMs: 20_000, isLocal: true, expiresAt: AT + 10_000 },
    { sessionId: A, timeoutMs: 10_000, isLocal: false, expiresAt: AT },
  ];
  const text = answerWord("dump", contextLike({ localSessionsEnabled: true, sessions }));
  // As 3.8.0 printed it in an ensemble of one.
  ok(
    text.startsWith(`SessionTracker dump:
Local Session Sets (1)/(1):
1 expire at Sun Nov 22 17:59:26 UTC 2026:
\t0x1000012d9100001
Global Session Sets (1)/(1):
1 expire at Sun Nov 22 17:59:16 UTC 2026:
\t0x1000012d9100000
ephemeral nodes dump:
`),
    text,
  );
});
