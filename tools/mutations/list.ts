/** The list of mutations in the documentation: a run rewrites the rows of those that it looked for. */
import { readFileSync, writeFileSync } from "node:fs";
import { ROOT } from "../root.ts";
import type { Catch } from "./hunt.ts";
import type { Mutation } from "./mutation.ts";

export const PAGE = `${ROOT}docs/simulation-mutations.md`;
const BEGIN = "<!-- mutations: begin -->";
const END = "<!-- mutations: end -->";
const RULES_MAX = 4;
const ROW = /^\| `([a-z-]+)` \|.*$/gm;

/** `all` tells which rows there are, and in which order; others that the page has go. */
export function writeList(all: readonly Mutation[], results: readonly Catch[]): void {
  const page = readFileSync(PAGE, "utf8");
  const [head, rest] = page.split(BEGIN);
  const [list, tail] = rest?.split(END) ?? [];
  if (list === undefined || tail === undefined)
    throw new Error(`${PAGE} has no marks for the list`);
  const rows = new Map([...list.matchAll(ROW)].map(([row, name]) => [name!, row]));
  for (const result of results) rows.set(result.mutation.name, rowOf(result));
  const lines = [
    "| Mutation | What goes wrong | ZOOKEEPER- | Found by | Seeds |",
    "|---|---|---|---|---:|",
    ...all.flatMap(({ name }) => rows.get(name) ?? []),
  ];
  writeFileSync(PAGE, `${head}${BEGIN}\n${lines.join("\n")}\n${END}${tail}`);
}

function rowOf({ mutation, caught, seeds }: Catch): string {
  const { name, what, defects = [] } = mutation;
  const rules = caught?.rules.slice(0, RULES_MAX).join(", ") ?? "**not found**";
  return `| \`${name}\` | ${what} | ${defects.join(", ")} | ${rules} | ${seeds} |`;
}
