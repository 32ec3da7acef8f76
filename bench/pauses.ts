/**
 * The pauses of servers over a stretch of time: Quoll is asked through the socket of
 * pauses-preload.ts, and a JVM's log is read.
 */
import { open, stat } from "node:fs/promises";
import { connect } from "node:net";
import { parseJvmLog } from "./jvm-log.ts";
import { START, STOP, type ToldPauses } from "./pauses-told.ts";

export type Pauses = {
  readonly pauseMs?: number;
  readonly gcPauseMs?: number;
  /** Which part of the time the collector took. */
  readonly gcShare?: number;
};
export type PauseSource = { readonly kind: "socket" | "jvm-log"; readonly path: string };

/** What is answered to a word. */
function say(path: string, word: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ path, allowHalfOpen: true });
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("end", () => {
      socket.destroy();
      resolve(text);
    });
    socket.end(word);
  });
}

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - offset), 0, null, offset);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What several servers told, as if they were one: the longest of all, and the sum of sums. */
export function together(all: readonly ToldPauses[], elapsedMs: number): Pauses {
  if (all.length === 0) return {};
  const longest = (of: (pauses: ToldPauses) => number): number => Math.max(...all.map(of));
  const pauseMs = longest((pauses) => pauses.pauseMs);
  if (all.some(({ gcPauseMs }) => gcPauseMs === undefined)) return { pauseMs };
  const gcPauseMs = longest((pauses) => pauses.gcPauseMs ?? 0);
  const gcTotalMs = all.reduce((sum, pauses) => sum + (pauses.gcTotalMs ?? 0), 0);
  return { pauseMs, gcPauseMs, gcShare: gcTotalMs / elapsedMs };
}

export class PauseWatch {
  private readonly sources: readonly PauseSource[];
  private startedAt = 0;
  /** How long each log was at the start. */
  private readonly offsets = new Map<string, number>();

  constructor(sources: readonly PauseSource[]) {
    this.sources = sources;
  }

  async start(): Promise<void> {
    this.startedAt = performance.now();
    for (const { kind, path } of this.sources) {
      if (kind === "socket") await say(path, START);
      else this.offsets.set(path, (await stat(path)).size);
    }
  }

  /** The pauses since the start; nothing where there is no source. */
  async stop(): Promise<Pauses> {
    const elapsedMs = performance.now() - this.startedAt;
    const telling = this.sources.map(
      async ({ kind, path }): Promise<ToldPauses> =>
        kind === "socket"
          ? JSON.parse(await say(path, STOP))
          : parseJvmLog(await readFrom(path, this.offsets.get(path) ?? 0)),
    );
    return together(await Promise.all(telling), elapsedMs);
  }
}
