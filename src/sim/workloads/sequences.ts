/** Sequential nodes, made and deleted in one folder: numbers rise, and none is given twice. */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const FOLDER = "/seq";

export const sequences: Workload = {
  name: "sequences",
  nodes: [FOLDER],
  program(client, { prng }) {
    const own: string[] = [];
    return {
      step(done) {
        if (own.length > 3 || (own.length > 0 && prng.chance(0.3))) {
          const path = own.shift()!;
          return client.ask({ kind: "delete", path, version: ANY_VERSION }, done);
        }
        if (prng.chance(0.2)) return client.ask({ kind: "getChildren", path: FOLDER }, done);
        const mode = prng.pick([CreateMode.persistentSequential, CreateMode.ephemeralSequential]);
        const data = bytesOfText(`${client.id}`);
        client.ask({ kind: "create", path: `${FOLDER}/n-`, data, mode }, ({ result }) => {
          if (result?.path !== undefined) own.push(result.path);
          done();
        });
      },
    };
  },
};
