/**
 * A source file as the rules of tidy see it, and the little reading of TypeScript that they need:
 * where comments and strings are, and what is imported on which line.
 *
 * Leaves to others: real parsing. Regular expressions are told from divisions by what stands before
 * them, which is right for formatted code.
 */

export type SourceFile = {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
};

export type Finding = {
  readonly path: string;
  readonly line: number;
  /** What is wrong and what to do. */
  readonly message: string;
  readonly severity: "error" | "warning";
};

export const errorAt = (path: string, line: number, message: string): Finding => ({
  path,
  line,
  message,
  severity: "error",
});

export type Import = {
  readonly specifier: string;
  readonly line: number;
  /** True for `export ... from`. */
  readonly handsOn: boolean;
};

/** The 1-based line of the character at `index`. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}

const IMPORT =
  /\b(import|export)\b[^;'"`]*?\bfrom\s*["']([^"']+)["']|\b(import)\s*\(?\s*["']([^"']+)["']/g;

/** Every import of a file, also `import type`, `import("x")` and `export ... from`. */
export function importsOf(text: string): readonly Import[] {
  const code = blank(text, { strings: false });
  return [...code.matchAll(IMPORT)].map((found) => ({
    specifier: found[2] ?? found[4]!,
    line: lineAt(code, found.index + found[0].length),
    handsOn: found[1] === "export",
  }));
}

/**
 * The text with comments and the contents of strings blanked out; every character keeps its place.
 */
export const codeOf = (text: string): string => blank(text, { strings: true });

/** The comment that opens the file, after a `#!` line; empty when there is none. */
export function headerOf(text: string): string {
  const start = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0;
  const found = /^\s*\/\*[\s\S]*?\*\//.exec(text.slice(start));
  return found?.[0] ?? "";
}

const PIECES =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`|\/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/|[{}]/g;
const BEFORE_REGEX = /(?:[(,=:[!&|?{};>]|\b(?:return|typeof|case|of|in))\s*$/;

function blank(text: string, what: { readonly strings: boolean }): string {
  const out: string[] = [];
  let kept = 0;
  /** Depth of braces at which each open `${` of a template ends. */
  const templates: number[] = [];
  let depth = 0;
  const erase = (start: number, end: number): void => {
    out.push(text.slice(kept, start), text.slice(start, end).replace(/[^\n]/g, " "));
    kept = end;
  };
  const skipTemplate = (start: number): number => {
    const end = templateEnd(text, start);
    if (text.startsWith("${", end - 2)) templates.push(depth++);
    if (what.strings) erase(start, end);
    return end;
  };
  PIECES.lastIndex = 0;
  for (let found = PIECES.exec(text); found !== null; found = PIECES.exec(text)) {
    const piece = found[0];
    const end = found.index + piece.length;
    if (piece === "{") depth++;
    else if (piece === "}") {
      depth--;
      if (templates.at(-1) === depth) {
        templates.pop();
        PIECES.lastIndex = skipTemplate(end);
      }
    } else if (piece === "`") PIECES.lastIndex = skipTemplate(end);
    else if (piece.startsWith("//") || piece.startsWith("/*")) erase(found.index, end);
    else if (piece.startsWith("/") && !BEFORE_REGEX.test(text.slice(0, found.index).slice(-12))) {
      PIECES.lastIndex = found.index + 1;
    } else if (what.strings) erase(found.index + 1, end - 1);
  }
  out.push(text.slice(kept));
  return out.join("");
}

/** Where the text of a template that goes on at `start` ends: behind the next "${" or backquote. */
function templateEnd(text: string, start: number): number {
  for (let at = start; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "`") return at + 1;
    else if (text.startsWith("${", at)) return at + 2;
  }
  return text.length;
}
