/** The figures of the clients as a table: a row for each load. */
import { CLIENT_NAMES, type ClientName, type ClientResult } from "./job.ts";

export type ClientRow = {
  readonly name: string;
  readonly results: Readonly<Record<ClientName, ClientResult>>;
};

const HEAD = ["load", "calls/s", "", "", "ratio", "p50 / p99", "", "", "CPU us/call", "", ""];
const CPU_HEAD = ["CPU client:server", "", ""];

const rate = ({ perSecond }: ClientResult): string => Math.round(perSecond).toLocaleString("en-US");
const cpuTime = ({ cpuMicros }: ClientResult): string => cpuMicros.toFixed(1);
const shares = ({ clientCpu, serverCpu }: ClientResult): string =>
  `${clientCpu.toFixed(2)}:${serverCpu.toFixed(2)}`;
const time = (micros: number): string =>
  micros >= 1_000 ? `${Number((micros / 1_000).toPrecision(2))} ms` : `${Math.round(micros)} us`;
const latency = ({ p50Micros, p99Micros }: ClientResult): string =>
  `${time(p50Micros)} / ${time(p99Micros)}`;

/** How many times the calls per second of the better of the others. */
const ratio = (results: ClientRow["results"]): string => {
  const others = CLIENT_NAMES.filter((name) => name !== "quoll");
  const best = Math.max(...others.map((name) => results[name].perSecond));
  return `${(results.quoll.perSecond / best).toFixed(2)}x`;
};

export function clientTable(rows: readonly ClientRow[]): string {
  const names = CLIENT_NAMES.map((name) => name.replace("node-zookeeper-client", "n-z-client"));
  const under = ["", ...names, "", ...names, ...names, ...names];
  const cells = rows.map(({ name, results }) => {
    const each = (tell: (result: ClientResult) => string): string[] =>
      CLIENT_NAMES.map((client) => tell(results[client]));
    return [
      name,
      ...each(rate),
      ratio(results),
      ...each(latency),
      ...each(cpuTime),
      ...each(shares),
    ];
  });
  const all = [[...HEAD, ...CPU_HEAD], under, ...cells];
  const widths = under.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  return all
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
        )
        .join("  "),
    )
    .join("\n");
}
