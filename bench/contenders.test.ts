/** What contenders are called. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { runtimeNames } from "./contenders.ts";

const rows: ReadonlyArray<readonly [program: string, version: string, name: string, on: string]> = [
  ["/opt/node-24/bin/node", "v24.21.0", "node24", "Node.js 24.21.0"],
  ["bun", "1.4.5", "bun", "Bun 1.4.5"],
  ["/opt/bun/bun.exe", "1.4.5", "bun", "Bun 1.4.5"],
  ["/usr/bin/other", "7", "other", "other 7"],
];
for (const [program, version, name, runsOn] of rows) {
  test(`${program} ${version}`, () => deepEqual(runtimeNames(program, version), { name, runsOn }));
}
