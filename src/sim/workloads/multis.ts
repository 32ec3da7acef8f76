/** Multis: two accounts change together or not at all, whoever else changes them. */
import { CreateMode } from "../../records/constants.ts";
import type { AskStep } from "../asks.ts";
import { bytesOfText, type Workload } from "../workload.ts";

const ACCOUNTS = ["/acct0", "/acct1", "/acct2"];

export const multis: Workload = {
  name: "multis",
  nodes: [...ACCOUNTS, "/notes"],
  program(client, { prng }) {
    let made = 0;
    const transfer = (versions: readonly number[]): readonly AskStep[] => {
      const text = bytesOfText(`${client.id}.${++made}`);
      const steps: AskStep[] = ACCOUNTS.slice(0, 2).map((path, at) => ({
        kind: "setData",
        path,
        data: text,
        version: versions[at] ?? -1,
      }));
      if (prng.chance(0.3)) steps.push({ kind: "check", path: ACCOUNTS[2]!, version: -1 });
      if (prng.chance(0.3)) {
        const path = `/notes/${client.id}-${made}`;
        steps.push({ kind: "create", path, data: text, mode: CreateMode.persistent });
        if (prng.chance(0.8)) steps.push({ kind: "delete", path, version: 0 });
      }
      return steps;
    };
    return {
      step(done) {
        if (prng.chance(0.4)) {
          const steps = ACCOUNTS.map((path) => ({ kind: "getData", path }) as const);
          return client.ask({ kind: "multiRead", steps }, (answer) => {
            const versions = (answer.result?.steps ?? []).map((step) => step.stat?.version ?? -1);
            if (answer.err !== 0 || client.isOver) return done();
            client.ask({ kind: "multi", steps: transfer(versions) }, done);
          });
        }
        client.ask({ kind: "multi", steps: transfer([]) }, done);
      },
    };
  },
};
