/** The page about the shell is what the cards say. */
import { equal } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { BEYOND, COMMANDS } from "./commands.ts";
import { describeCommands } from "./describe-commands.ts";

test("docs/command-line.md is printed from the cards", () => {
  // From dist/src/cli to the root.
  const page = new URL("../../../docs/command-line.md", import.meta.url);
  const committed = readFileSync(page, "utf8");
  const printed = describeCommands(COMMANDS.values(), BEYOND);
  equal(committed, printed, "run: node dist/tools/print-command-line.js");
});
