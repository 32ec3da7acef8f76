/** The stories of test/scenarios: `npm run sim -- --rewrite` writes what they tell now. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { play } from "./script.ts";

const FOLDER = "test/scenarios";

for (const file of readdirSync(FOLDER)) {
  test(`scenario ${file}`, () => {
    const story = readFileSync(`${FOLDER}/${file}`, "utf8");
    assert.equal(play(story), story);
    assert.ok(!story.includes("\nWRONG "), "the checkers found something");
  });
}

test("a script that makes no sense is refused", () => {
  assert.throws(() => play("> start all\n"), /begins with its world/);
  assert.throws(() => play("> world\n> sing\n"), /"sing"/);
  assert.throws(() => play("> world\n> start s9\n"), /"s9"/);
});
