/** The table of deliberate bugs fits the program, and two of them are found at once. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hunt } from "./hunt.ts";
import { PAGE } from "./list.ts";
import { mutated } from "./mutation.ts";
import { mutations } from "./table.ts";

const SEEDS_MAX = 5;

test("each text that a mutation replaces stands in its module once", () => {
  for (const { name, edits } of mutations) {
    assert.ok(edits.length > 0, name);
    for (const file of new Set(edits.map((edit) => edit.file))) {
      const text = readFileSync(new URL(`../../src/${file}.js`, import.meta.url), "utf8");
      const changed = mutated(
        text,
        edits.filter((edit) => edit.file === file),
      );
      assert.notEqual(changed, text, name);
    }
  }
});

test("a text that stands nowhere, or twice, is an error", () => {
  const edit = { file: "any", find: "a  + b", put: "c" };
  assert.equal(mutated("x = a +\n b;", [edit]), "x = c;");
  assert.throws(() => mutated("x = a;", [edit]), /stands 0 times/);
  assert.throws(() => mutated("a + b, a + b", [edit]), /stands 2 times/);
});

test("names are unique, and each stands in the documentation's list", () => {
  const names = mutations.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const listed = [...readFileSync(PAGE, "utf8").matchAll(/^\| `([a-z-]+)` \|/gm)];
  assert.deepEqual(
    listed.map(([, name]) => name),
    names,
  );
});

for (const name of ["version-not-checked", "one-time-watch-fires-again"]) {
  test(`the simulated world finds ${name}`, async () => {
    const { caught } = await hunt(mutations.find((each) => each.name === name)!, 1, SEEDS_MAX);
    assert.ok(caught !== undefined);
  });
}
