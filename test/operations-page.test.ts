/**
 * The pages for operators: docs/operations.md tells every line that the server's parts write, with
 * its level, and none that they do not; docs/containers.md tells the variables of the entry point;
 * links lead somewhere.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { inOrder, linesWritten } from "./support/log-lines.ts";
import { REPOSITORY } from "./support/subjects.ts";

const PAGES = ["docs/operations.md", "docs/containers.md"];
const ROW = /^\| (`{1,2})(.+?)\1 \| (info|warn|error|fatal) \| [^|]+ \| [^|]+ \|$/gm;

const read = (path: string): string => readFileSync(join(REPOSITORY, path), "utf8");

test("the lines of the log in docs/operations.md are those that are written", () => {
  const rows = [...read("docs/operations.md").matchAll(ROW)];
  const told = rows.map(([, , text, level]) => ({ level: level!, text: text! }));
  assert.equal(told.length, inOrder(told).length, "a line stands there twice");
  assert.deepEqual(inOrder(told), linesWritten());
});

test("the variables in docs/containers.md are those of the entry point", () => {
  const names = (text: string, pattern: RegExp): readonly string[] =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name!))].sort();
  const told = names(read("docs/containers.md"), /^\| `(ZOO_\w+)` \|/gm);
  const script = read("deploy/docker/entrypoint.sh") + read("deploy/docker/Dockerfile");
  assert.deepEqual(told, names(script, /\b(ZOO_\w+)/g));
});

/** As GitHub makes them of headings. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

const anchorsIn = (page: string): readonly string[] =>
  [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading!));

test("their links lead to pages and headings that are there", () => {
  for (const page of PAGES) {
    for (const [, target] of read(page).matchAll(/\]\(([^)]+)\)/g)) {
      const [path = "", anchor] = target!.split("#");
      const file = path === "" ? page : join(dirname(page), path);
      assert.ok(existsSync(join(REPOSITORY, file)), `${page}: ${target}`);
      if (anchor !== undefined) assert.ok(anchorsIn(read(file)).includes(anchor), target);
    }
  }
});
