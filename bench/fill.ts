/** Loads a server with very many small znodes, as fast as it takes them. */
import { joinBytes } from "../src/base/bytes.ts";
import { CreateRequest, RequestHeader } from "../src/records/client.ts";
import { OPEN_ACL } from "../src/records/data.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { encoded, frame } from "../test/support/raw-session.ts";
import { FILL_FOLDER_NODES, type FillJob, type FillResult, fillFolder } from "./jobs.ts";
import { LoadConnection } from "./load-connection.ts";
import { PauseWatch } from "./pauses.ts";
import { RealTree } from "./real-tree.ts";
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

/** Sends creates on one connection. */
class Filler {
  private readonly connection: LoadConnection;
  private readonly supply: Supply;
  private readonly frameOf: (index: number) => Uint8Array;

  constructor(connection: LoadConnection, supply: Supply, frameOf: (index: number) => Uint8Array) {
    this.connection = connection;
    this.supply = supply;
    this.frameOf = frameOf;
    connection.start(this);
  }

  send(count: number): void {
    const frames: Uint8Array[] = [];
    while (frames.length < count) {
      const index = this.supply.take();
      if (index === null) break;
      frames.push(this.frameOf(index));
    }
    if (frames.length > 0) this.connection.socket.write(joinBytes(frames));
  }

  replies(count: number): void {
    this.supply.answer(count);
    this.send(count);
  }
}

/** Nodes that may be created in any order, all of whose parents are there. */
type Part = { readonly count: number; frameOf(index: number): Uint8Array };

/** Frames of paths that have one length and differ in nothing else: a copy each, and its path. */
function alike(count: number, dataBytes: number, pathOf: (index: number) => string): Part {
  const template = createFrame(pathOf(0), dataBytes);
  return {
    count,
    frameOf(index) {
      const bytes = Buffer.from(template);
      bytes.write(pathOf(index), PATH_AT, "latin1");
      return bytes;
    },
  };
}

/** The folders, then what is measured. */
function parts({ nodes, dataBytes, shape }: FillJob): {
  readonly before: readonly Part[];
  readonly measured: readonly Part[];
} {
  if (shape === "even") {
    const folders = Math.ceil(nodes / FILL_FOLDER_NODES);
    const before = [alike(folders, 0, (index) => fillFolder(index * FILL_FOLDER_NODES))];
    return { before, measured: [alike(nodes, dataBytes, nodeOf)] };
  }
  const tree = new RealTree(nodes);
  const measured = tree.levels.map(
    ({ from, count }): Part => ({
      count,
      frameOf: (index) => createFrame(tree.path(from + index), tree.dataBytes(from + index)),
    }),
  );
  return { before: [], measured };
}

const nodeOf = (index: number): string =>
  `${fillFolder(index)}/n${String(index).padStart(NUMBER_DIGITS, "0")}`;

async function fillWith(
  { inFlight }: FillJob,
  connections: readonly LoadConnection[],
  { count, frameOf }: Part,
): Promise<void> {
  const supply = new Supply(count);
  for (const connection of connections) new Filler(connection, supply, frameOf).send(inFlight);
  await supply.done;
}

/** `FILL_ROOT` is there already. */
export async function runFill(job: FillJob, failed: (error: Error) => void): Promise<FillResult> {
  const opening = Array.from({ length: job.connections }, () =>
    LoadConnection.open(job.port, failed),
  );
  const connections = await Promise.all(opening);
  const { before, measured } = parts(job);
  for (const part of before) await fillWith(job, connections, part);
  const pauses = new PauseWatch(job.pauses);
  await pauses.start();
  const from = { at: performance.now(), server: cpuSeconds(job.serverPid), load: ownCpu() };
  for (const part of measured) await fillWith(job, connections, part);
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
