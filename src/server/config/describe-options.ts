/** Prints docs/configuration.md from the tables of options, so that the two cannot disagree. */
import type { Door } from "./option.ts";
import { propertyOf } from "./option.ts";
import type { AnyOption } from "./options.ts";
import { OPTION_GROUPS } from "./options.ts";
import type { IdleOption } from "./options-later.ts";
import { IDLE_OPTIONS, WAITS_FOR } from "./options-later.ts";

const HEAD = `# Configuration

<!-- Printed from src/server/config/options.ts, options-limits.ts and options-later.ts. Change
     those, then run node dist/tools/print-configuration.js -->

Quoll reads Apache ZooKeeper's \`zoo.cfg\`: the grammar of Java's properties files, one
\`key=value\` a line. Keep the file you have. What is wrong in it stops the start with exit code 2
and a line that says where and what to write; what has no effect is told in the log when the
server starts.

Most keys may also be given as a Java property, \`-Dzookeeper.<key>=<value>\`, in
\`SERVER_JVMFLAGS\`, \`JVMFLAGS\` or as an argument; the file wins over a property, an argument
over \`JVMFLAGS\`, and that over \`SERVER_JVMFLAGS\`. Other JVM flags are ignored. Keys marked
*file* are read from the file only, keys marked *property* only as the Java property of that very
name. Instead of a file the arguments can be \`port dataDir [tickTime] [maxClientCnxns]\`.

A number may be written with a sign, or in hexadecimal as \`0x400000\`. Paths are relative to the
working directory. A key that occurs twice counts where it stands last.
`;

export function describeOptions(): string {
  const parts = [HEAD, "## What works\n"];
  for (const [title, rows] of OPTION_GROUPS) {
    parts.push(`### ${title}\n`, table(["key", "default", "values", "what it does", "since"]));
    parts.push(`${rows.map(workingRow).join("\n")}\n`);
  }
  parts.push("## What does not work yet\n");
  parts.push(
    "These keys are known; setting one is reported when the server starts. Those with `!` ask",
  );
  parts.push(
    "for protection: with the value shown, the server refuses to start rather than run without.\n",
  );
  for (const [waitsFor, name] of Object.entries(WAITS_FOR)) {
    const rows = sorted((row) => row.state.kind === "later" && row.state.waitsFor === waitsFor);
    parts.push(`### Waiting for ${name}\n`, table(["key", "default", "what it does"]));
    parts.push(`${rows.map(idleRow).join("\n")}\n`);
  }
  parts.push("## What is refused\n");
  parts.push("The server does not start with these, unless with the value in brackets.\n");
  parts.push(table(["key", "default", "what it is", "why it is refused"]));
  parts.push(`${IDLE_OPTIONS.map(refusedRow).filter(isThere).join("\n")}\n`);
  parts.push("## What has no meaning here\n");
  const reasons = new Set(IDLE_OPTIONS.map(reasonOf).filter(isThere));
  for (const why of reasons) {
    const rows = sorted((row) => reasonOf(row) === why);
    parts.push(`${capital(why)}:\n`, table(["key", "default", "what it is"]));
    parts.push(`${rows.map(idleRow).join("\n")}\n`);
  }
  return `${parts.join("\n").trimEnd()}\n`;
}

const reasonOf = (row: IdleOption): string | undefined =>
  row.state.kind === "meaningless" ? row.state.why : undefined;

function refusedRow(row: IdleOption): string | undefined {
  if (row.state.kind !== "refused") return undefined;
  const unless = row.already === undefined ? "" : ` (\`${row.already}\`)`;
  return rowOf([`${keyOf(row)}${unless}`, row.defaultText, row.help, row.state.why]);
}

const isThere = <T>(value: T | undefined): value is T => value !== undefined;

const sorted = (of: (row: IdleOption) => boolean): IdleOption[] => IDLE_OPTIONS.filter(of);

const table = (columns: readonly string[]): string =>
  `${rowOf(columns)}\n${rowOf(columns.map(() => "---"))}`;
const rowOf = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const workingRow = (row: AnyOption): string =>
  rowOf([keyOf(row), row.defaultText, row.want, row.help, row.since]);

const idleRow = (row: IdleOption): string =>
  rowOf([
    row.refused === undefined ? keyOf(row) : `${keyOf(row)} \`!${row.refused}\``,
    row.defaultText,
    row.help,
  ]);

function keyOf(row: { readonly key: string; readonly door: Door }): string {
  const property = propertyOf(row);
  if (property === undefined) return `\`${row.key}\` *file*`;
  return property === row.key ? `\`${row.key}\` *property*` : `\`${row.key}\``;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
