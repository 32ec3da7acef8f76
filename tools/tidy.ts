/**
 * The house rules that no compiler or linter knows: room order, tsconfig references, sizes, opening
 * comments, forbidden words and names, traces of a machine. `tidy` is the rules, a pure function;
 * run as a program it reads the files that git knows, prints one line a finding and ends with 1 at
 * an error.
 */
import { execFileSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ROOMS, type Room } from "./rooms.ts";
import { ROOT } from "./root.ts";
import type { Finding, SourceFile } from "./source.ts";
import { tidyImports, tidyNames, tidyReferences, tidyTable } from "./tidy-rooms.ts";
import { tidyColumns, tidyMachine, tidyMarks, tidyShape } from "./tidy-text.ts";

export type TidyOptions = {
  readonly rooms: readonly Room[];
  /** Words that no file may carry, beside those that are never right. */
  readonly machineWords: readonly string[];
};

/** What is untidy in `files`, in the order of paths and lines. */
export function tidy(files: readonly SourceFile[], options: TidyOptions): readonly Finding[] {
  const { rooms, machineWords } = options;
  const findings = files.flatMap((file) => [
    ...tidyImports(file, rooms),
    ...tidyReferences(file, rooms),
    ...tidyNames(file, rooms),
    ...tidyShape(file),
    ...tidyColumns(file),
    ...tidyMarks(file),
    ...tidyMachine(file, machineWords),
  ]);
  const order = (a: Finding, b: Finding): number =>
    a.path === b.path ? a.line - b.line : a.path < b.path ? -1 : 1;
  return [...tidyTable(rooms), ...findings].sort(order);
}

export function describeFinding(finding: Finding): string {
  const kind = finding.severity === "warning" ? "warning: " : "";
  return `${finding.path}:${finding.line}: ${kind}${finding.message}`;
}

/**
 * The files of this checkout as git lists them; of an unpacked archive, all but the generated
 * ones.
 */
function listFiles(): readonly string[] {
  try {
    const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    const listed = execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: "pipe" });
    return [...new Set(listed.split("\0").filter(Boolean))];
  } catch {
    const generated = /^(?:node_modules|dist|data|\.git)(?:\/|$)/;
    return readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
      (path) => !generated.test(path),
    );
  }
}

function readFiles(): readonly SourceFile[] {
  return listFiles().flatMap((path) => {
    if (lstatSync(ROOT + path, { throwIfNoEntry: false })?.isFile() !== true) return [];
    const text = readFileSync(ROOT + path, "utf8");
    return text.includes("\0") ? [] : [{ path, text }];
  });
}

/** The folder of this checkout, and the host of the registry in use where npm tells it. */
function machineWords(): readonly string[] {
  const registry = process.env["npm_config_registry"];
  const host = registry === undefined ? "" : new URL(registry).hostname;
  const folder = ROOT.split("/").length > 3 ? [ROOT] : []; // "/app/" may stand anywhere
  return host.includes(".") ? [...folder, host] : folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const findings = tidy(readFiles(), { rooms: ROOMS, machineWords: machineWords() });
  for (const finding of findings) process.stdout.write(`${describeFinding(finding)}\n`);
  if (findings.some(({ severity }) => severity === "error")) process.exitCode = 1;
}
