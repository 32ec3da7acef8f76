/** docs/reference is what the doc comments print; every name is described; every example works. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import { declarationsOf, handedOn } from "./declarations.ts";
import {
  described,
  describeIndex,
  describePage,
  ENTRIES,
  exemplified,
  pageOf,
} from "./reference.ts";
import { compiled, compileExamples, examplesOf, isProgram } from "./reference-examples.ts";
import { ROOT } from "./root.ts";

const pages = ENTRIES.map(pageOf);
const AGAIN = "run: node dist/tools/print-reference.js";
const committed = (name: string): string =>
  readFileSync(`${ROOT}docs/reference/${name}.md`, "utf8");

test("docs/reference is what the doc comments print", () => {
  // Told without the pages: they are long, and version control shows the difference.
  ok(committed("README") === describeIndex(pages), AGAIN);
  for (const page of pages) ok(committed(page.name) === describePage(page), AGAIN);
});

test("a page has every name that its entry exports when it is loaded", async () => {
  for (const { name, symbols } of pages) {
    const loaded = await import(pathToFileURL(`${ROOT}dist/src/${name}/index.js`).href);
    const names = new Set(symbols.map((symbol) => symbol.name));
    for (const exported of Object.keys(loaded))
      ok(names.has(exported), `quoll/${name} ${exported}`);
  }
});

test("every export and every public member has a doc comment", () => {
  const silent = pages.flatMap((page) =>
    [...exemplified(page), ...described(page)]
      .filter(({ words }) => words === "")
      .map(({ name }) => `quoll/${page.name} ${name}`),
  );
  deepEqual(silent, []);
});

test("every export, and every method of a class, has an example", () => {
  const lacking = pages.flatMap((page) =>
    exemplified(page)
      .filter(({ example }) => example === "")
      .map(({ name }) => `quoll/${page.name} ${name}`),
  );
  deepEqual(lacking, []);
});

test("every link in a page has its heading", () => {
  for (const page of pages) {
    const text = describePage(page);
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => anchorOf(title!));
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor!);
    equal(links.length, page.symbols.length);
    equal(new Set(links).size, links.length, `quoll/${page.name}: two links to one heading`);
    for (const link of links) ok(headings.includes(link.replace(/-1$/, "")), link);
  }
});

const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, "")
    .replaceAll(" ", "-");

describe("examples", () => {
  const complaints = compileExamples(pages);
  test("all of them compile", () => equal(complaints, ""));

  for (const example of pages.flatMap(examplesOf).filter(isProgram)) {
    test(`${example.name} prints what it says`, { skip: complaints !== "" }, async (t) => {
      const printed: string[] = [];
      t.mock.method(console, "log", (...words: unknown[]) => void printed.push(format(...words)));
      await import(pathToFileURL(compiled(example)).href);
      const said = /console\.log\([^\n]*\/\/ (?<words>.*)$/gm;
      const promised = [...example.code.matchAll(said)].map(({ groups }) => groups?.["words"]);
      ok(promised.length > 0);
      deepEqual(printed, promised);
    });
  }
});

describe("reading declarations", () => {
  test("doc comment, example and members are told apart", () => {
    const [found, ...others] = declarationsOf(
      [
        'import { A } from "./a.ts";',
        "/**",
        " * A thing; see `}`.",
        " * @example const thing = new Thing();",
        " */",
        "export declare class Thing<T> implements A {",
        "    private readonly hidden;",
        '    readonly kind = "a;b";',
        "    /** Does it. */",
        "    go(options?: {",
        "        readonly far: boolean;",
        "    }): Promise<void>;",
        "    get size(): number;",
        "    [Symbol.asyncDispose](): Promise<void>;",
        "}",
        "declare const inner: number;",
        "",
      ].join("\n"),
    );
    deepEqual(others, []);
    deepEqual(found?.doc, { words: "A thing; see `}`.", example: "const thing = new Thing();" });
    deepEqual(
      found?.members.map(({ name, kind, doc }) => [name, kind, doc.words]),
      [
        ["kind", "property", ""],
        ["go", "method", "Does it."],
        ["size", "property", ""],
        ["[Symbol.asyncDispose]", "method", ""],
      ],
    );
  });

  test("a doc comment belongs to what comes next, and to that alone", () => {
    const text =
      "/** Of one. */\nexport type One = 1;\nexport type Two = {\n    /** No. */\n    a: 1;\n};\n";
    deepEqual(
      declarationsOf(text).map(({ name, doc }) => [name, doc.words]),
      [
        ["One", "Of one."],
        ["Two", ""],
      ],
    );
  });

  test("what an entry hands on, types and all", () => {
    const text =
      'export { type A, b, } from "./x.ts";\nexport type { C } from "./y.ts";\nexport * from "./z.ts";\n';
    deepEqual(handedOn(text), [
      { name: "A", from: "./x.ts" },
      { name: "b", from: "./x.ts" },
      { name: "C", from: "./y.ts" },
      { name: "*", from: "./z.ts" },
    ]);
  });
});
