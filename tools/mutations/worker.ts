/**
 * Runs seeds with one mutation, or with none, until a world shows it; told on its command line,
 * writes a line of JSON a seed. A process of its own, because modules are loaded once.
 */
import { register } from "node:module";
import type { LoaderData } from "./loader.ts";
import { mutations } from "./table.ts";

export type Task = {
  /** Undefined: the program as it is, in the worlds of `like`. */
  readonly mutation?: string | undefined;
  readonly like: string;
  readonly from: number;
  readonly to: number;
};

export type WorkerLine =
  | { readonly kind: "ready" }
  | { readonly kind: "passed"; readonly seed: number }
  | {
      readonly kind: "found";
      readonly seed: number;
      /** Of the checkers that found something, in their order. */
      readonly rules: readonly string[];
      readonly what: string;
    };

const task = JSON.parse(process.argv[2] ?? "") as Task;
const named = (name: string) => mutations.find((mutation) => mutation.name === name)!;
const { world } = named(task.like);

const LATE = ["liveness", "answers"];
const tell = (line: WorkerLine): boolean => process.stdout.write(`${JSON.stringify(line)}\n`);

if (task.mutation !== undefined) {
  const data: LoaderData = { edits: named(task.mutation).edits };
  register("./loader.js", { parentURL: import.meta.url, data });
}
const { runOnce, scenarioFor } = await import("../sim-run.ts");
tell({ kind: "ready" });
for (let seed = task.from; seed <= task.to; seed++) {
  const drawn = scenarioFor(seed, { servers: 3 });
  const { violations } = runOnce(world?.(drawn) ?? drawn);
  const [first] = violations;
  const rules = [...new Set(violations.map(({ rule }) => rule))];
  // A world as hard as those of worlds.ts may be late of itself.
  const isLateOnly = world !== undefined && rules.every((rule) => LATE.includes(rule));
  if (first === undefined || isLateOnly) {
    tell({ kind: "passed", seed });
    continue;
  }
  tell({ kind: "found", seed, rules, what: first.what });
  break;
}
