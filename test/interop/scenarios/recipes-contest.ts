/** The short form of `npm run test:recipes`: a judge watches a few rounds of every contest. */
import assert from "node:assert/strict";
import { contend } from "../contest/arena.ts";
import { CURATOR_NEEDS } from "../curator.ts";
import { installFor } from "../install.ts";
import type { Scenario } from "../scenario.ts";

const OPTIONS = { rounds: 30, seed: 1, chunksMax: 300, limitMs: 60_000 };

export const recipesContest: Scenario = {
  name: "recipes-contest",
  async run(start) {
    await installFor(CURATOR_NEEDS);
    const subject = await start();
    try {
      const { rounds, faults } = await contend({ ...OPTIONS, port: subject.port });
      assert.deepEqual(faults, []);
      return [...rounds].map(([name, count]) => `${name}: ${count}`);
    } finally {
      await subject.dispose();
    }
  },
};
