/** What contenders are called, and what readers add. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import type { StartOptions, Subject } from "../test/support/subjects.ts";
import { runtimeNames, withReaders } from "./contenders.ts";

const rows: ReadonlyArray<readonly [program: string, version: string, name: string, on: string]> = [
  ["/opt/node-24/bin/node", "v24.21.0", "node24", "Node.js 24.21.0"],
  ["bun", "1.4.5", "bun", "Bun 1.4.5"],
  ["/opt/bun/bun.exe", "1.4.5", "bun", "Bun 1.4.5"],
  ["/usr/bin/other", "7", "other", "other 7"],
];
for (const [program, version, name, runsOn] of rows) {
  test(`${program} ${version}`, () => deepEqual(runtimeNames(program, version), { name, runsOn }));
}

test("with readers it is the same server with one key more", async () => {
  const started: (StartOptions | undefined)[] = [];
  const start = async (options?: StartOptions) => {
    started.push(options);
    return {} as Subject;
  };
  const startWatched = async (options?: StartOptions) => ({
    ...{ subject: await start(options), pauses: { kind: "socket" as const, path: "" } },
  });
  const quoll = { name: "quoll@bun", runsOn: "Bun 1.4.5", start, startWatched };
  const { name, runsOn, ...threaded } = withReaders(quoll, 2);
  deepEqual([name, runsOn], ["quoll@bun+2", "Bun 1.4.5, 2 readers"]);
  await threaded.start();
  await threaded.startWatched({ port: 1, config: { tickTime: 2 } });
  deepEqual(started, [
    { config: { "quoll.readers": 2 } },
    { port: 1, config: { tickTime: 2, "quoll.readers": 2 } },
  ]);
});
