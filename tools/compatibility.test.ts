/** docs/compatibility.md is what the tests print, and each statement in it can be found. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { describeCompatibility, provenStatements, statementsIn } from "./compatibility.ts";
import { ROOT } from "./root.ts";

test("docs/compatibility.md is what the statements print", () => {
  const committed = readFileSync(`${ROOT}docs/compatibility.md`, "utf8");
  equal(committed, describeCompatibility(), "run: node dist/tools/print-compatibility.js");
});

test("a statement is read from its call, also with quotes and over lines", () => {
  const source = 'statement("2.4", "Replies", () => {});\nstatement(\n  "2.10",\n  "a \\"b\\"",\n';
  deepEqual(statementsIn(source, "x.test.ts"), [
    { section: "2.4", text: "Replies", file: "x.test.ts" },
    { section: "2.10", text: 'a "b"', file: "x.test.ts" },
  ]);
});

test("every call of statement is on the page, so it names its section and text plainly", () => {
  const folder = `${ROOT}test/compatibility`;
  const calls = readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => readFileSync(`${folder}/${name}`, "utf8").match(/\bstatement\(/g) ?? []);
  equal(provenStatements().length, calls.length);
});

test("no statement stands twice", () => {
  const names = provenStatements().map(({ section, text }) => `${section} ${text}`);
  equal(new Set(names).size, names.length);
});

test("every divergence that a statement names is told in docs/divergences.md", () => {
  const page = readFileSync(`${ROOT}docs/divergences.md`, "utf8");
  for (const { text } of provenStatements()) {
    const id = /\(divergences: ([\w-]+)\)$/.exec(text)?.[1];
    if (text.includes("divergence")) ok(id !== undefined && page.includes(`| \`${id}\``), text);
  }
});
