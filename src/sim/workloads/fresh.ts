/**
 * Fresh reads: most clients sync and read, one in four writes. What they read behind the sync is
 * not older than what anybody was told before it.
 */
import { ANY_VERSION } from "../../records/constants.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const PATH = "/fresh";
const WRITER_OF = 4;

export const fresh: Workload = {
  name: "fresh",
  nodes: [PATH],
  program(client) {
    let written = 0;
    return {
      step(done) {
        if (client.id % WRITER_OF === 0) {
          const data = bytesOfText(`${client.id}.${++written}`);
          return client.ask({ kind: "setData", path: PATH, data, version: ANY_VERSION }, done);
        }
        client.ask({ kind: "sync", path: PATH }, () => {});
        client.ask({ kind: "getData", path: PATH }, done);
      },
    };
  },
};
