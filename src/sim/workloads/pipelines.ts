/**
 * Pipelines: several requests at once, of all kinds, so that reads stand behind the writes of their
 * own client, and transactions are committed in groups.
 */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import type { Ask } from "../asks.ts";
import type { Answer } from "../client.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const FOLDER = "/pipe";
const NAMES = ["a", "b"];
const AT_ONCE_MAX = 6;

export const pipelines: Workload = {
  name: "pipelines",
  nodes: [FOLDER, ...NAMES.map((name) => `${FOLDER}/${name}`)],
  program(client, { prng, probes }) {
    let made = 0;
    let hasLost = false;
    const note = ({ err }: Answer): void => {
      hasLost ||= err === undefined;
    };
    const next = (): Exclude<Ask, { kind: "closeSession" }> => {
      const path = `${FOLDER}/${prng.pick(NAMES)}`;
      const own = `${FOLDER}/${client.id}-${made % 3}`;
      const data = bytesOfText(`${client.id}.${++made}`);
      const choice = prng.below(10);
      if (choice < 4) return { kind: "setData", path, data, version: ANY_VERSION };
      if (choice < 7) return { kind: "getData", path };
      if (choice < 8) return { kind: "create", path: own, data, mode: CreateMode.ephemeral };
      if (choice < 9) return { kind: "delete", path: own, version: ANY_VERSION };
      return { kind: "getChildren", path: FOLDER };
    };
    return {
      step(done) {
        if (hasLost) {
          // What has become of it is settled behind a sync.
          hasLost = false;
          return client.ask({ kind: "sync", path: FOLDER }, done);
        }
        const count = 1 + prng.below(AT_ONCE_MAX);
        if (count > 1) probes.reach("a client asked for several things at once");
        for (let at = 1; at < count; at++) client.ask(next(), note);
        client.ask(next(), (answer) => {
          note(answer);
          done();
        });
      },
    };
  },
};
