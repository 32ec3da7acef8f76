/** The page of the recipes: its examples are those of `examples/`, which a test of their own runs. */
import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const text = (path: string): string => readFileSync(fileURLToPath(new URL(path, ROOT)), "utf8");

const sections = text("docs/recipes.md").split(/^## /m).slice(1);
for (const section of sections) {
  const [, block] = /^```ts\n(.*?)^```$/ms.exec(section) ?? [];
  if (block === undefined) continue;
  test(`the example of ${section.split("\n")[0]}`, () => {
    const [, path = ""] = /\((?:\.\.\/)(examples\/[a-z-]+\.ts)\)/.exec(section) ?? [];
    equal(text(path).endsWith(block), true, `${path} ends with the block`);
  });
}

test("there are examples on the page", () =>
  equal(sections.filter((one) => one.includes("```ts")).length >= 7, true));
