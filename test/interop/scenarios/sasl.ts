/**
 * Our client's SASL: it proves who it is by DIGEST-MD5 to an Apache ZooKeeper that asks for that,
 * again after a reconnection, and is told why where the password is wrong or a server has no SASL.
 * The server with SASL is Apache's in both outcomes: Quoll has none.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestMd5, type SaslMechanism, ZooKeeper } from "../../../src/client/index.ts";
import { type Subject, startApache } from "../../support/subjects.ts";
import type { Scenario } from "../scenario.ts";

const LIMIT_MS = 30_000;
const alice = digestMd5({ username: "alice", password: "secret" });
const JAAS = `Server {
  org.apache.zookeeper.server.auth.DigestLoginModule required
  user_alice="secret"
  user_bob="other";
};
`;
const ONLY_ALICE = [{ perms: 31, scheme: "sasl", id: "alice" }];

/** What must come of it: both outcomes are of one server, and tell nothing by being equal. */
const WANTED = [
  'identity: [{"authScheme":"sasl","user":"alice"}]',
  'create: "/alice"',
  "another reads: getData /alice: insufficient permission",
  "wrong password: connect: SASL: the server refused the proof",
  "nobody: connect: SASL: the server refused the proof",
  'asked for while there is no server: "hers"',
  'identity again: [{"authScheme":"sasl","user":"alice"}]',
];

const connect = (server: Subject, sasl: SaslMechanism): Promise<ZooKeeper> =>
  ZooKeeper.connect(`127.0.0.1:${server.port}`, { sasl, connectTimeoutMs: LIMIT_MS });

/** What became of it, in words. */
async function told(what: string, doing: () => Promise<unknown>): Promise<string> {
  const end = await doing().then(
    (value) => JSON.stringify(value),
    (error: Error) => error.message,
  );
  return `${what}: ${end}`;
}

const refused = (server: Subject, what: string, sasl: SaslMechanism): Promise<string> =>
  told(what, async () => (await connect(server, sasl)).state);

async function withSasl(server: Subject): Promise<readonly string[]> {
  await using zk = await connect(server, alice);
  await using other = await connect(server, digestMd5({ username: "bob", password: "other" }));
  const identity = async (): Promise<unknown> =>
    (await zk.whoAmI()).filter(({ authScheme }) => authScheme === "sasl");
  const lines = [
    await told("identity", identity),
    await told("create", () => zk.create("/alice", "hers", { acl: ONLY_ALICE })),
    await told("another reads", () => other.getData("/alice")),
    await refused(server, "wrong password", digestMd5({ username: "alice", password: "no" })),
    await refused(server, "nobody", digestMd5({ username: "eve", password: "no" })),
  ];
  const lost = new Promise<void>((resolve) => {
    const stop = zk.onState((state) => {
      if (state !== "CONNECTING") return;
      stop();
      resolve();
    });
  });
  await server.kill9();
  await lost;
  const waiting = told("asked for while there is no server", async () => {
    const { data } = await zk.getData("/alice");
    return Buffer.from(data ?? []).toString();
  });
  await server.restart();
  return [...lines, await waiting, await told("identity again", identity)];
}

export const sasl: Scenario = {
  name: "sasl",
  async run(start) {
    const home = await mkdtemp(join(tmpdir(), "quoll-sasl-"));
    const jaas = join(home, "jaas.conf");
    await writeFile(jaas, JAAS);
    const strict = await startApache({
      jvm: [`-Djava.security.auth.login.config=${jaas}`],
      config: { "authProvider.1": "org.apache.zookeeper.server.auth.SASLAuthenticationProvider" },
    });
    try {
      const lines = await withSasl(strict);
      assert.deepEqual(lines, WANTED);
      const plain = await start();
      try {
        return [...lines, await refused(plain, "a server without SASL", alice)];
      } finally {
        await plain.dispose();
      }
    } finally {
      await strict.dispose();
      await rm(home, { recursive: true });
    }
  },
};
