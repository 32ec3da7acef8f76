/** Watches of every kind on nodes that come, change and go; and reads of what an event told of. */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const FOLDER = "/watched";
const NAMES = ["a", "b", "c"];

export const watches: Workload = {
  name: "watches",
  nodes: [FOLDER],
  program(client, { prng, probes }) {
    let written = 0;
    let told: string | undefined;
    client.onEvent = ({ path }) => {
      probes.reach("a watch event came");
      told = path;
    };
    return {
      step(done) {
        const path = told ?? `${FOLDER}/${prng.pick(NAMES)}`;
        const watch = prng.chance(0.6);
        if (told !== undefined) {
          told = undefined;
          return client.ask({ kind: "exists", path, watch }, done);
        }
        const data = bytesOfText(`${client.id}.${++written}`);
        const choice = prng.below(12);
        if (choice < 2)
          client.ask({ kind: "create", path, data, mode: CreateMode.persistent }, done);
        else if (choice < 3) client.ask({ kind: "delete", path, version: ANY_VERSION }, done);
        else if (choice < 5)
          client.ask({ kind: "setData", path, data, version: ANY_VERSION }, done);
        else if (choice < 7) client.ask({ kind: "getData", path, watch }, done);
        else if (choice < 8) client.ask({ kind: "exists", path, watch }, done);
        else if (choice < 10) client.ask({ kind: "getChildren", path: FOLDER, watch }, done);
        else if (choice < 11) {
          const recursive = prng.chance(0.5);
          client.ask({ kind: "addWatch", path: recursive ? FOLDER : path, recursive }, done);
        } else {
          const of = prng.pick(["any", "data", "children", "persistent"] as const);
          client.ask({ kind: "removeWatches", path, of }, done);
        }
      },
    };
  },
};
