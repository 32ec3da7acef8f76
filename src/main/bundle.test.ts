/** Which bundle is taken for a current one. */
import { equal } from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { currentBundle } from "./bundle.ts";

/** Files and when they were written, in seconds. */
type Files = Readonly<Record<string, number>>;

const rows: ReadonlyArray<readonly [why: string, files: Files, isCurrent: boolean]> = [
  ["nothing was bundled", { "main/tsconfig.tsbuildinfo": 1 }, false],
  ["a package has no notes of the compiler", { "bundle/server.cjs": 1 }, true],
  ["made after", { "main/tsconfig.tsbuildinfo": 1, "bundle/server.cjs": 2 }, true],
  ["compiled since", { "main/tsconfig.tsbuildinfo": 3, "bundle/server.cjs": 2 }, false],
  [
    "one room was compiled since",
    { "a/tsconfig.tsbuildinfo": 3, "b/tsconfig.tsbuildinfo": 1, "bundle/server.cjs": 2 },
    false,
  ],
];

for (const [why, files, isCurrent] of rows) {
  test(`${isCurrent ? "current" : "not current"}: ${why}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "quoll-bundle-"));
    try {
      for (const [name, seconds] of Object.entries(files)) {
        mkdirSync(join(folder, name, ".."), { recursive: true });
        writeFileSync(join(folder, name), "");
        utimesSync(join(folder, name), seconds, seconds);
      }
      equal(currentBundle(pathToFileURL(`${folder}/`)) !== undefined, isCurrent);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
