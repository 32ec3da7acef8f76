/**
 * `npm run bench:clients [-- --quick] [--server NAME]`: Quoll's client beside the npm packages
 * `zookeeper` (the C client) and `node-zookeeper-client`, on this machine, against the
 * same servers, under the same load. Prints a table for each server and writes all figures to
 * bench-clients-results.json.
 *
 * Each figure is the median of several rounds; in each round the clients take turns, in an order
 * that moves on by one, and each turn is a process of its own. A ratio above 1 is in favour of
 * Quoll's client, against the better of the other two. Where the server's column comes near 1 the
 * server was the bottleneck, and the ratio tells less than there is: then look at the processor
 * time for a call, which is the client's alone.
 */
import { writeFile } from "node:fs/promises";
import { cpus, release } from "node:os";
import { parseArgs } from "node:util";
import { installReference } from "../test/interop/install.ts";
import { installClients } from "./clients/cache.ts";
import { CLIENT_NAMES, type ClientName, type ClientResult } from "./clients/job.ts";
import { SERVER_NAMES, type Server, type ServerName, startServer } from "./clients/server.ts";
import { type ClientRow, clientTable } from "./clients/table.ts";
import { turn } from "./clients/turn.ts";

const RESULTS = "bench-clients-results.json";
const DATA_BYTES = 100;
const CONNECTIONS_MAX = 10;

type Plan = { readonly warmupMs: number; readonly measureMs: number; readonly rounds: number };
const QUICK: Plan = { warmupMs: 700, measureMs: 700, rounds: 3 };
const FULL: Plan = { warmupMs: 2_000, measureMs: 2_000, rounds: 5 };

type Shape = readonly [operation: "get" | "set", connections: number, inFlight: number];
const SHAPES: readonly Shape[] = (["get", "set"] as const).flatMap((operation): Shape[] => [
  [operation, 1, 1],
  [operation, 1, 10],
  [operation, 1, 100],
  [operation, 1, 1_000],
  [operation, CONNECTIONS_MAX, 100],
]);

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, server: { type: "string" } },
});
const plan = flags.quick ? QUICK : FULL;
const servers: readonly ServerName[] =
  flags.server === undefined ? SERVER_NAMES : [flags.server as ServerName];

/** The median round of each client. */
async function measureRow(shape: Shape, server: Server): Promise<ClientRow> {
  const [operation, connections, inFlight] = shape;
  const { port, pid: serverPid } = server;
  const load = { operation, connections, inFlight, dataBytes: DATA_BYTES };
  const times = { warmupMs: plan.warmupMs, measureMs: plan.measureMs };
  const all = new Map<ClientName, ClientResult[]>(CLIENT_NAMES.map((name) => [name, []]));
  for (let round = 0; round < plan.rounds; round++) {
    for (let place = 0; place < CLIENT_NAMES.length; place++) {
      const client = CLIENT_NAMES[(round + place) % CLIENT_NAMES.length]!;
      const result = await turn({ client, port, serverPid, ...load, ...times });
      if (result.errors > 0) throw new Error(`${client}: ${result.errors} errors`);
      all.get(client)!.push(result);
    }
  }
  const median = (client: ClientName): ClientResult => {
    const sorted = all.get(client)!.sort((a, b) => a.perSecond - b.perSecond);
    return sorted[Math.floor(sorted.length / 2)]!;
  };
  const name = `${operation} ${connections} x ${inFlight}`;
  return {
    name,
    results: {
      quoll: median("quoll"),
      zookeeper: median("zookeeper"),
      "node-zookeeper-client": median("node-zookeeper-client"),
    },
  };
}

async function measureServer(name: ServerName): Promise<readonly ClientRow[]> {
  const server = await startServer(name, CONNECTIONS_MAX, DATA_BYTES);
  try {
    const rows: ClientRow[] = [];
    for (const shape of SHAPES) {
      const row = await measureRow(shape, server);
      rows.push(row);
      const rates = CLIENT_NAMES.map((client) => Math.round(row.results[client].perSecond));
      console.log(`${name}: ${row.name}: ${rates.join(", ")}/s`);
    }
    return rows;
  } finally {
    await server.dispose();
  }
}

await installReference();
await installClients();
const figures: Partial<Record<ServerName, readonly ClientRow[]>> = {};
for (const name of servers) figures[name] = await measureServer(name);
const machine = {
  cpus: cpus().map(({ model }) => model),
  kernel: release(),
  node: process.version,
};
const results = { when: new Date().toISOString(), machine, plan, figures };
await writeFile(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
const TITLES: Readonly<Record<ServerName, string>> = {
  quoll: "Quoll",
  apache: "Apache ZooKeeper",
  prompt: "a server that does no work",
};
for (const name of servers) {
  console.log(`\nagainst ${TITLES[name]}\n`);
  console.log(clientTable(figures[name] ?? []));
}
console.log(`\nwritten to ${RESULTS}`);
