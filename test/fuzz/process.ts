/**
 * Damaged frames against a real server process, over sockets. A witness with its own raw session
 * writes, reads and watches among them; the server must serve it to the end, and then stop well.
 *
 * Which frames are sent follows from the seed; what the sockets make of their order does not.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { residentMegabytes } from "../../bench/usage.ts";
import { hexOf, utf8 } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import { AddWatchRequest, GetDataResponse } from "../../src/records/client.ts";
import { AddWatchMode } from "../../src/records/constants.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { create, granted, read, remove, setData } from "../support/operations.ts";
import { decoded, encoded, handshake, RawSession } from "../support/raw-session.ts";
import { ServerProcess } from "../support/server-process.ts";
import { Mutator, serverSeeds } from "./mutator.ts";
import { blame, type Outcome, type Progress } from "./outcome.ts";

const CONNECTIONS = 16;
const HANG_UP = 1 / 50;
/** Frames between two rounds of the witness. */
const BATCH = 100;
/** A round that takes longer means that the server hangs, in ms: machines can be busy. */
const ROUND_MS_MAX = 20_000;

/** The collector lets the heap breathe; nodes that the frames make are few. */
const GROWTH_MB_MAX = 64;

const GREETING = handshake({ timeoutMs: 10_000 });

export async function fuzzProcess(
  frames: number,
  seed: number,
  progress: Progress,
): Promise<Outcome> {
  const home = mkdtempSync(join(tmpdir(), "quoll-fuzz-"));
  const server = ServerProcess.on(home);
  const crowd = new Crowd(await server.port(), new Prng(seed));
  const memory = new Memory(frames);
  let batch: readonly Uint8Array[] = [];
  let done = 0;
  try {
    const witness = await Witness.open(await server.port());
    while (done < frames) {
      batch = crowd.send(Math.min(BATCH, frames - done));
      await inTime(witness.round());
      done += batch.length;
      memory.note(done, residentMegabytes(server.child.pid!));
      progress(done);
    }
    await witness.close();
    crowd.end();
    const code = await server.stop();
    if (code !== 0) return { passed: done, failure: `the server ended with ${code}` };
    await serveAgain(home);
    const { first, last } = memory;
    const figures = `memory ${first.toFixed(0)} MB in the first half, ${last.toFixed(0)} MB after`;
    if (last - first <= GROWTH_MB_MAX) return { passed: done, figures };
    return { passed: done, failure: `${figures}: it grows` };
  } catch (error) {
    return { passed: done, failure: `${blame(error, done, ...batch)}\n${server.output}` };
  } finally {
    crowd.end();
    await server.kill();
    rmSync(home, { recursive: true, force: true });
  }
}

/** What the frames have left in the folder is read without a complaint: a server serves it. */
async function serveAgain(home: string): Promise<void> {
  const server = ServerProcess.on(home);
  try {
    const session = await RawSession.open(await server.port());
    await granted("read", read(session, OpCode.getData, "/witness"));
    await session.close();
    await server.stop();
  } finally {
    await server.kill();
  }
}

/** The most memory that a process held in the first half of a run, and in the second, in MB. */
class Memory {
  first = 0;
  last = 0;
  private readonly half: number;

  constructor(frames: number) {
    this.half = frames / 2;
  }

  note(done: number, megabytes: number): void {
    if (done <= this.half) this.first = Math.max(this.first, megabytes);
    else this.last = Math.max(this.last, megabytes);
  }
}

/** Connections that send damage and let go by what comes. One that has closed is replaced. */
class Crowd {
  private readonly port: number;
  private readonly prng: Prng;
  private readonly mutator: Mutator;
  private readonly sockets: (Socket | undefined)[] = new Array(CONNECTIONS).fill(undefined);

  constructor(port: number, prng: Prng) {
    this.port = port;
    this.prng = prng;
    this.mutator = new Mutator(serverSeeds(), prng);
  }

  /** What was sent. */
  send(count: number): readonly Uint8Array[] {
    const frames = Array.from({ length: count }, () => this.mutator.next());
    for (const bytes of frames) this.one(this.prng.below(CONNECTIONS)).write(bytes);
    return frames;
  }

  end(): void {
    for (const socket of this.sockets) socket?.destroy();
  }

  private one(at: number): Socket {
    const known = this.sockets[at];
    const hangsUp = this.prng.chance(HANG_UP);
    if (known?.writable === true && !hangsUp) return known;
    known?.destroy();
    const socket = connect({ port: this.port, host: "127.0.0.1" });
    socket.on("error", () => {}); // a reset is a way to close
    socket.resume();
    socket.write(GREETING);
    this.sockets[at] = socket;
    return socket;
  }
}

/** Writes and reads its own node, which a persistent watch of its own tells of. */
class Witness {
  private readonly session: RawSession;
  private rounds = 0;

  private constructor(session: RawSession) {
    this.session = session;
  }

  static async open(port: number): Promise<Witness> {
    const session = await RawSession.open(port);
    await granted("create", create(session, "/witness", null));
    const watch = { path: "/witness", mode: AddWatchMode.persistent };
    const body = encoded(AddWatchRequest, watch);
    await granted("addWatch", session.request(OpCode.addWatch, body));
    return new Witness(session);
  }

  async round(): Promise<void> {
    const { session } = this;
    session.arrivals.length = 0;
    const data = utf8(`round ${++this.rounds}`);
    await granted("set", setData(session, "/witness", data));
    const reply = await granted("get", read(session, OpCode.getData, "/witness"));
    const found = decoded(GetDataResponse, reply.body).data;
    if (found === null || hexOf(found) !== hexOf(data)) throw new Error("the witness reads wrong");
    await read(session, OpCode.exists, "/witness/child", true);
    await granted("create", create(session, "/witness/child", null));
    await granted("delete", remove(session, "/witness/child"));
    this.expectEvents();
  }

  close(): Promise<void> {
    return this.session.close();
  }

  private expectEvents(): void {
    const events = this.session.arrivals.flatMap((it) => (it.kind === "event" ? [it.event] : []));
    const seen = events.map(({ type, path }) => `${type} ${path}`).join();
    const wanted = "3 /witness,1 /witness/child,4 /witness,4 /witness";
    if (seen !== wanted) throw new Error(`the witness hears of ${seen}`);
  }
}

function inTime(round: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`no answer within ${ROUND_MS_MAX} ms`));
    const timer = setTimeout(late, ROUND_MS_MAX);
    round.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
