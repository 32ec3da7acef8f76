/** The house rules on small fixtures: each row breaks or keeps one rule. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Room } from "./rooms.ts";
import { ROOMS } from "./rooms.ts";
import { codeOf, importsOf } from "./source.ts";
import { describeFinding, tidy } from "./tidy.ts";

const room = (name: string, number: number, sees: string[], more: Partial<Room> = {}): Room => ({
  name,
  number,
  purpose: "",
  pure: true,
  packages: [],
  sees,
  ...more,
});
const rooms: readonly Room[] = [
  room("base", 0, []),
  room("low", 1, ["base"], { doors: ["door.ts"] }),
  room("left", 2, ["base", "low"]),
  room("right", 2, ["base", "low"]),
  room("world", 6, ["base", "left"], { pure: false, packages: ["pino", "@hono/node-server"] }),
  room("cli", 7, ["world"], { pure: false }),
];

/** The findings in a file that opens well. */
function findingsIn(path: string, code: string): readonly string[] {
  const text = path.endsWith(".ts") ? `/** For a test. */\n${code}\n` : code;
  const options = { rooms, machineWords: ["/srv/checkout/", "packages.example"] };
  return tidy([{ path, text }], options).map(describeFinding);
}

type Row = readonly [why: string, path: string, code: string, found: string | null];

function table(rows: readonly Row[]): void {
  for (const [why, path, code, found] of rows) {
    test(why, () => deepEqual(findingsIn(path, code), found === null ? [] : [`${path}:${found}`]));
  }
}

const LEFT = "src/left/a.ts";
table([
  ["a room below is seen", LEFT, `import { x } from "../base/x.ts";`, null],
  [
    "a room above is not",
    "src/base/a.ts",
    `import { x } from "../left/x.ts";`,
    "2: imports src/left/x.ts, but base sees no other room: move the shared part down",
  ],
  [
    "an equal is not, even for its types",
    LEFT,
    `import type { X } from "../right/x.ts";`,
    "2: imports src/right/x.ts, but left sees base, low: move the shared part down",
  ],
  [
    "a smaller room that is not listed is not",
    "src/cli/a.ts",
    `import { x } from "../left/x.ts";`,
    "2: imports src/left/x.ts, but cli sees world: move the shared part down",
  ],
  [
    "the order holds for tests too",
    "src/left/a.test.ts",
    `import { x } from "../right/x.ts";`,
    "2: imports src/right/x.ts, but left sees base, low: move the shared part down",
  ],
  ["the own room is free", "src/low/a.ts", `import { x } from "./deep/x.ts";`, null],
  ["a door may be used", LEFT, `import { x } from "../low/door.ts";`, null],
  [
    "a file that is no door may not",
    LEFT,
    `import { x } from "../low/wall.ts";`,
    "2: imports src/low/wall.ts, which is no door of low: use door.ts",
  ],
  [
    "an import over several lines is found at its end",
    LEFT,
    `import {\n  x,\n} from "../right/x.ts";`,
    "4: imports src/right/x.ts, but left sees base, low: move the shared part down",
  ],
  [
    "an import at run time is an import",
    LEFT,
    `const x = import("../right/x.ts");`,
    "2: imports src/right/x.ts, but left sees base, low: move the shared part down",
  ],
  ["an import in a comment is none", LEFT, `// import { x } from "../right/x.ts";`, null],
  [
    "a room must be in the table",
    "src/attic/a.ts",
    "",
    "1: the room attic is not in tools/rooms.ts: add it to the table",
  ],
  ["tests may use the support", "src/left/a.test.ts", `import "../../test/support/x.ts";`, null],
  [
    "sources may not",
    LEFT,
    `import "../../test/support/x.ts";`,
    "2: imports test/support/x.ts, which is in no room: move what is needed into a room below",
  ],
  [
    "names are not handed on",
    LEFT,
    `export { x } from "./x.ts";`,
    "2: hands on names of ./x.ts: import the file that owns the name instead",
  ],
]);

table([
  [
    "a pure room has no Node",
    LEFT,
    `import "node:fs";`,
    "2: imports node:fs, but left is pure: take it in as data",
  ],
  ["its tests have", "src/left/a.test.ts", `import "node:test";\nimport "fast-check";`, null],
  ["other rooms have Node", "src/world/a.ts", `import "node:fs";`, null],
  ["a listed package", "src/world/a.ts", `import "pino";\nimport "pino/file";`, null],
  ["a listed package with a scope", "src/world/a.ts", `import "@hono/node-server/x";`, null],
  [
    "any other package",
    "src/world/a.ts",
    `import "leftpad/x";`,
    "2: imports the package leftpad, which tools/rooms.ts does not allow world",
  ],
]);

const impure = (name: string): string =>
  `2: uses ${name}, but left is pure: take time and chance in as data`;
table([
  ["no clock", LEFT, "const at = Date.now();", impure("Date")],
  ["no chance", LEFT, "const x = Math.random();", impure("Math.random")],
  ["no timer", LEFT, "setTimeout(f, 1);", impure("setTimeout")],
  ["no promise", LEFT, "async function f() {}", impure("async")],
  ["a Date of one's own is another", LEFT, "use(row.Date, { Date: 1 });", null],
  ["words in comments and strings are no names", LEFT, `use("Date"); // Date`, null],
  ["names in a template's holes are", LEFT, `use(\`Date \${Date.now()} Date\`);`, impure("Date")],
  ["a quote in a regular expression opens nothing", LEFT, `use(/"/, "Date", /'/);`, null],
  ["a division is no regular expression", LEFT, `use(a / b, "Date", c / d);`, null],
  ["rooms of the world have clocks", "src/world/a.ts", "const at = Date.now();", null],
  [
    "but print through the log",
    "src/world/a.ts",
    "console.log(1);",
    "2: prints to the console: only cli and main print; log or return it",
  ],
  ["the shell prints", "src/cli/a.ts", "console.log(1);", null],
]);

const lines = (count: number): string => "x;\n".repeat(count - 2);
table([
  ["300 lines need no reason", LEFT, lines(300), null],
  [
    "301 do",
    LEFT,
    lines(301),
    '300: warning: 301 lines: give the reason in the opening comment ("Size: ...")',
  ],
  [
    "501 are too many",
    LEFT,
    lines(501),
    '500: 501 lines, over 500: split it, or mark a table with "Table:"',
  ],
  ["tests may be long", "src/left/a.test.ts", lines(600), null],
  ["100 columns", LEFT, `use(${"x".repeat(94)});`, null],
  ["101 columns", LEFT, `use(${"x".repeat(95)});`, "2: 101 columns: end lines by 100"],
  ["bytes in tests may be long", "src/left/a.test.ts", `use("${"00".repeat(80)}");`, null],
]);

test("a reason or a table mark in the header is heard", () => {
  const options = { rooms, machineWords: [] };
  const long = { path: LEFT, text: `/** Size: one machine. */\n${lines(400)}` };
  deepEqual(tidy([long], options), []);
  const longer = { path: LEFT, text: `/** Table: of codes. */\n${lines(600)}` };
  deepEqual(tidy([longer], options), []);
  const wide = { path: LEFT, text: `/** Table: of texts. */\nuse("${"x".repeat(100)}");\n` };
  deepEqual(tidy([wide], options), []);
});

test("a file says what it is for", () => {
  const options = { rooms, machineWords: [] };
  const found = tidy([{ path: LEFT, text: "export const x = 1;\n" }], options);
  deepEqual(found.map(describeFinding), [
    `${LEFT}:1: does not say what it is for: open it with a /** comment */`,
  ]);
  deepEqual(
    tidy([{ path: "tools/a.mjs", text: "#!/usr/bin/env node\n/** It. */\n" }], options),
    [],
  );
});

const unfinished = (word: string): string =>
  `2: "${word}": finish it, or name the issue as in TODO(#12)`;
table([
  ["a mark without an issue", LEFT, "// TODO: later", unfinished("TODO")],
  ["a mark with one", LEFT, "// TODO(#12): later", null],
  ["the Spanish for all", LEFT, "// todo", null],
  ["an empty promise", LEFT, `fail("not implemented");`, unfinished("not implemented")],
  ["a stand-in", LEFT, "// a stub for now", unfinished("stub")],
  ["a longer word", LEFT, "// stubborn", null],
]);

table([
  [
    "a path of a machine",
    "docs/a.md",
    `see ${"/work"}/x/y`,
    "1: carries a path of one machine: take it out",
  ],
  ["a home folder", "a.json", "/home/ann/x", "1: carries a path of one machine: take it out"],
  ["an ordinary path", "docs/a.md", "ls /var/lib/zookeeper; get /a/root/x", null],
  [
    "the registry",
    "package-lock.json",
    `{ "x": "https://registry.${"npmjs"}.org/x" }`,
    "1: carries a package registry's address: take it out",
  ],
  [
    "a resolved entry",
    "package-lock.json",
    `{\n "resolved": "https://mirror.test/x.tgz" }`,
    '2: carries a "resolved" address: take it out',
  ],
  [
    "the registry in use",
    "a.md",
    "from packages.example",
    '1: carries "packages.example": take it out',
  ],
  ["this checkout", "a.md", "in /srv/checkout/a", '1: carries "/srv/checkout/": take it out'],
]);

const tsconfig = (base: string, ...names: string[]): string =>
  JSON.stringify({ extends: base, references: names.map((name) => ({ path: `../${name}` })) });
const CONFIG = "src/left/tsconfig.json";
const BASE = "../../tsconfig.base.json";
table([
  ["references as the table has them", CONFIG, tsconfig(BASE, "base", "low"), null],
  [
    "one too many",
    CONFIG,
    tsconfig(BASE, "base", "low", "right"),
    "1: refers to right, which left may not see",
  ],
  [
    "one too few",
    CONFIG,
    tsconfig(BASE, "base"),
    "1: lacks a reference to ../low, which left sees",
  ],
  [
    "a pure room with the world's names",
    CONFIG,
    tsconfig("../../tsconfig.world.json", "base", "low"),
    "1: extends ../../tsconfig.world.json: left extends ../../tsconfig.base.json",
  ],
]);

test("the table of rooms keeps its own order", () => {
  deepEqual(tidy([], { rooms: ROOMS, machineWords: [] }), []);
  const wrong = [room("a", 1, ["b"]), room("b", 1, [])];
  equal(tidy([], { rooms: wrong, machineWords: [] }).length, 1);
});

test("blanking keeps every character's place", () => {
  const text = `a(\`x \${b({ c: \`y \${d}\` })} z\`, 'q', /[/'"]/g); // e\n/* f\n */ g`;
  const code = codeOf(text);
  equal(code.length, text.length);
  equal(code.replace(/\s+/g, ""), "a(`b({c:`d}})},'',//g);g");
  deepEqual(importsOf(`import a from "a";\nexport * from "./b.ts";`), [
    { specifier: "a", line: 1, handsOn: false },
    { specifier: "./b.ts", line: 2, handsOn: true },
  ]);
});
