/**
 * Registers: few nodes that many clients write and read, at times with a version to be sure of, at
 * times behind a sync. The plainest question to a store: is it one?
 */
import { ANY_VERSION } from "../../records/constants.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const NODES = ["/reg0", "/reg1", "/reg2"];

export const registers: Workload = {
  name: "registers",
  nodes: NODES,
  program(client, { prng }) {
    let written = 0;
    let version = 0;
    return {
      step(done) {
        const path = prng.pick(NODES);
        const choice = prng.below(10);
        if (choice < 4) {
          const data = bytesOfText(`${client.id}.${++written}`);
          const wanted = prng.chance(0.3) ? version : ANY_VERSION;
          client.ask({ kind: "setData", path, data, version: wanted }, done);
        } else if (choice < 7) {
          client.ask({ kind: "getData", path }, ({ result }) => {
            version = result?.stat?.version ?? version;
            done();
          });
        } else if (choice < 9) {
          // Both are under way at once: the read stands behind the sync.
          client.ask({ kind: "sync", path }, () => {});
          client.ask({ kind: "getData", path }, done);
        } else client.ask({ kind: "exists", path }, done);
      },
    };
  },
};
