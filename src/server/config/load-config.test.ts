/** From arguments, environment and zoo.cfg to values and notes, as 3.8.0 answered. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "./config-error.ts";
import { loadConfig } from "./load-config.ts";
import type { LoadedConfig, ServerConfig } from "./server-config.ts";

type Env = Readonly<Record<string, string>>;

function load(file: string, env: Env = {}, argv: readonly string[] = ["zoo.cfg"]): LoadedConfig {
  const files = new Map([["zoo.cfg", file]]);
  return loadConfig({
    argv,
    env,
    readFile(path) {
      const text = files.get(path);
      if (text === undefined) throw new Error(`ENOENT: no such file, open '${path}'`);
      return text;
    },
  });
}

const BASE = "dataDir=/d\nclientPort=7310\n";
const TWO = "server.1=a:1:2\nserver.2=b:1:2\n";
const LIMITS = "initLimit=10\nsyncLimit=5\n";

/** Files that Apache ZooKeeper 3.8.0 was asked about: what it takes from them. */
const accepted: ReadonlyArray<
  readonly [why: string, lines: string, want: Partial<ServerConfig>, notes?: RegExp]
> = [
  [
    "defaults",
    "",
    {
      clientPort: 7310,
      dataDir: "/d",
      dataLogDir: "/d",
      tickTimeMs: 3000,
      minSessionTimeoutMs: 6000,
      maxSessionTimeoutMs: 60_000,
      maxClientCnxns: 60,
      snapRetainCount: 3,
      purgeIntervalMs: 0,
      clientPortListenBacklog: -1,
      clientPortAddress: undefined,
      preAllocBytes: 64 * 1024 * 1024,
      snapSizeLimitBytes: 4 * 1024 ** 3,
      txnLogSizeLimitBytes: -1,
      maxFrameBytes: 1_048_575,
      forceSync: true,
      skipAcl: false,
      fourLetterWords: ["srvr"],
      superDigest: undefined,
    },
  ],
  ["blanks around a number", "tickTime= 2000 ", { tickTimeMs: 2000, minSessionTimeoutMs: 4000 }],
  ["a plus sign", "tickTime=+2000", { tickTimeMs: 2000 }],
  [
    "-1 is 2 and 20 ticks",
    "minSessionTimeout=-1\nmaxSessionTimeout=-1",
    {
      minSessionTimeoutMs: 6000,
      maxSessionTimeoutMs: 60_000,
    },
  ],
  ["booleans in any case", "digest.enabled=FALSE", { digestEnabled: false }],
  ["negative is no limit", "maxClientCnxns=-5\nmaxCnxns=4", { maxClientCnxns: -5, maxCnxns: 4 }],
  [
    "the last of two counts",
    "dataDir=/other",
    { dataDir: "/other" },
    /:1: dataDir is set again at zoo.cfg:3/,
  ],
  ["a relative folder", "dataDir=here", { dataDir: "here" }, /relative to the working directory/],
  ["./ says that it is meant", "dataLogDir=./here", { dataLogDir: "./here" }],
  ["too few snapshots kept", "autopurge.snapRetainCount=1", { snapRetainCount: 3 }, /3 is used/],
  ["purging off", "autopurge.purgeInterval=-1", { purgeIntervalMs: 0 }],
  ["a plain purge interval is hours", "autopurge.purgeInterval=2", { purgeIntervalMs: 7_200_000 }],
  ["units, since 3.10", "autopurge.purgeInterval=90s", { purgeIntervalMs: 90_000 }],
  ["one server line is standalone", "server.1=localhost:7320:7321", { clientPort: 7310 }],
  ["an empty client part", "server.1=localhost:7320:7321:participant;", { clientPort: 7310 }],
  ["a role in any case", "server.1=localhost:7320:7321:PARTICIPANT", {}],
  ["backlog", "clientPortListenBacklog=50", { clientPortListenBacklog: 50 }],
  ["an IPv6 address", "clientPortAddress=::1", { clientPortAddress: "::1" }],
  [
    "KB become bytes",
    "preAllocSize=64\ntxnLogSizeLimitInKb=10",
    {
      preAllocBytes: 65_536,
      txnLogSizeLimitBytes: 10_240,
    },
  ],
  [
    "words of the whitelist",
    "4lw.commands.whitelist= ruok , mntr",
    {
      fourLetterWords: ["srvr", "ruok", "mntr"],
    },
  ],
  ["unknown words", "4lw.commands.whitelist=ruok,roku", {}, /unknown words: roku/],
  ["yes and no", "forceSync=no\nskipACL=yes", { forceSync: false, skipAcl: true }],
  ["compression", "snapshot.compression.method=gz", { snapshotCompression: "gz" }],
];

for (const [why, lines, want, notes] of accepted) {
  test(`takes ${why}`, () => {
    const { config, notes: found } = load(`${BASE}${lines}\n`);
    for (const [key, value] of Object.entries(want)) {
      deepEqual(config[key as keyof ServerConfig], value, key);
    }
    if (notes === undefined) deepEqual(found, []);
    else match(found.join("\n"), notes);
  });
}

const refused: ReadonlyArray<readonly [why: string, file: string, told: RegExp]> = [
  ["no dataDir", "clientPort=7310\n", /zoo\.cfg: dataDir: it is not set/],
  ["no clientPort", "dataDir=/d\n", /zoo\.cfg: clientPort: it is not set/],
  ["clientPort 0 is not set", "dataDir=/d\nclientPort=0\n", /clientPort: it is not set/],
  ["an empty dataDir", "dataDir=\nclientPort=1\n", /:1: dataDir: "" is empty/],
  ["no number", `${BASE}tickTime=abc\n`, /:3: tickTime: "abc" is not a whole number\. Write: /],
  ["an empty number", `${BASE}tickTime=\n`, /:3: tickTime: "" is not a whole number/],
  ["no tick", `${BASE}tickTime=0\n`, /:3: tickTime: "0" is out of range/],
  ["a negative tick", `${BASE}tickTime=-5\n`, /out of range/],
  ["beyond 32 bits", `${BASE}tickTime=3000000000\n`, /out of range/],
  ["a port beyond 65535", `${BASE}clientPort=99999\n`, /:3: clientPort: "99999" is out of range/],
  ["letters after a port", `${BASE}clientPort=12ab\n`, /not a whole number/],
  [
    "minimum above maximum",
    `${BASE}minSessionTimeout=5000\nmaxSessionTimeout=4000\n`,
    /:3: minSessionTimeout: 5000 ms is more than maxSessionTimeout, 4000 ms/,
  ],
  ["a maximum of 0", `${BASE}maxSessionTimeout=0\n`, /is more than maxSessionTimeout, 0 ms/],
  ["neither true nor false", `${BASE}digest.enabled=yes\n`, /:3: digest.enabled: "yes" is neither/],
  [
    "neither yes nor no",
    `${BASE}forceSync=false\n`,
    /:3: forceSync: "false" is neither yes nor no/,
  ],
  ["no time", `${BASE}autopurge.purgeInterval=x\n`, /autopurge.purgeInterval: "x" is not a time/],
  ["no compression", `${BASE}snapshot.compression.method=zip\n`, /not one of the choices/],
  ["a malformed escape", `${BASE}x=\\u00\n`, /zoo\.cfg:3: .*hexadecimal/],
  [
    "a server line without ports",
    `${BASE}server.1=localhost:7320\n`,
    /:3: server.1: .*server line/,
  ],
  ["a server without a number", `${BASE}server.x=localhost:1:2\n`, /server.x: .*not a server line/],
  ["an unknown role", `${BASE}server.1=localhost:1:2:foo\n`, /not a server line/],
  ["observers alone", `${BASE}server.1=localhost:1:2:observer\n`, /all server lines are observers/],
  ["an ensemble without limits", `${BASE}${TWO}syncLimit=5\n`, /initLimit: it is not set/],
  ["an ensemble without the other", `${BASE}${TWO}initLimit=5\n`, /syncLimit: it is not set/],
  ["a missing myid", `${BASE}${TWO}${LIMITS}`, /\/d\/myid: .*cannot be read: ENOENT/],
  [
    "an observer beside one participant",
    `${BASE}server.1=a:1:2\nserver.2=b:1:2:observer\n${LIMITS}`,
    /at least two participants/,
  ],
  ["a group too few", `${BASE}${TWO}${LIMITS}group.1=1\n`, /server 2 is not in a group/],
  ["a weight that is none", `${BASE}${TWO}weight.1=x\n`, /:5: weight\.1: "x" is not a weight line/],
  [
    "two addresses",
    `${BASE}${TWO}${LIMITS}server.3=c:1:2|d:1:2\n`,
    /server\.3: .*multiAddress\.enabled is false/,
  ],
  ["another election", `${BASE}electionAlg=1\n`, /electionAlg: "1" is not one of the choices/],
  ["a limit below 0", `${BASE}initLimit=-1\n`, /initLimit: "-1" is out of range/],
  ["standalone off, no servers", `${BASE}standaloneEnabled=false\n`, /without server lines/],
  [
    "a dynamic file that is missing",
    `${BASE}dynamicConfigFile=/no\n`,
    /\/no: .*cannot be read: ENOENT/,
  ],
  ["TLS between members", `${BASE}sslQuorum=true\n`, /:3: sslQuorum: this asks for protection/],
  ["SASL alone", `${BASE}sessionRequireClientSASLAuth=true\n`, /asks for protection/],
  [
    "an unknown digest",
    `${BASE}DigestAuthenticationProvider.digestAlg=SHA-2\n`,
    /digestAlg: "SHA-2" is not one of the choices. Write: SHA1, .*SHA-512\/256/,
  ],
];

for (const [why, file, told] of refused) {
  test(`refuses ${why}`, () => {
    throws(
      () => load(file),
      (error) => {
        ok(error instanceof ConfigError);
        equal(error.code, "Config");
        match(error.message, told);
        return true;
      },
    );
  });
}

const noted: ReadonlyArray<
  readonly [why: string, file: string, env: Env, notes: readonly RegExp[]]
> = [
  ["an unknown key", "foo.bar=1", {}, [/^zoo\.cfg:3: foo\.bar is not known and has no effect$/]],
  ["a key in the wrong case", "clientport=1", {}, [/it is written clientPort$/]],
  ["a prefix too many", "zookeeper.snapCount=9", {}, [/it is written snapCount$/]],
  ["a property without prefix", "jute.maxbuffer=9", {}, [/put -Djute\.maxbuffer=/]],
  [
    "ensemble keys in one line",
    "observerMasterPort=1\nleader.maxTimeToWaitForEpoch=5",
    {},
    [
      /^no effect yet, waiting for ensembles: observerMasterPort \(zoo\.cfg:3\), leader\.max.* \(zoo\.cfg:4\)$/,
    ],
  ],
  [
    "what tunes threads",
    "nio.numWorkerThreads=9",
    {},
    [/no effect: it tunes the reference's threads/],
  ],
  [
    "stores without a port for them",
    "ssl.keyStore.location=/k.pem",
    {},
    [/^zoo\.cfg:3: ssl\.keyStore\.location has no effect without secureClientPort or client\.port/],
  ],
  ["the other TLS library", "ssl.sslProvider=OPENSSL", {}, [/there is one TLS library here/]],
  ["a name that nothing reads", "connectionMaxTokens=9", {}, [/Write connection_throttle_tokens/]],
  ["nothing when off anyway", "admin.enableServer=false\npeerType=participant", {}, []],
  [
    "flags for a JVM",
    "",
    { JVMFLAGS: "-Xmx1g -Djavax.net.ssl.keyStorePassword=secret" },
    [/^JVMFLAGS: flags for a JVM are ignored: -Xmx1g -Djavax\.net\.ssl\.keyStorePassword$/],
  ],
  ["a file key as a flag", "", { JVMFLAGS: "-Dzookeeper.tickTime=9" }, [/read from zoo\.cfg only/]],
  ["an unknown property", "", { JVMFLAGS: "-Dzookeeper.foo=9" }, [/zookeeper\.foo is not known/]],
  [
    "an overruled flag",
    "snapCount=9",
    { JVMFLAGS: "-Dzookeeper.snapCount=7" },
    [/^JVMFLAGS: -Dzookeeper\.snapCount is overruled by zoo\.cfg:3$/],
  ],
];

for (const [why, lines, env, notes] of noted) {
  test(`notes ${why}`, () => {
    const found = load(`${BASE}${lines}\n`, env).notes;
    equal(found.length, notes.length, found.join("\n"));
    for (const [at, note] of notes.entries()) match(found[at]!, note);
  });
}

test("the file beats a property, a property beats the default", () => {
  const env = { JVMFLAGS: "-Dzookeeper.snapCount=7 -Dzookeeper.maxCnxns=5" };
  const { config } = load(`${BASE}snapCount=9\n`, env);
  equal(config.snapCount, 9);
  equal(config.maxCnxns, 5);
});

test("arguments beat JVMFLAGS, JVMFLAGS beats SERVER_JVMFLAGS", () => {
  const env = {
    SERVER_JVMFLAGS: "-Djute.maxbuffer=1 -Dzookeeper.maxCnxns=1 -Dzookeeper.snapCount=11",
    JVMFLAGS: "-Djute.maxbuffer=0x400000 -Dzookeeper.maxCnxns=2",
  };
  const { config } = load(BASE, env, ["-Dzookeeper.maxCnxns=3", "zoo.cfg"]);
  equal(config.maxCnxns, 3);
  equal(config.maxFrameBytes, 4 * 1024 * 1024);
  equal(config.snapCount, 11);
});

test("a wrong property names the variable it stands in", () => {
  throws(
    () => load(BASE, { JVMFLAGS: "-Dzookeeper.maxCnxns=x" }),
    /^ConfigError: JVMFLAGS: zookeeper/,
  );
});

test("fsync.warningthresholdms is read without a prefix too", () => {
  equal(load(BASE, { JVMFLAGS: "-Dfsync.warningthresholdms=50" }).config.fsyncWarningMs, 50);
});

test("port and folder alone: no limit of connections, as in the reference", () => {
  const { config } = load("", {}, ["7310", "/d"]);
  deepEqual([config.clientPort, config.dataDir, config.dataLogDir], [7310, "/d", "/d"]);
  deepEqual([config.tickTimeMs, config.maxClientCnxns, config.configFile], [3000, 0, undefined]);
});

test("port, folder, tick and connections", () => {
  const { config } = load("", {}, ["0", "/d", "2000", "7"]);
  deepEqual([config.clientPort, config.tickTimeMs, config.maxClientCnxns], [0, 2000, 7]);
  equal(config.maxSessionTimeoutMs, 40_000);
});

test("arguments of another form are refused with the usage", () => {
  throws(() => load("", {}, []), /0 arguments\. Usage: /);
  throws(() => load("", {}, ["1", "/d", "3", "4", "5"]), /5 arguments\. Usage: /);
  throws(() => load("", {}, ["abc", "/d"]), /argument 1: clientPort: "abc" is not a whole number/);
  throws(() => load("", {}, ["missing.cfg"]), /missing\.cfg: the configuration cannot be read/);
});

test("the port of the only server line serves when clientPort is not set", () => {
  const { config, notes } = load("dataDir=/d\nserver.3=h:1:2;127.0.0.1:7319\n");
  equal(config.clientPort, 7319);
  match(notes.join("\n"), /7319 is taken from server\.3/);
});

/** The member with this `myid` of an ensemble in a file. */
function loadMember(file: string, myid: string, dynamic?: string): LoadedConfig {
  const files = new Map([
    ["zoo.cfg", file],
    ["/d/myid", myid],
    ["data/myid", myid],
    ...(dynamic === undefined ? [] : ([["/dynamic", dynamic]] as const)),
  ]);
  const readFile = (path: string): string => files.get(path) ?? missing(path);
  return loadConfig({ argv: ["zoo.cfg"], env: {}, readFile });
}

const missing = (path: string): never => {
  throw new Error(`ENOENT: ${path}`);
};

test("the textbook's file, one option a line, is an ensemble of three", () => {
  const { config, notes } = loadMember(
    "tickTime=2000\ninitLimit=10\nsyncLimit=5\ndataDir=./data\nclientPort=2181\n" +
      "server.1=127.0.0.1:2222:2223\nserver.2=127.0.0.1:3333:3334\nserver.3=127.0.0.1:4444:4445\n",
    "2\n",
  );
  deepEqual(notes, []);
  equal(config.ensemble?.self, 2n);
  deepEqual(config.ensemble?.own.addresses, [
    { host: "127.0.0.1", quorumPort: 3333, electionPort: 3334 },
  ]);
  equal(config.ensemble?.config.members.length, 3);
  deepEqual([config.initLimit, config.syncLimit, config.cnxTimeoutMs], [10, 5, 5000]);
});

test("groups, weights and observers, in a dynamic file", () => {
  const { config } = loadMember(
    `dataDir=/d\n${LIMITS}dynamicConfigFile=/dynamic\n`,
    "9",
    `${TWO}server.9=[::1]:1:2:observer;7399\ngroup.1=1:2\nweight.2=3\n`,
  );
  equal(config.clientPort, 7399);
  equal(config.ensemble?.own.role, "observer");
  deepEqual([...config.ensemble!.config.groups], [[1n, [1n, 2n]]]);
  deepEqual([...config.ensemble!.config.weights], [[2n, 3]]);
});

test("an ensemble of one, where standalone is off", () => {
  const file = `${BASE}standaloneEnabled=false\nserver.1=a:1:2\n${LIMITS}`;
  equal(loadMember(file, "1").config.ensemble?.self, 1n);
  equal(load(`${BASE}server.1=a:1:2\n`).config.ensemble, undefined);
});

test("a myid that is no number, or that no line has", () => {
  const file = `${BASE}${TWO}${LIMITS}`;
  throws(() => loadMember(file, "one"), /\/d\/myid: "one" is not a whole number/);
  throws(() => loadMember(file, "7"), /server 7, and there is no line server\.7/);
});

test("a role that the line denies", () => {
  const { config, notes } = loadMember(`${BASE}${TWO}${LIMITS}peerType=observer\n`, "1");
  equal(config.ensemble?.own.role, "participant");
  match(notes.join("\n"), /peerType=observer, and the line server\.1 says participant/);
});

test("a secret is neither noted nor told in an error", () => {
  const file = `${BASE}DigestAuthenticationProvider.superDigest=super:hidden\nssl.keyStore.password=hidden\n`;
  const { config, notes } = load(file);
  equal(config.superDigest, "super:hidden");
  ok(!notes.join("\n").includes("hidden"));
});
