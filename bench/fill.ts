/** Loads a server with very many small znodes, as fast as it takes them. */
import { utf8 } from "../src/base/bytes.ts";
import { CreateRequest, RequestHeader } from "../src/records/client.ts";
import { OPEN_ACL } from "../src/records/data.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { encoded, frame } from "../test/support/raw-session.ts";
import { FILL_FOLDER_NODES, type FillJob, type FillResult, fillFolder } from "./jobs.ts";
import { LoadConnection } from "./load-connection.ts";
import { PauseWatch } from "./pauses.ts";
import { cpuSeconds, ownCpu } from "./usage.ts";

const NUMBER_DIGITS = 7;
/** Where the path starts in a frame: length, xid, type, length of the path. */
const PATH_AT = 16;

function createFrame(path: string, dataBytes: number): Uint8Array {
  const header = encoded(RequestHeader, { xid: 1, type: OpCode.create });
  const data = new Uint8Array(dataBytes).fill(0x64);
  return frame(header, encoded(CreateRequest, { path, data, acl: OPEN_ACL, flags: 0 }));
}

/** Gives out the numbers of znodes and says when all are created. */
class Supply {
  answered = 0;
  readonly done: Promise<void>;
  private next = 0;
  private readonly total: number;
  private finish: () => void = () => {};

  constructor(total: number) {
    this.total = total;
    this.done = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  take(): number | null {
    return this.next < this.total ? this.next++ : null;
  }

  answer(count: number): void {
    this.answered += count;
    if (this.answered >= this.total) this.finish();
  }
}

/** Sends creates on one connection, of which only the digits of the path differ. */
class Filler {
  private readonly connection: LoadConnection;
  private readonly supply: Supply;
  private readonly template: Uint8Array;
  private readonly folderOf: (index: number) => string;

  constructor(
    connection: LoadConnection,
    supply: Supply,
    template: Uint8Array,
    folderOf: (index: number) => string,
  ) {
    this.connection = connection;
    this.supply = supply;
    this.template = template;
    this.folderOf = folderOf;
    connection.start(this);
  }

  send(count: number): void {
    const size = this.template.length;
    const batch = Buffer.allocUnsafe(size * count);
    let at = 0;
    for (let index = this.supply.take(); index !== null; index = this.supply.take()) {
      batch.set(this.template, at);
      batch.write(this.folderOf(index), at + PATH_AT, "latin1");
      at += size;
      if (at === batch.length) break;
    }
    if (at > 0) this.connection.socket.write(batch.subarray(0, at));
  }

  replies(count: number): void {
    this.supply.answer(count);
    this.send(count);
  }
}

const nodeOf = (index: number): string =>
  `${fillFolder(index)}/n${String(index).padStart(NUMBER_DIGITS, "0")}`;

async function fillWith(
  job: FillJob,
  connections: readonly LoadConnection[],
  total: number,
  dataBytes: number,
  pathOf: (index: number) => string,
): Promise<void> {
  const supply = new Supply(total);
  const template = createFrame("x".repeat(utf8(pathOf(0)).length), dataBytes);
  for (const connection of connections) {
    new Filler(connection, supply, template, pathOf).send(job.inFlight);
  }
  await supply.done;
}

/** `FILL_ROOT` is there already. */
export async function runFill(job: FillJob, failed: (error: Error) => void): Promise<FillResult> {
  const opening = Array.from({ length: job.connections }, () =>
    LoadConnection.open(job.port, failed),
  );
  const connections = await Promise.all(opening);
  const folders = Math.ceil(job.nodes / FILL_FOLDER_NODES);
  await fillWith(job, connections, folders, 0, (index) => fillFolder(index * FILL_FOLDER_NODES));
  const pauses = new PauseWatch(job.pauses);
  await pauses.start();
  const from = { at: performance.now(), server: cpuSeconds(job.serverPid), load: ownCpu() };
  await fillWith(job, connections, job.nodes, job.dataBytes, nodeOf);
  const seconds = (performance.now() - from.at) / 1_000;
  const errors = connections.reduce((sum, connection) => sum + connection.errors, 0);
  for (const connection of connections) connection.end();
  return {
    seconds,
    errors,
    serverCpu: (cpuSeconds(job.serverPid) - from.server) / seconds,
    loadCpu: (ownCpu() - from.load) / seconds,
    ...(await pauses.stop()),
  };
}
