/** Counters: read a number, write the next one under the version that was read. None may be lost. */
import { bytesOfText, type Workload } from "../workload.ts";

const NODES = ["/count0", "/count1"];

export const counters: Workload = {
  name: "counters",
  nodes: NODES,
  program(client, { prng, probes }) {
    return {
      step(done) {
        const path = prng.pick(NODES);
        client.ask({ kind: "getData", path }, ({ err, result }) => {
          if (err !== 0 || client.isOver) return done();
          const next = Number(result?.data === "" ? 0 : result?.data) + 1;
          const version = result?.stat?.version ?? 0;
          const data = bytesOfText(`${next}`);
          client.ask({ kind: "setData", path, data, version }, (answer) => {
            if (answer.err === undefined) probes.reach("an increment may have been done or not");
            done();
          });
        });
      },
    };
  },
};
