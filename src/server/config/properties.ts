/**
 * The grammar of zoo.cfg: Java's properties files. Comments, the three separators, escapes,
 * continued lines; every entry keeps the line it began on, so that a complaint can point at it.
 *
 * Promises: the same keys and values as `java.util.Properties` for the same characters. Values keep
 * their trailing blanks; whoever reads them trims.
 * From: the class documentation, and tables made by asking Java 17 (properties.test.ts).
 */

/**
 * One `key=value` in the order of the file. Repeated keys are repeated here; the last one counts.
 */
export type PropertyEntry = {
  readonly key: string;
  readonly value: string;
  /** Line number, from 1, where the entry begins. */
  readonly line: number;
};

/** An escape that Java refuses too. `line` is where the entry begins. */
export class MalformedProperties extends Error {
  override readonly name = "MalformedProperties";
  readonly line: number;

  constructor(line: number) {
    super("\\u is not followed by four hexadecimal digits");
    this.line = line;
  }
}

const BLANK = /^[ \t\f]+/;
const ESCAPED: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

export function parseProperties(text: string): PropertyEntry[] {
  // A byte order mark is what some editors leave; it was never meant as part of the first key.
  const lines = text.replace(/^\ufeff/, "").split(/\r\n|\r|\n/);
  const entries: PropertyEntry[] = [];
  for (let at = 0; at < lines.length; at++) {
    const begins = at;
    let logical = lines[at]!.replace(BLANK, "");
    if (logical === "" || logical.startsWith("#") || logical.startsWith("!")) continue;
    while (isContinued(logical)) {
      logical = logical.slice(0, -1);
      if (at + 1 === lines.length) break;
      logical += lines[++at]!.replace(BLANK, "");
    }
    // A lone continuation mark at the end of the file, or before an empty line, is still an entry.
    entries.push(split(logical, begins + 1));
  }
  return entries;
}

/** An odd number of backslashes at the end continues the line; an even number is backslashes. */
function isContinued(line: string): boolean {
  let slashes = 0;
  while (slashes < line.length && line[line.length - 1 - slashes] === "\\") slashes++;
  return slashes % 2 === 1;
}

function split(logical: string, line: number): PropertyEntry {
  let end = 0;
  while (end < logical.length && !/[=: \t\f]/.test(logical[end]!)) {
    end += logical[end] === "\\" ? 2 : 1;
  }
  const key = logical.slice(0, end);
  // One `=` or `:` belongs to the separator; a second one begins the value.
  const value = logical.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, "");
  return { key: unescaped(key, line), value: unescaped(value, line), line };
}

function unescaped(text: string, line: number): string {
  return text.replace(/\\(u([0-9a-fA-F]{4})?|[^u])/g, (_, what: string, digits?: string) => {
    if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 16));
    if (what === "u") throw new MalformedProperties(line);
    return ESCAPED[what] ?? what;
  });
}
