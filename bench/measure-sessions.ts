/** Turns of rows that are about sessions: storms of their watches, and their coming and going. */
import { create } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import type { Figures } from "./figures.ts";
import { type ChurnResult, NODES_ROOT, type StormResult, stormPath } from "./jobs.ts";
import { load } from "./load-process.ts";
import { atRest, memoryOf, type Servers } from "./measure-load.ts";
import type { Times } from "./options.ts";
import type { ChurnRow, StormRow } from "./rows.ts";

const jobOf = (servers: Servers) => ({
  port: servers[0]!.subject.port,
  serverPids: servers.map(({ subject }) => subject.pid),
  pauses: servers.map(({ pauses }) => pauses),
});

export async function measureStorm(row: StormRow, servers: Servers): Promise<Figures> {
  const session = await RawSession.open(servers[0]!.subject.port);
  await create(session, NODES_ROOT, null); // or they are there already
  for (let at = 0; at < row.watches / row.connections; at++) {
    await create(session, stormPath(at), null);
  }
  await session.close();
  await atRest(servers);
  const { errors, ...figures } = await load<StormResult>({ ...row, ...jobOf(servers) }).result;
  if (errors > 0) throw new Error(`${errors} requests were refused`);
  return { ...figures, ...memoryOf(servers) };
}

export async function measureChurn(
  row: ChurnRow,
  servers: Servers,
  times: Times,
): Promise<Figures> {
  await atRest(servers);
  const job = { ...row, ...jobOf(servers), ...times };
  const { errors, ...figures } = await load<ChurnResult>(job).result;
  if (errors > 0) throw new Error(`${errors} sessions were not closed`);
  const cpuMicrosPerOp = (figures.serverCpu / figures.perSecond) * 1e6;
  return { ...figures, cpuMicrosPerOp, ...memoryOf(servers) };
}
