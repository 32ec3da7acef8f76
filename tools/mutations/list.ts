/** The list of mutations in the documentation: rewritten by every full run. */
import { readFileSync, writeFileSync } from "node:fs";
import { ROOT } from "../root.ts";
import type { Catch } from "./hunt.ts";

export const PAGE = `${ROOT}docs/simulation-mutations.md`;
const BEGIN = "<!-- mutations: begin -->";
const END = "<!-- mutations: end -->";

export function writeList(results: readonly Catch[], seedsMax: number): void {
  const page = readFileSync(PAGE, "utf8");
  const [head, rest] = page.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (tail === undefined) throw new Error(`${PAGE} has no marks for the list`);
  const rows = results.map(
    ({ mutation, caught, seeds }) =>
      `| \`${mutation.name}\` | ${mutation.what} | ${(mutation.defects ?? []).join(", ")} | ` +
      `${caught?.rules.join(", ") ?? "**not found**"} | ${seeds} |`,
  );
  const table = [
    `${results.length} mutations, each looked for in at most ${seedsMax} seeds.`,
    "",
    "| Mutation | What goes wrong | ZOOKEEPER- | Found by | Seeds |",
    "|---|---|---|---|---:|",
    ...rows,
  ];
  writeFileSync(PAGE, `${head}${BEGIN}\n${table.join("\n")}\n${END}${tail}`);
}
