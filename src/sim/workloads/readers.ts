/**
 * Readers that go on where there is no quorum: they read, write and sync wherever they are. A
 * server without a quorum shows them what it has, and refuses the rest.
 *
 * They leave no watches: what such a server has shown may never be committed, and no event tells of
 * what is taken back.
 */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const FOLDER = "/shown";
const NODES = [FOLDER, `${FOLDER}/a`, `${FOLDER}/b`];

export const readers: Workload = {
  name: "readers",
  canBeReadOnly: true,
  nodes: NODES,
  program(client, { prng }) {
    let written = 0;
    return {
      step(done) {
        const path = prng.pick(NODES);
        const choice = prng.below(20);
        const data = bytesOfText(`${client.id}.${++written}`);
        const child = `${FOLDER}/c${prng.below(3)}`;
        if (choice < 5) client.ask({ kind: "setData", path, data, version: ANY_VERSION }, done);
        else if (choice < 7) {
          client.ask({ kind: "create", path: child, data, mode: CreateMode.persistent }, done);
        } else if (choice < 8) {
          client.ask({ kind: "delete", path: child, version: ANY_VERSION }, done);
        } else if (choice < 9) {
          const last = { kind: "check", path: FOLDER, version: ANY_VERSION } as const;
          const first = { kind: "setData", path, data, version: ANY_VERSION } as const;
          client.ask({ kind: "multi", steps: [first, last] }, done);
        } else if (choice < 11) {
          client.ask({ kind: "sync", path }, () => {});
          client.ask({ kind: "getData", path }, done);
        } else if (choice < 13) client.ask({ kind: "getChildren", path: FOLDER }, done);
        else if (choice < 15) client.ask({ kind: "exists", path: child }, done);
        else client.ask({ kind: "getData", path }, done);
      },
    };
  },
};
