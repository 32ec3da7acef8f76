/** `npm run bench:page -- RESULTS.json`: puts a run's results into docs/performance.md. */
import { readFile, writeFile } from "node:fs/promises";
import { PAGE, pageOf, withResults } from "./page.ts";

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: npm run bench:page -- RESULTS.json");
  process.exit(2);
}
const results = JSON.parse(await readFile(file, "utf8"));
await writeFile(PAGE, withResults(await readFile(PAGE, "utf8"), pageOf(results)));
console.log(`written to ${PAGE}`);
