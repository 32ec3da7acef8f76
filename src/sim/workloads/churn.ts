/** Churn: nodes are made, given children, and deleted, by everybody at the same few places. */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import { bytesOfText, type Workload } from "../workload.ts";

export const churn: Workload = {
  name: "churn",
  nodes: ["/churn"],
  program(client, { prng }) {
    let made = 0;
    return {
      step(done) {
        const parent = `/churn/${prng.pick(["x", "y"])}`;
        const path = prng.chance(0.5) ? parent : `${parent}/${prng.pick(["1", "2"])}`;
        const choice = prng.below(10);
        const data = bytesOfText(`${client.id}.${++made}`);
        if (choice < 5)
          client.ask({ kind: "create", path, data, mode: CreateMode.persistent }, done);
        else if (choice < 8) client.ask({ kind: "delete", path, version: ANY_VERSION }, done);
        else if (choice < 9) client.ask({ kind: "getChildren", path: parent }, done);
        else {
          // Everybody may do everything, and one more host may read: many different lists.
          const acl = `world:anyone:31,ip:10.${prng.below(256)}.0.${made % 256}:1`;
          client.ask({ kind: "setACL", path, version: ANY_VERSION, acl }, done);
        }
      },
    };
  },
};
