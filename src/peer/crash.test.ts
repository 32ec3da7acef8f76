/**
 * The promise of the house: whatever a client was told is there after a crash, at whatever disk
 * operation it comes and whatever the disk forgets; and the server then serves on.
 */
import assert from "node:assert/strict";
import test from "node:test";
import { CrashServer, nothing, type Remains } from "../../test/support/crash-server.ts";
import { LOSSES, type Loss, SimCrash, SimDisk } from "../../test/support/sim-disk.ts";
import { Prng } from "../base/prng.ts";

const TURNS = 140;
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

/** The next server on what a crash of the disk left. */
function crashed(remains: Remains, loss: Loss, prng: Prng): Remains {
  const disk = remains.disk.copy();
  disk.crash(loss, prng);
  return { disk, history: remains.history.copy(), now: remains.now };
}

const serverOn = (remains: Remains, prng: Prng): CrashServer =>
  new CrashServer(remains, remains.disk.sameFolder, prng.uint32());

/** Starts, also again after a crash of that start, serves, crashes again, and settles. */
function liveOn(left: Remains, prng: Prng): void {
  const { disk } = left;
  const first = serverOn(left, prng);
  if (cutShort(first, prng.below(START_OPS), () => first.start())) {
    disk.crash(prng.pick(LOSSES), prng);
  }
  const second = serverOn(left, prng);
  cutShort(second, 5 + prng.below(40), () => {
    second.start();
    second.serve(30);
  });
  disk.crash(prng.pick(LOSSES), prng);
  const third = serverOn(left, prng);
  third.start();
  third.serve(10);
  third.settle();
}

for (const seed of SEEDS) {
  test(`a crash at every operation of a server, seed ${seed}`, () => {
    const remains = remainsOf(seed);
    assert.ok(remains.length > 240, `only ${remains.length} moments`);
    for (const [at, moment] of remains.entries()) {
      for (const [index, loss] of LOSSES.entries()) {
        const prng = new Prng((seed * 10_000 + at) * LOSSES.length + index);
        try {
          const left = crashed(moment, loss, prng);
          // What every loss leaves is read; one of them, in turn, is lived on with.
          if (at % LOSSES.length === index) liveOn(left, prng);
          else serverOn(left, prng).recover();
        } catch (error) {
          throw new Error(`seed ${seed}, loss ${loss}, moment ${at}`, { cause: error });
        }
      }
    }
  });
}
