/**
 * Reads the declaration files that the compiler emits (dist/src/**.d.ts): what is exported, its
 * doc comment and its text.
 *
 * Leaves to others: all TypeScript that the compiler does not emit. Declaration files have one
 * form: a statement begins its own line and ends with `;` or, for classes, with `}`.
 */

export type Doc = {
  /** What the comment says, without its frame; empty where there is none. */
  readonly words: string;
  /** The code behind `@example`; empty where there is none. */
  readonly example: string;
};

export type Statement = { readonly doc: Doc; readonly text: string };

export type Member = Statement & {
  readonly name: string;
  readonly kind: "constructor" | "method" | "property";
};

export type Declaration = Statement & {
  readonly name: string;
  readonly kind: "class" | "function" | "interface" | "type" | "value";
  /** Of classes only: what is public, in the order of the file. */
  readonly members: readonly Member[];
};

const NO_DOC: Doc = { words: "", example: "" };

/** What stands in a doc comment, `/**` and the stars taken away. */
export function readDoc(comment: string): Doc {
  const lines = comment
    .slice("/**".length, -"*/".length)
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd());
  const at = lines.findIndex((line) => /^\s*@example\b/.test(line));
  const words = (at < 0 ? lines : lines.slice(0, at)).join("\n").trim();
  if (at < 0) return { words, example: "" };
  const example = [lines[at]!.replace(/^\s*@example\s*/, ""), ...lines.slice(at + 1)];
  return { words, example: example.join("\n").trim() };
}

/** Where the comment or string that begins at `at` ends; `at` where none begins there. */
function pastOpaque(text: string, at: number): number {
  const two = text.slice(at, at + 2);
  if (two === "/*") return text.indexOf("*/", at) + 2;
  if (two === "//") return (text.indexOf("\n", at) + text.length + 1) % (text.length + 1);
  const quote = text[at]!;
  if (!"\"'`".includes(quote)) return at;
  let end = at + 1;
  while (end < text.length && text[end] !== quote) end += text[end] === "\\" ? 2 : 1;
  return end + 1;
}

const ENDS_WITH_BRACE = /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface)\b/;

/** The statements of a declaration file, or of the body of a class. */
export function statementsOf(text: string): readonly Statement[] {
  const statements: Statement[] = [];
  let doc = NO_DOC;
  let start = -1;
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const past = pastOpaque(text, at);
    if (past > at) {
      if (start < 0 && text.startsWith("/**", at)) doc = readDoc(text.slice(at, past));
      else if (start < 0 && text[at] !== "/") start = at;
      at = past;
      continue;
    }
    const char = text[at]!;
    if (start < 0 && /\S/.test(char)) start = at;
    if ("{[(".includes(char)) depth++;
    if ("}])".includes(char)) depth--;
    at++;
    if (start < 0 || depth > 0) continue;
    const isEnd = char === ";" || (char === "}" && ENDS_WITH_BRACE.test(text.slice(start, at)));
    if (!isEnd) continue;
    statements.push({ doc, text: text.slice(start, at) });
    doc = NO_DOC;
    start = -1;
  }
  return statements;
}

const HEAD =
  /^export (?:declare )?(?:abstract )?(?<kind>class|function|interface|type|const) (?<name>[\w$]+)/;

/** The exported declarations of a file. */
export function declarationsOf(text: string): readonly Declaration[] {
  return statementsOf(text).flatMap(({ doc, text: whole }) => {
    const { kind, name } = HEAD.exec(whole)?.groups ?? {};
    if (kind === undefined || name === undefined) return [];
    const own = whole.replace(/^export (?:declare )?/, "");
    const members = kind === "class" ? membersOf(own) : [];
    const as = kind === "const" ? "value" : (kind as Exclude<Declaration["kind"], "value">);
    return [{ name, kind: as, doc, text: own, members }];
  });
}

function membersOf(text: string): readonly Member[] {
  const body = text.slice(text.indexOf("{") + 1, text.lastIndexOf("}"));
  return statementsOf(body).flatMap(({ doc, text: whole }) => {
    if (/^(?:private|protected)\b/.test(whole)) return [];
    const plain = whole.replace(/^(?:(?:static|abstract|readonly|async) )*/, "");
    const name = /^(?:get )?(\[[\w.]+\]|[\w$]+)/.exec(plain)?.[1] ?? plain;
    const isMethod = /^(?:\[[\w.]+\]|[\w$]+)(?:<[^(]*>)?\(/.test(plain);
    const kind = name === "constructor" ? "constructor" : isMethod ? "method" : "property";
    return [{ name, kind, doc, text: unindent(whole) } as const];
  });
}

/** `text` without the four columns by which the body of a class is indented. */
const unindent = (text: string): string => text.replaceAll(/\n {4}/g, "\n");

/** A name that a file hands on from another one; the name `*` for all of them. */
export type HandedOn = { readonly name: string; readonly from: string };

/** What `export ... from` hands on, in order. */
export function handedOn(text: string): readonly HandedOn[] {
  return statementsOf(text).flatMap(({ text: whole }) => {
    const found = /^export (?:type )?(\*|\{[^}]*\}) from "([^"]+)";$/.exec(whole);
    if (found === null) return [];
    const names = found[1]!.replaceAll(/[{}\s]|\btype /g, "").split(",");
    return names.filter((name) => name !== "").map((name) => ({ name, from: found[2]! }));
  });
}
