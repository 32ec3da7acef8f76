/**
 * The API reference, docs/reference: all that the package's public entries export, from the doc
 * comments of the sources as the compiler leaves them in the declaration files.
 *
 * The opening comment of a file speaks of the file: the compiler may leave it in front of the first
 * declaration, where it is not taken for that one's doc comment.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type Declaration,
  declarationsOf,
  handedOn,
  type Member,
  readDoc,
  type Statement,
} from "./declarations.ts";
import { ROOT } from "./root.ts";

export type Page = {
  /** The last part of the entry's name: `client`. */
  readonly name: string;
  /** What the entry says of itself. */
  readonly words: string;
  /** All that is exported, in the order of their names. */
  readonly symbols: readonly Declaration[];
};

export const ENTRIES = ["client", "recipes", "server", "sim"] as const;

/** Printed on the first page and declared in front of each example: see docs/reference/README.md. */
export const PRELUDE = `\
declare const zk: ZooKeeper;       // a connected client
declare const other: ZooKeeper;    // another one, of another program
declare const sessions: Sessions;  // of quoll/recipes: clients one after the other
declare const signal: AbortSignal; // aborted when the program ends
declare const error: unknown;      // what a call has rejected with`;

/** What an entry exports. Reads dist, which must be built. */
export function pageOf(name: (typeof ENTRIES)[number]): Page {
  const path = `src/${name}/index`;
  const source = readFileSync(`${ROOT}${path}.ts`, "utf8");
  const { words } = readDoc(source.slice(0, source.indexOf("*/") + "*/".length));
  const symbols = handedOn(readFileSync(`${ROOT}dist/${path}.d.ts`, "utf8")).flatMap(
    ({ name: wanted, from }) => {
      const file = join(dirname(path), from).replace(/\.ts$/, "");
      const all = exportsOf(file);
      const found = wanted === "*" ? all : all.filter((symbol) => symbol.name === wanted);
      if (found.length === 0) throw new Error(`${path}: ${wanted} is not in ${file}`);
      return found;
    },
  );
  return { name, words, symbols: merged(symbols) };
}

function exportsOf(file: string): readonly Declaration[] {
  const source = readFileSync(`${ROOT}${file}.ts`, "utf8");
  const header = readDoc(source.slice(0, source.indexOf("*/") + "*/".length)).words;
  return declarationsOf(readFileSync(`${ROOT}dist/${file}.d.ts`, "utf8")).map((symbol) =>
    symbol.doc.words === header ? { ...symbol, doc: { words: "", example: "" } } : symbol,
  );
}

/** One of each name. Of a record that is a codec as well, the type is public: its fields. */
function merged(symbols: readonly Declaration[]): readonly Declaration[] {
  const byName = new Map<string, Declaration>();
  for (const symbol of symbols) {
    const before = byName.get(symbol.name);
    if (before === undefined || before.kind === "type") byName.set(symbol.name, symbol);
    if (before === undefined) continue;
    const [value, type] = before.kind === "type" ? [symbol, before] : [before, symbol];
    const fields = /Codec<(\{.*\})>;$/s.exec(value.text)?.[1];
    if (type.text !== `type ${type.name} = Of<typeof ${type.name}>;` || fields === undefined) {
      throw new Error(`${symbol.name} is exported twice`);
    }
    byName.set(symbol.name, { ...value, kind: "type", text: `type ${type.name} = ${fields};` });
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Who has an example, and must: every export, and each method of a class. */
export type Exemplified = {
  readonly name: string;
  readonly words: string;
  readonly example: string;
};

/** Methods that a language construct calls, which their class explains. */
const isCalledByLanguage = (name: string): boolean => name.startsWith("[Symbol.");

export const exemplified = ({ symbols }: Page): readonly Exemplified[] =>
  symbols.flatMap(({ name, doc, members }) => [
    { name, ...doc },
    ...members
      .filter((member) => member.kind === "method" && !isCalledByLanguage(member.name))
      .map((member) => ({ name: `${name}.${member.name}`, ...member.doc })),
  ]);

/** Properties and constructors of classes: they have a doc comment, and stand in other examples. */
export const described = ({ symbols }: Page): readonly Exemplified[] =>
  symbols.flatMap((symbol) =>
    symbol.members
      .filter((member) => member.kind !== "method" && !isTold(symbol, member))
      .map((member) => ({ name: `${symbol.name}.${member.name}`, ...member.doc })),
  );

/** Errors are made by the package alone, and have one code each: a sentence tells it. */
const isTold = (symbol: Declaration, { kind, text }: Member): boolean =>
  isError(symbol) && (kind === "constructor" || CODE.test(text));
const CODE = /^readonly code = (?<code>"\w+");$/;

const GROUPS: readonly (readonly [title: string, has: (symbol: Declaration) => boolean])[] = [
  ["Classes", (symbol) => symbol.kind === "class" && !isError(symbol)],
  ["Functions and values", ({ kind }) => kind === "function" || kind === "value"],
  ["Errors", (symbol) => symbol.kind === "class" && isError(symbol)],
  ["Types", ({ kind }) => kind === "type" || kind === "interface"],
];
const isError = ({ text }: Declaration): boolean => /^[^{]*extends \w*Error\b/.test(text);

/** The page as Markdown. */
export function describePage(page: Page): string {
  const groups = GROUPS.map(([title, has]) => [title, page.symbols.filter(has)] as const).filter(
    ([, symbols]) => symbols.length > 0,
  );
  const anchors = new Set<string>();
  const index = groups.map(
    ([title, symbols]) =>
      `- ${title}: ${symbols.map(({ name }) => linkTo(name, anchors)).join(", ")}`,
  );
  const parts = groups.flatMap(([title, symbols]) => [`## ${title}`, ...symbols.map(describe)]);
  return `${[
    `# quoll/${page.name}`,
    prose(page.words),
    "Printed from the doc comments by `node dist/tools/print-reference.js`. What the examples\n" +
      "have at hand is told on [the first page](README.md).",
    index.join("\n"),
    ...parts,
  ].join("\n\n")}\n`;
}

/** A link to the section of `name`; of names that differ in case only, the later have a number. */
function linkTo(name: string, taken: Set<string>): string {
  const anchor = name.toLowerCase();
  const own = taken.has(anchor) ? `${anchor}-1` : anchor;
  taken.add(own);
  return `[${name}](#${own})`;
}

/** The page that leads to the others. */
export function describeIndex(pages: readonly Page[]): string {
  const links = pages.map(
    ({ name, words, symbols }) =>
      `- [quoll/${name}](${name}.md), ${symbols.length} names: ${words.replace(/^`[^`]+`: /, "")}`,
  );
  return `# API reference

All that the package exports, printed from the doc comments by
\`node dist/tools/print-reference.js\`.

${links.join("\n")}

The pages tell what each name promises. How to use them together is told in
[client.md](../client.md), [recipes.md](../recipes.md) and [recipes-data.md](../recipes-data.md).

Every example is compiled as a test, and those that import what they need are run. The others have
all names of the package at hand (of two that are called alike, that of their page), and these:

\`\`\`ts
${PRELUDE}
\`\`\`
`;
}

function describe(symbol: Declaration): string {
  const { name, doc, kind, members } = symbol;
  if (kind !== "class") return section(`### ${name}`, symbol);
  const code = members.map(({ text }) => CODE.exec(text)?.groups?.["code"]).find(Boolean);
  const words = code === undefined ? doc.words : `${doc.words}\n\n\`code\` is \`${code}\`.`;
  const text = symbol.text.slice(0, symbol.text.indexOf("{")).trimEnd();
  const told = members.filter((member) => !isTold(symbol, member));
  return [
    section(`### ${name}`, { text, doc: { ...doc, words } }),
    ...told.map((member) => section(`#### ${name}.${member.name}`, member)),
  ].join("\n\n");
}

const section = (title: string, { text, doc }: Statement): string =>
  [
    title,
    fence(text, "ts"),
    prose(doc.words),
    doc.example === "" ? "" : `Example:\n\n${fence(doc.example, "ts")}`,
  ]
    .filter((part) => part !== "")
    .join("\n\n");

const fence = (text: string, language: string): string => `\`\`\`${language}\n${text}\n\`\`\``;

/** Paragraphs as they are; what a comment indents is a picture or code. */
const prose = (words: string): string =>
  words
    .split(/\n{2,}/)
    .map((part) => (/^ {2}/.test(part) ? fence(part.replaceAll(/^ {2}/gm, ""), "text") : part))
    .join("\n\n");
