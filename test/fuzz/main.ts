/**
 * `npm run test:fuzz [-- --frames N --server M --seed S]`: damaged frames do no harm.
 *
 * N frames against the codec, M against a server machine in this process, and M against a server
 * process over sockets. Ends at the first failure, with the seed and the frame.
 */
import { parseArgs } from "node:util";
import { fuzzCodecs } from "./codecs.ts";
import { fuzzMachine } from "./machine.ts";
import type { Outcome, Progress } from "./outcome.ts";
import { fuzzProcess } from "./process.ts";

const SAY_EVERY_MS = 3_000;

const { values: flags } = parseArgs({
  options: {
    frames: { type: "string", default: "10000000" },
    server: { type: "string", default: "1000000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

type Part = {
  readonly name: string;
  readonly frames: number;
  run(frames: number, seed: number, progress: Progress): Outcome | Promise<Outcome>;
};

function numberOf(name: "frames" | "server" | "seed"): number {
  const value = Number(flags[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new Error(`--${name} ${flags[name]} is not a whole number from 0 on`);
}

/** Says from time to time how far `part` is. */
function teller({ name, frames }: Part): Progress {
  let saidAt = performance.now();
  return (done) => {
    if (performance.now() - saidAt < SAY_EVERY_MS) return;
    saidAt = performance.now();
    console.log(`${name}: ${done} of ${frames}`);
  };
}

async function main(): Promise<boolean> {
  const seed = numberOf("seed");
  const server = numberOf("server");
  const parts: readonly Part[] = [
    { name: "codec", frames: numberOf("frames"), run: fuzzCodecs },
    { name: "server machine", frames: server, run: fuzzMachine },
    { name: "server process", frames: server, run: fuzzProcess },
  ];
  console.log(`seed ${seed}`);
  // Most frames end as an error that is looked at by its class alone.
  const traceLimit = Error.stackTraceLimit;
  let passed = 0;
  for (const part of parts) {
    Error.stackTraceLimit = part.run === fuzzCodecs ? 2 : traceLimit;
    const outcome = await part.run(part.frames, seed, teller(part));
    passed += outcome.passed;
    const found = outcome.figures === undefined ? "" : `, ${outcome.figures}`;
    console.log(`${part.name}: ${outcome.passed} of ${part.frames} done${found}`);
    if (outcome.failure === undefined) continue;
    console.log(`${part.name}, seed ${seed}: ${outcome.failure}`);
    console.log(`${passed} passed, 1 failed`);
    return false;
  }
  console.log(`${passed} passed, 0 failed`);
  return true;
}

process.exitCode = (await main()) ? 0 : 1;
