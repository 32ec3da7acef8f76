/**
 * The lines that the server's parts write into the log, read out of their code: each with its level,
 * and `…` where a value stands. Texts that are made elsewhere and handed on are listed by hand.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "./subjects.ts";

export type LogLine = { readonly level: string; readonly text: string };

/** Not server/config: its lines begin with file and line, and say what to do. */
const WRITERS = ["src/peer", "src/zab", "src/election", "src/server", "src/server/tls"];
const MORE_WRITERS = ["src/main/server.ts", "src/txnlog/recovery.ts"];

/** The calls and keys by which lines are written; a level where it does not stand beside. */
const WAYS: readonly { readonly opens: RegExp; readonly level?: string }[] = [
  { opens: /\blogger\.(info|warn|error|fatal)\(\s*$/ },
  { opens: /\blevel: "(info|warn)",\s*event: $/ },
  { opens: /\bconst event =\s*$/, level: "warn" },
  { opens: /\bwarn\(\s*$/, level: "warn" },
  { opens: /(?<![.\w])tell\(\s*$/, level: "warn" },
  { opens: /\btellOperator\(\s*$/, level: "info" },
  { opens: /\bnotes\.push\(\s*$/, level: "warn" },
];

/** Made in one place and written in another. */
const HANDED_ON: readonly { readonly from: string; readonly level: string; readonly is: RegExp }[] =
  [
    { from: "src/election/election.ts", level: "info", is: /^(?:leading|following|observing)$/ },
    { from: "src/peer/member-recovery.ts", level: "warn", is: /^(?!Restore)(?=.{40}).* .*$/ },
    { from: "src/peer/loading.ts", level: "warn", is: /^the digest of the data tree/ },
  ];

type Piece = { readonly at: number; readonly end: number; readonly text: string };

/** The strings of `code`, those that are added up as one, and values in them as `…`. */
function stringsIn(code: string): readonly Piece[] {
  const found: Piece[] = [];
  const token = /\/\/.*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|`/g;
  for (let match = token.exec(code); match !== null; match = token.exec(code)) {
    const at = match.index;
    if (match[0].startsWith("/")) continue;
    const end = match[0] === "`" ? endOfTemplate(code, at) : token.lastIndex;
    token.lastIndex = end;
    const inside = code.slice(at + 1, end - 1);
    const text = match[0] === "`" ? withoutValues(inside) : inside;
    const last = found.at(-1);
    if (last !== undefined && /^\s*\+\s*$/.test(code.slice(last.end, at))) {
      found.splice(-1, 1, { at: last.at, end, text: last.text + text });
    } else found.push({ at, end, text });
  }
  return found;
}

function endOfTemplate(code: string, at: number): number {
  for (let next = at + 1, depth = 0; next < code.length; next++) {
    if (code.startsWith("${", next)) depth++;
    else if (code[next] === "}" && depth > 0) depth--;
    else if (code[next] === "`" && depth === 0) return next + 1;
  }
  throw new Error(`a template without an end: ${code.slice(at, at + 80)}`);
}

const withoutValues = (text: string): string =>
  text.replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "…").replaceAll(/…(?:…)+/g, "…");

/** The strings that stand in a call's own arguments, or the one behind a key. */
function textsBehind(code: string, strings: readonly Piece[], from: number): readonly string[] {
  const isCall = code[from - 1] === "(" || /\(\s*$/.test(code.slice(0, from));
  if (!isCall) return strings.filter(({ at }) => at === from).map(({ text }) => text);
  const texts: string[] = [];
  for (let at = from, depth = 1; depth > 0; at++) {
    const string = strings.find((piece) => piece.at === at);
    if (string !== undefined) {
      if (depth === 1) texts.push(string.text);
      at = string.end - 1;
    } else if ("([{".includes(code[at]!)) depth++;
    else if (")]}".includes(code[at]!)) depth--;
  }
  return texts;
}

function linesOf(path: string): readonly LogLine[] {
  const code = readFileSync(join(REPOSITORY, path), "utf8");
  const strings = stringsIn(code);
  const starts = [
    ...code.matchAll(/[\w.]+\(\s*|\b(?:event|level)(?:: "\w+",\s*event)?(?::| =)\s*/g),
  ];
  return starts.flatMap((start) => {
    const end = start.index + start[0].length;
    const before = code.slice(0, end);
    const way = WAYS.find(({ opens }) => opens.test(before.slice(-80)));
    if (way === undefined) return [];
    const level = way.level ?? way.opens.exec(before.slice(-80))![1]!;
    return textsBehind(code, strings, end).map((text) => ({ level, text: text.trim() }));
  });
}

/** All of them, each once, in the order of their texts. */
export function linesWritten(): readonly LogLine[] {
  const files = WRITERS.flatMap((folder) =>
    readdirSync(join(REPOSITORY, folder))
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .map((name) => `${folder}/${name}`),
  );
  const handedOn = HANDED_ON.flatMap(({ from, level, is }) =>
    stringsIn(readFileSync(join(REPOSITORY, from), "utf8"))
      .filter(({ text }) => is.test(text))
      .map(({ text }) => ({ level, text })),
  );
  return inOrder([...[...files, ...MORE_WRITERS].flatMap(linesOf), ...handedOn]);
}

/** Each once, in the order of their texts. */
export function inOrder(lines: readonly LogLine[]): readonly LogLine[] {
  const byText = new Map(lines.map((line) => [`${line.text} ${line.level}`, line]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
}
