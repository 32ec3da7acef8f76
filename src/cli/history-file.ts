/**
 * Lines typed in earlier shells: the file `.zkcli_history` in the home folder, oldest first. Where
 * it cannot be written, a shell remembers its own lines only. Lines with a secret are left out.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const LINES_MAX = 1000;
/** The owner alone may read what was typed. */
const MODE = 0o600;

const isSecret = (line: string): boolean => /^\s*addauth\b/.test(line);

export const historyFile = (env: Readonly<Record<string, string | undefined>>) =>
  env["HOME"] === undefined ? undefined : join(env["HOME"], ".zkcli_history");

/** The lines of the file; none where it cannot be read. */
export function readHistory(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  try {
    return readFileSync(file, "utf8").split("\n").filter(Boolean).slice(-LINES_MAX);
  } catch {
    return [];
  }
}

/** Puts `lines` behind those of the file. Returns false where it cannot be written. */
export function appendHistory(file: string | undefined, lines: readonly string[]): boolean {
  if (file === undefined) return false;
  const all = [...readHistory(file), ...lines.filter((line) => !isSecret(line))];
  try {
    writeFileSync(
      file,
      all
        .slice(-LINES_MAX)
        .map((line) => `${line}\n`)
        .join(""),
      { mode: MODE },
    );
    return true;
  } catch {
    return false;
  }
}
