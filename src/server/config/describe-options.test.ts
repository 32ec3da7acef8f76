/** docs/configuration.md is what the option table prints. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { describeOptions } from "./describe-options.ts";
import { BadValue } from "./option.ts";
import type { AnyOption } from "./options.ts";
import { OPTIONS } from "./options.ts";
import { IDLE_OPTIONS } from "./options-later.ts";

test("docs/configuration.md is what the tables print", () => {
  // From dist/src/server/config to the root.
  const committed = readFileSync(
    new URL("../../../../docs/configuration.md", import.meta.url),
    "utf8",
  );
  equal(committed, describeOptions(), "run: node dist/tools/print-configuration.js");
});

test("no key stands in two rows", () => {
  const keys = [...Object.values(OPTIONS), ...IDLE_OPTIONS].map(({ key }) => key);
  deepEqual(
    keys.filter((key, at) => keys.indexOf(key) !== at),
    [],
  );
});

test("every default with a text of its own is a value of its option", () => {
  for (const option of Object.values(OPTIONS) as AnyOption[]) {
    const written = option.defaultText.split(/[ :;]/)[0]!;
    if (["none", "all", "as", "empty"].includes(written)) continue;
    ok(!(option.read(written) instanceof BadValue), `${option.key}=${written}`);
  }
});

test("no cell of a table holds what would break it", () => {
  for (const row of [...Object.values(OPTIONS), ...IDLE_OPTIONS]) {
    ok(!`${row.help}${row.defaultText}`.includes("|"), row.key);
  }
});
