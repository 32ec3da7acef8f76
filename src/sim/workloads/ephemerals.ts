/** Ephemerals: each client keeps a few of its own, looks for those of others, and at times leaves. */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const FOLDER = "/members";

export const ephemerals: Workload = {
  name: "ephemerals",
  nodes: [FOLDER],
  program(client, { prng }) {
    let made = 0;
    const own: string[] = [];
    return {
      step(done) {
        const choice = prng.below(100);
        if (choice < 2) {
          client.close();
          return done();
        }
        if (choice < 3) return client.vanish();
        if (choice < 40) {
          const path = `${FOLDER}/${client.id}-${++made % 4}`;
          const data = bytesOfText(`${made}`);
          return client.ask(
            { kind: "create", path, data, mode: CreateMode.ephemeral },
            (answer) => {
              if (answer.err === 0) own.push(path);
              done();
            },
          );
        }
        if (choice < 60 && own.length > 0) {
          const path = own.shift()!;
          return client.ask({ kind: "delete", path, version: ANY_VERSION }, done);
        }
        if (choice < 80) return client.ask({ kind: "getChildren", path: FOLDER }, done);
        const path = `${FOLDER}/${1 + prng.below(client.id + 1)}-${prng.below(4)}`;
        client.ask({ kind: "exists", path }, done);
      },
    };
  },
};
