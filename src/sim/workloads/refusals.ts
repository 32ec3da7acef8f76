/**
 * Refusals: multis that fail at their last element, with a write right behind them that would come
 * out otherwise if anything of them stayed, in the tree or in what the next write is checked
 * against.
 */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import type { AskStep } from "../asks.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const FOLDER = "/refused";
const NAMES = ["a", "b", "c"];
/** No node here gets so far. */
const NO_VERSION = 1_000_000;

export const refusals: Workload = {
  name: "refusals",
  nodes: [FOLDER],
  program(client, { prng, probes }) {
    let made = 0;
    const stepOn = (path: string): AskStep => {
      const data = bytesOfText(`${client.id}.${++made}`);
      const choice = prng.below(5);
      if (choice < 2) return { kind: "create", path, data, mode: CreateMode.persistent };
      if (choice < 3) return { kind: "delete", path, version: ANY_VERSION };
      if (choice < 4) return { kind: "setData", path, data, version: prng.below(3) };
      return { kind: "create", path, data, mode: CreateMode.persistentSequential };
    };
    return {
      step(done) {
        const path = `${FOLDER}/${prng.pick(NAMES)}`;
        const choice = prng.below(10);
        if (choice < 2) return client.ask({ kind: "getChildren", path: FOLDER }, done);
        if (choice < 5) return client.ask(stepOn(path), done);
        const last: AskStep = { kind: "check", path: FOLDER, version: NO_VERSION };
        const steps = [stepOn(path), ...(prng.chance(0.3) ? [stepOn(path)] : []), last];
        client.ask({ kind: "multi", steps }, ({ err }) => {
          if (err !== undefined) probes.reach("a multi was refused as a whole");
        });
        client.ask(stepOn(path), done);
      },
    };
  },
};
