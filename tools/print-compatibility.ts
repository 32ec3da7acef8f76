/** Writes docs/compatibility.md from the statements. Run: node dist/tools/print-compatibility.js */
import { writeFileSync } from "node:fs";
import { describeCompatibility } from "./compatibility.ts";
import { ROOT } from "./root.ts";

writeFileSync(`${ROOT}docs/compatibility.md`, describeCompatibility());
