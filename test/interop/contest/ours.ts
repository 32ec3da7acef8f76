/**
 * Our contestant, a process of its own. Arguments: the judge's port, then for each contest its
 * name, a server's port and how many rounds, in threes.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { ZooKeeper } from "../../../src/client/zookeeper.ts";
import { Counter } from "../../../src/recipes/counter.ts";
import { DoubleBarrier } from "../../../src/recipes/double-barrier.ts";
import { Election } from "../../../src/recipes/election.ts";
import { Lock } from "../../../src/recipes/lock.ts";

const MEMBERS = 3;
const [judgePort, ...contests] = process.argv.slice(2);
const judge = connect({ port: Number(judgePort), host: "127.0.0.1", noDelay: true });
const answers = createInterface({ input: judge })[Symbol.asyncIterator]();

async function tell(line: string): Promise<void> {
  judge.write(`${line}\n`);
  if ((await answers.next()).value !== "ok") throw new Error(`the judge is gone after ${line}`);
}

async function inside(place: string, token: bigint): Promise<void> {
  await tell(`in ${place} ${token}`);
  await tell(`out ${place}`);
}

const CONTESTS: Readonly<Record<string, (zk: ZooKeeper, rounds: number) => Promise<void>>> = {
  async lock(zk, rounds) {
    const lock = new Lock(zk, "/lock");
    for (let round = 0; round < rounds; round++) {
      await using held = await lock.acquire();
      await inside("lock", held.token);
    }
  },
  async election(zk, rounds) {
    let round = 0;
    for await (const term of new Election(zk, "/election", { id: "ours" }).terms()) {
      await inside("election", term.token);
      if (++round === rounds) break;
    }
  },
  async barrier(zk, rounds) {
    const barrier = new DoubleBarrier(zk, "/barrier", MEMBERS);
    for (let round = 0; round < rounds; round++) {
      await tell(`came ${round}`);
      await barrier.enter();
      await tell(`began ${round}`);
      // Whoever leaves takes the sign to begin away, and one who was cut off would not see it.
      await tell("go");
      await tell(`leaving ${round}`);
      await barrier.leave();
      await tell(`ended ${round}`);
      await tell("go");
    }
  },
  exact: (zk, rounds) => count(zk, "/exact", rounds),
  counter: (zk, rounds) => count(zk, "/counter", rounds),
};

async function count(zk: ZooKeeper, path: string, rounds: number): Promise<void> {
  await using counter = new Counter(zk, path, { layout: "curator-int" });
  for (let round = 0; round < rounds; round++) {
    await counter.increment();
    await tell("counted");
  }
}

await once(judge, "connect");
for (let at = 0; at < contests.length; at += 3) {
  const [name = "", port, rounds] = contests.slice(at, at + 3);
  await using zk = await ZooKeeper.connect(`127.0.0.1:${port},localhost:${port}`);
  await tell("go");
  await CONTESTS[name]?.(zk, Number(rounds));
  await tell("go");
}
judge.end();
