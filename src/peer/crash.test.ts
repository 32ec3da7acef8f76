/**
 * The promise of the house: whatever a client was told is there after a crash, at whatever disk operation
 * it comes and whatever the disk forgets; and the server then serves on.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { CrashServer, nothing, type Remains } from "../../test/support/crash-server.ts";
import { LOSSES, type Loss, SimCrash, SimDisk } from "../../test/support/sim-disk.ts";
import { Prng } from "../base/prng.ts";

const TURNS = 260;
/** Operations within which a start is cut short: its repairs and the first snapshot after it. */
const START_OPS = 14;
const SEEDS = [1, 2];

/** What is left at every disk operation of a life, right before it and right after. */
function remainsOf(seed: number): readonly Remains[] {
  const sameFolder = seed % 2 === 0;
  const server = new CrashServer(nothing(new SimDisk(sameFolder)), sameFolder, seed);
  const remains: Remains[] = [];
  server.onOp = () =>
    remains.push({
      disk: server.disk.copy(),
      history: server.history.copy(),
      now: server.now,
    });
  server.start();
  server.serve(TURNS);
  server.settle();
  return remains;
}

/** Runs `act` until it ends or the power goes out after `ops` operations. */
function cutShort(server: CrashServer, ops: number, act: () => void): boolean {
  server.disk.opsUntilCrash = ops;
  try {
    act();
    return false;
  } catch (error) {
    if (!(error instanceof SimCrash)) throw error;
    return true;
  } finally {
    server.disk.opsUntilCrash = Number.POSITIVE_INFINITY;
  }
}

/** Starts from what a crash left, again after a crash of that start, serves, crashes, and settles. */
function liveOn(remains: Remains, loss: Loss, seed: number): void {
  const prng = new Prng(seed);
  const disk = remains.disk.copy();
  const left = { disk, history: remains.history.copy(), now: remains.now };
  const sameFolder = disk.sameFolder;
  const next = () => new CrashServer(left, sameFolder, prng.uint32());
  disk.crash(loss, prng);
  const first = next();
  if (cutShort(first, prng.below(START_OPS), () => first.start())) {
    disk.crash(prng.pick(LOSSES), prng);
  }
  const second = next();
  cutShort(second, 5 + prng.below(40), () => {
    second.start();
    second.serve(30);
  });
  disk.crash(prng.pick(LOSSES), prng);
  const third = next();
  third.start();
  third.serve(10);
  third.settle();
}

for (const seed of SEEDS) {
  const remains = remainsOf(seed);
  for (const loss of LOSSES) {
    test(`a crash at every operation, loss ${loss}, seed ${seed}`, () => {
      assert.ok(remains.length > 300, `only ${remains.length} moments`);
      for (const [at, left] of remains.entries()) {
        try {
          liveOn(left, loss, seed * 100_000 + at);
        } catch (error) {
          throw new Error(`seed ${seed}, loss ${loss}, moment ${at}`, { cause: error });
        }
      }
    });
  }
}
