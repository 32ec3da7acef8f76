/** Large data and wide folders: frames that come in many chunks, replies that fill buffers. */
import { ANY_VERSION } from "../../records/constants.ts";
import type { Workload } from "../workload.ts";

const NODES = ["/large0", "/large1"];
const BYTES_MAX = 60_000;

export const large: Workload = {
  name: "large",
  nodes: NODES,
  program(client, { prng, probes }) {
    return {
      step(done) {
        const path = prng.pick(NODES);
        if (prng.chance(0.3)) {
          const data = new Uint8Array(prng.below(BYTES_MAX)).fill(prng.below(256));
          if (data.length > 32_768) probes.reach("a large node was written");
          return client.ask({ kind: "setData", path, data, version: ANY_VERSION }, done);
        }
        // Several at once: what is not read keeps the server waiting.
        const count = 1 + prng.below(4);
        for (let at = 1; at < count; at++) client.ask({ kind: "getData", path }, () => {});
        client.ask({ kind: "getData", path }, done);
      },
    };
  },
};
