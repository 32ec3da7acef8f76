/** Session churn: sessions that are opened and closed, over and over, each on a connection anew. */
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { joinBytes } from "../src/base/bytes.ts";
import { RequestHeader } from "../src/records/client.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { encoded, frame, handshake } from "../test/support/raw-session.ts";
import { Histogram } from "./histogram.ts";
import type { ChurnJob, ChurnResult } from "./jobs.ts";
import { Stopwatch } from "./stopwatch.ts";

const SESSION_TIMEOUT_MS = 30_000;
const LENGTH_BYTES = 4;
/** Where the error code is in the frame that answers the close. */
const ERROR_AT = LENGTH_BYTES + 12;

const HELLO = handshake({ timeoutMs: SESSION_TIMEOUT_MS });
const BYE = frame(encoded(RequestHeader, { xid: 1, type: OpCode.closeSession }));

/** The first frame of `bytes` and what stands behind it; undefined while it is not all there. */
function cut(bytes: Buffer): readonly [first: Buffer, rest: Buffer] | undefined {
  if (bytes.length < LENGTH_BYTES) return undefined;
  const end = LENGTH_BYTES + bytes.readInt32BE(0);
  return bytes.length < end ? undefined : [bytes.subarray(0, end), bytes.subarray(end)];
}

/** One session, from the connect to the answer to its close. Answers that answer's error code. */
function liveOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let isOpen = false;
    let held: Buffer = Buffer.alloc(0);
    socket.on("connect", () => socket.write(HELLO));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed a connection")));
    socket.on("data", (chunk: Buffer) => {
      const found = cut(held.length === 0 ? chunk : Buffer.from(joinBytes([held, chunk])));
      if (found === undefined) {
        held = Buffer.concat([held, chunk]);
        return;
      }
      const [first, rest] = found;
      held = rest;
      if (!isOpen) {
        isOpen = true;
        socket.write(BYE);
        return;
      }
      resolve(first.readInt32BE(ERROR_AT));
      // With a reset: thousands of ports would wait for the end of their time otherwise.
      socket.resetAndDestroy();
    });
  });
}

export async function runChurn(
  job: ChurnJob,
  failed: (error: Error) => void,
): Promise<ChurnResult> {
  const histogram = new Histogram();
  const stopwatch = new Stopwatch(job);
  let [going, recording, errors] = [true, false, 0];
  const live = async (): Promise<void> => {
    while (going) {
      const began = performance.now();
      const err = await liveOnce(job.port);
      if (err !== 0) errors++;
      if (recording) histogram.record((performance.now() - began) * 1_000);
    }
  };
  const living = Promise.all(Array.from({ length: job.connections }, live)).catch(failed);
  await wait(job.warmupMs);
  await stopwatch.begin();
  recording = true;
  stopwatch.start();
  await wait(job.measureMs);
  stopwatch.stop();
  recording = going = false;
  await living;
  const perSecond = histogram.count / stopwatch.seconds;
  return { perSecond, errors, ...histogram.figures(), ...(await stopwatch.end()) };
}
