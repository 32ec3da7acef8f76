/** Protected creation: one node for one call, wherever the connection breaks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ServedClients, turn } from "../../test/support/served-client.ts";
import { Prng } from "../base/prng.ts";
import { BadArgumentsError, NoNodeError } from "./keeper-error.ts";
import { protectedPath, splitProtected } from "./protected-create.ts";

const ID = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

test("names are Curator's", () => {
  assert.equal(protectedPath("/a/lock-", ID), `/a/_c_${ID}-lock-`);
  assert.equal(protectedPath("/x", ID), `/_c_${ID}-x`);
  assert.deepEqual(splitProtected(`_c_${ID}-lock-0000000007`), {
    id: ID,
    name: "lock-0000000007",
  });
  for (const name of ["lock-0000000007", "_c_1-lock", `x_c_${ID}-lock`]) {
    assert.equal(splitProtected(name), undefined);
  }
});

test("it is a creation like others", async () => {
  const zk = new ServedClients().client();
  const path = await zk.create("/x", "data", { protected: true });
  assert.equal(splitProtected(path.slice(1))?.name, "x");
  const made = await zk.createWithStat(`${path}/n-`, "four", {
    mode: "persistentSequential",
    protected: true,
  });
  assert.equal(made.stat.dataLength, 4);
  assert.match(made.path, /-n-0000000000$/);
  await assert.rejects(zk.create("/none/x", "", { protected: true }), NoNodeError);
  await assert.rejects(zk.create("x", "", { protected: true }), BadArgumentsError);
  await zk.close();
});

for (const seed of [1, 2, 3, 4, 5]) {
  test(`each call makes one node, wherever the connection breaks (seed ${seed})`, async () => {
    const chance = new Prng(seed);
    const served = new ServedClients();
    const { zk, cut } = served.cuttable();
    await zk.create("/q");
    let isOver = false;
    const breaking = (async () => {
      while (!isOver) {
        for (let turns = chance.below(12); turns > 0; turns--) await turn();
        cut(chance.below(2) === 0 ? "at once" : "after the requests");
      }
    })();
    const options = { mode: "persistentSequential", protected: true } as const;
    const made: string[] = [];
    for (let round = 0; round < 30; round++) {
      made.push(await zk.create("/q/n-", "", options));
      made.push((await zk.createWithStat("/q/n-", "", options)).path);
    }
    isOver = true;
    await breaking;
    const there = (await zk.getChildren("/q", { retry: () => 0 })).map((name) => `/q/${name}`);
    assert.deepEqual([...there].sort(), [...made].sort());
    assert(served.dialed > 10);
    await zk.close();
  });
}
