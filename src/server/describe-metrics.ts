/** Prints docs/metrics.md from the table of metrics, so that the two cannot disagree. */
import { METRIC_TABLE, type MetricRow } from "./metric-table.ts";

const HEAD = `# Metrics

<!-- Printed from src/server/metric-table.ts. Change that, then run
     node dist/tools/print-metrics.js -->

The four-letter word \`mntr\` prints one metric a line under the names that Apache ZooKeeper uses:
\`zk_<name>\`, a tab, the value. A *summary* is printed as \`avg_\`, \`min_\`, \`max_\`, \`cnt_\`
and \`sum_\`; one with *percentiles* adds \`p50_\`, \`p95_\`, \`p99_\` and \`p999_\`, taken over
the latest 1024 records; a *summary set* is a summary for each key, with the key before the name.
\`srst\` sets all but gauges to 0.

A name of the reference is printed only if its value is true here. A 0 means that nothing
happened, never that nobody looks.
`;

const PARTS: ReadonlyArray<readonly [source: MetricRow["source"], title: string, text: string]> = [
  ["status", "Always printed", "Read from the server when asked."],
  ["fed", "Printed once measured", "From the moment that the part which measures it is running."],
  ["zero", "Printed as 0", "Because 0 is the truth, for the reason given."],
  [
    "standalone",
    "Printed by members of an ensemble",
    "By each, whatever its role is now; a standalone server prints 0.",
  ],
  ["absent", "Not printed", "Names of the reference that mean nothing here, and why."],
];

export function describeMetrics(): string {
  const parts = [HEAD];
  for (const [source, title, text] of PARTS) {
    const rows = METRIC_TABLE.filter((row) => row.source === source);
    const lines = rows.map(({ name, kind, help }) => `| \`${name}\` | ${KINDS[kind]} | ${help} |`);
    parts.push(
      `## ${title}\n`,
      `${text}\n`,
      `| name | kind | what it tells |\n| --- | --- | --- |`,
    );
    parts.push(`${lines.join("\n")}\n`);
  }
  return `${parts.join("\n").trimEnd()}\n`;
}

const KINDS: Readonly<Record<MetricRow["kind"], string>> = {
  gauge: "gauge",
  counter: "counter",
  summary: "summary",
  percentiles: "percentiles",
  summarySet: "summary set",
};
