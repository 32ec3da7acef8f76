/**
 * Rules about single files as text: their size, their opening, marks of unfinished work, long
 * lines, and traces of the machine they were written on. From: STYLE "Sizes", rules 13 and 15.
 */
import { errorAt, type Finding, headerOf, lineAt, type SourceFile } from "./source.ts";
import { isTest } from "./tidy-rooms.ts";

const LINES_MAX = 500;
const LINES_WITH_REASON = 300;
const COLUMNS_MAX = 100;

const isCode = (path: string): boolean => /\.(ts|mjs)$/.test(path);
/** Files that must name the forbidden things in order to find or test for them. */
const isTidyItself = (path: string): boolean => /^tools\/tidy[^/]*\.ts$/.test(path);

/** Size and opening comment of a code file. */
export function tidyShape(file: SourceFile): readonly Finding[] {
  if (!isCode(file.path)) return [];
  const header = headerOf(file.text);
  const findings: Finding[] = [];
  if (header === "") {
    findings.push(
      errorAt(file.path, 1, "does not say what it is for: open it with a /** comment */"),
    );
  }
  const lines = file.text.split("\n").length - 1;
  if (!file.path.startsWith("src/") || isTest(file.path)) return findings;
  if (lines > LINES_MAX && !/\bTable:/.test(header)) {
    const message = `${lines} lines, over ${LINES_MAX}: split it, or mark a table with "Table:"`;
    findings.push(errorAt(file.path, LINES_MAX, message));
  } else if (lines > LINES_WITH_REASON && !/\b(Size|Table):/.test(header)) {
    const message = `${lines} lines: give the reason in the opening comment ("Size: ...")`;
    findings.push({ ...errorAt(file.path, LINES_WITH_REASON, message), severity: "warning" });
  }
  return findings;
}

/** Lines that end past column 100. In tests and tables a line may be as long as the text it shows. */
export function tidyColumns(file: SourceFile): readonly Finding[] {
  if (!isCode(file.path)) return [];
  const shows = isTest(file.path) || /\bTable:/.test(headerOf(file.text));
  return file.text.split("\n").flatMap((line, index) => {
    if (line.length <= COLUMNS_MAX) return [];
    if (shows && /["'`]/.test(line)) return [];
    if (/^\s*\/.*\/[dgimsuvy]*[;,]?$/.test(line)) return []; // a regular expression: unbreakable
    return [errorAt(file.path, index + 1, `${line.length} columns: end lines by ${COLUMNS_MAX}`)];
  });
}

const UNFINISHED = /\b(?:TODO|FIXME|XXX)\b(?!\s*\(?#\d+)|\bnot implemented\b|\bstub\b/gi;

/** Marks of unfinished work. */
export function tidyMarks(file: SourceFile): readonly Finding[] {
  if (!isCode(file.path) || isTidyItself(file.path)) return [];
  return [...file.text.matchAll(UNFINISHED)]
    .filter(([word]) => word === word.toUpperCase() || !/^(todo|fixme|xxx)$/i.test(word))
    .map((found) => {
      const message = `"${found[0]}": finish it, or name the issue as in TODO(#12)`;
      return errorAt(file.path, lineAt(file.text, found.index), message);
    });
}

const MACHINE: ReadonlyArray<readonly [what: string, pattern: RegExp]> = [
  ["a path of one machine", /(?<![\w./~-])\/(?:work|root|Users|home\/\w+)\/[\w.-]+/g],
  [
    "a package registry's address",
    /\bregistry\.(?:npmjs\.org|yarnpkg\.com)\b|\bnpm\.pkg\.github\b/g,
  ],
  ["a package mirror's address", /\b(?:deb\.debian\.org|archive\.ubuntu\.com)\b/g],
];
const RESOLVED = /"resolved":\s*"(?:https?|file):[^"]*"/g;

/**
 * Paths and hosts of the machine that a file was made on. `words` are further ones: the folder of
 * this checkout, the registry in use.
 */
export function tidyMachine(file: SourceFile, words: readonly string[]): readonly Finding[] {
  if (isTidyItself(file.path)) return [];
  const finding = (index: number, what: string): Finding =>
    errorAt(file.path, lineAt(file.text, index), `carries ${what}: take it out`);
  const findings = MACHINE.flatMap(([what, pattern]) =>
    [...file.text.matchAll(pattern)].map((found) => finding(found.index, what)),
  );
  for (const word of words) {
    const index = file.text.indexOf(word);
    if (index >= 0) findings.push(finding(index, `"${word}"`));
  }
  if (file.path === "package-lock.json") {
    for (const found of file.text.matchAll(RESOLVED)) {
      findings.push(finding(found.index, 'a "resolved" address'));
    }
  }
  return findings;
}
