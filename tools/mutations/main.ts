/**
 * `npm run test:mutations`: proves that the simulated world finds bugs. Each mutation of table.ts
 * is switched on alone, and seeds are run until a checker finds something.
 *
 *   npm run test:mutations                          all
 *   npm run test:mutations -- --only trunc-skipped  some, by names with commas between
 *   --seeds-max N  --from N                         seeds at most (500), and the first (1)
 *
 * The list in the documentation gets the rows of those that were looked for. The last line
 * is `N passed, M failed`; a mutation that no seed shows has failed.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Catch, hunt } from "./hunt.ts";
import { writeList } from "./list.ts";
import { mutations } from "./table.ts";

const CORES_MAX = 2;

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    "seeds-max": { type: "string", default: "500" },
    from: { type: "string", default: "1" },
  },
});

async function main(): Promise<boolean> {
  const names = values.only?.split(",");
  const chosen = mutations.filter(({ name }) => names?.includes(name) ?? true);
  if (chosen.length === 0) throw new RangeError(`no mutation is called ${values.only}`);
  const [from, seedsMax] = [Number(values.from), Number(values["seeds-max"])];
  const catches = new Map<string, Catch>();
  const waiting = [...chosen];
  const hunter = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await hunt(next, from, seedsMax);
      catches.set(next.name, result);
      console.log(describe(result));
    }
  };
  await Promise.all(Array.from({ length: Math.min(CORES_MAX, availableParallelism()) }, hunter));
  const results = chosen.map(({ name }) => catches.get(name)!);
  const skipped = new Set(results.flatMap((result) => result.skipped));
  if (skipped.size > 0)
    console.log(`seeds that fail without a mutation: ${[...skipped].join(" ")}`);
  writeList(mutations, results);
  const passed = results.filter(({ caught }) => caught !== undefined).length;
  console.log(`${passed} passed, ${results.length - passed} failed`);
  return passed === results.length;
}

function describe({ mutation, caught, seeds }: Catch): string {
  const name = mutation.name.padEnd(40);
  if (caught === undefined) return `${name} FAILED: not found within ${seeds} seeds`;
  const count = String(seeds).padStart(4);
  return `${name} ${count}  ${caught.rules.join(", ")}: ${caught.what.slice(0, 160)}`;
}

process.exitCode = (await main()) ? 0 : 1;
