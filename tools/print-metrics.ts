/** Writes docs/metrics.md from the table of metrics. Run: node dist/tools/print-metrics.js */
import { writeFileSync } from "node:fs";
import { describeMetrics } from "../src/server/describe-metrics.ts";

// From dist/tools to the root.
writeFileSync(new URL("../../docs/metrics.md", import.meta.url), describeMetrics());
