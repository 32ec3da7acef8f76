/** Ensembles of `quoll/server`, with real sockets and files. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { ZooKeeper } from "../src/client/index.ts";
import { askFourLetterWord } from "../src/server/four-letter-client.ts";
import { type EmbeddedEnsemble, type EmbeddedServer, startEnsemble } from "../src/server/index.ts";

const askWord = (port: number, word: string): Promise<string> =>
  askFourLetterWord({ host: "127.0.0.1", port, word, timeoutMs: 10_000 });

const modeOf = async ({ port }: EmbeddedServer): Promise<string | undefined> =>
  /^Mode: (.*)$/m.exec(await askWord(port, "srvr"))?.[1];

async function leaderOf({ servers }: EmbeddedEnsemble): Promise<EmbeddedServer> {
  for (const server of servers) if ((await modeOf(server)) === "leader") return server;
  throw new Error("nobody leads");
}

test("three serve, tell their roles, and go on without their leader", async (t) => {
  const begun = performance.now();
  await using ensemble = await startEnsemble();
  t.diagnostic(`started in ${(performance.now() - begun).toFixed(1)} ms`);
  const modes = await Promise.all(ensemble.servers.map(modeOf));
  assert.deepEqual(modes.toSorted(), ["follower", "follower", "leader"]);
  await using client = await ZooKeeper.connect(ensemble.connectString);
  await client.create("/before", "x");
  const leader = await leaderOf(ensemble);
  const mntr = await askWord(leader.port, "mntr");
  assert.match(mntr, /^zk_peer_state\tleading - broadcast$/m);
  assert.match(mntr, /^zk_synced_followers\t2$/m);
  assert.match(mntr, /^zk_quorum_size\t3$/m);
  assert.match(mntr, /^zk_cnt_election_time\t1$/m);
  assert.match(
    await askWord(leader.port, "srvr"),
    /^Proposal sizes last\/min\/max: \d+\/\d+\/\d+$/m,
  );
  assert.match(await askWord(leader.port, "conf"), /^membership: \nserver\.1=.*:participant\n/m);
  await leader.stop();
  const others = ensemble.servers.filter((server) => server !== leader);
  await using after = await ZooKeeper.connect(
    others.map(({ connectString }) => connectString).join(","),
  );
  await after.create("/after", "y");
  assert.deepEqual((await after.getChildren("/")).toSorted(), ["after", "before", "zookeeper"]);
});

test("one of three alone says that it does not serve", async () => {
  await using ensemble = await startEnsemble();
  const [alone, ...others] = ensemble.servers as [EmbeddedServer, ...EmbeddedServer[]];
  await Promise.all(others.map((server) => server.stop()));
  let answer = "";
  while (!answer.includes("not currently serving")) answer = await askWord(alone.port, "srvr");
  assert.equal(answer, "This ZooKeeper instance is not currently serving requests\n");
  assert.equal(await askWord(alone.port, "isro"), "null");
  assert.equal(await askWord(alone.port, "ruok"), "imok");
});

test("an ensemble of one, and its data in a folder over a restart", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "quoll-embedded-"));
  try {
    for (const children of [["n0"], ["n0", "n1"]]) {
      await using ensemble = await startEnsemble({ size: 1, dataDir });
      await using client = await ZooKeeper.connect(ensemble.connectString);
      await client.create(children.at(-1)!.replace("n", "/n"), "");
      const names = (await client.getChildren("/")).filter((name) => name.startsWith("n"));
      assert.deepEqual(names.toSorted(), children);
    }
    assert.ok(existsSync(join(dataDir, "1", "version-2", "currentEpoch")));
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});

test("sizes that are none are refused", async () => {
  await assert.rejects(startEnsemble({ size: 0 }), RangeError);
  await assert.rejects(startEnsemble({ size: 10 }), RangeError);
});
