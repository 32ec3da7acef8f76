/**
 * What an operator may do to a member's data: give it back with an empty folder, or with a copy
 * from some time ago. Both make a server forget what it has promised, which the protocol does not
 * cover: a quorum that counted on it may be one no longer.
 *
 * So an operator does it to one voting member of three or more, which is stopped first; then, when
 * what it had sent must have arrived, in the first moment of a few seconds in which every other
 * voting member serves, all of them at one and the same transaction that is not behind the stopped
 * one's, with disks at rest and open ways between them. Whatever was ever committed is then on each
 * of them, and so on one member of every quorum. The next one has to wait until this one serves
 * again at that same transaction.
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import { SimDisk } from "./disk.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

/** By then what a stopped member had sent has arrived, or waits at a blocked way. */
const SETTLED_MS: Millis = 3000;
const COPY_AGE_MS_MAX: Millis = 10_000;
const VOTERS_MIN = 3;
/** How long an operator waits for the moment, and how often it looks. */
const PATIENCE_MS: Millis = 4000;
const LOOK_MS: Millis = 5;
/** How long nothing else strikes for the sake of an operator. */
const TRUCE_MS: Millis = 20_000;

/** Gives a member an emptied folder. */
export function emptyFolder(world: World, prng: Prng): void {
  withStopped(world, prng, (member) => {
    member.disk = new SimDisk(member.disk.sameFolder);
    world.probes.reach("a member came back with an empty folder");
  });
}

/** Gives a member what its disk held a while ago. */
export function restoreCopy(world: World, prng: Prng): void {
  const sound = world.processes.filter(({ isDamaged }) => !isDamaged);
  const copies = new Map(sound.map((member) => [member, member.disk.copy()]));
  world.scheduler.after(prng.below(COPY_AGE_MS_MAX), () => {
    if (!world.faultsAreOn) return;
    withStopped(world, prng, (member) => {
      const copy = copies.get(member);
      if (copy === undefined) return;
      member.disk = copy;
      world.probes.reach("a member came back with an older copy");
    });
  });
}

/** Everything is as it should be, and everybody starts again. */
export function repair({ network, processes, scenario }: World): void {
  network.heal();
  for (const member of processes) {
    member.mood.isFull = member.mood.failsNext = false;
    member.mood.stalledUntil = 0;
    member.mood.syncMs = scenario.syncMs;
    member.crashAtOp(Number.POSITIVE_INFINITY);
    member.resume();
    member.start();
  }
}

/**
 * The operator comes at an hour in which nobody asks for anything and nothing else strikes, and
 * gives a member back as it was when this began, or empty.
 */
export function maintenance(world: World, prng: Prng): void {
  const { scheduler, crowd, processes } = world;
  const sound = processes.filter(({ isDamaged }) => !isDamaged);
  const copies = new Map(sound.map((member) => [member, member.disk.copy()]));
  const isEmptied = prng.chance(0.3);
  scheduler.after(prng.below(COPY_AGE_MS_MAX), () => {
    if (!world.faultsAreOn || scheduler.now < world.truceUntil) return;
    const end = scheduler.now + TRUCE_MS;
    world.truceUntil = end;
    crowd.hold(end);
    repair(world);
    const voters = processes.filter(({ server }) => world.voters.includes(server));
    const look = (): void => {
      if (scheduler.now + SETTLED_MS + PATIENCE_MS > end) return;
      if (!voters.every(serves)) return scheduler.after(LOOK_MS, look);
      // One that lost its history may hold for the others what this one would forget.
      if (voters.some(({ isDamaged }) => isDamaged)) return;
      withStopped(world, prng, (member) => {
        const copy = isEmptied ? new SimDisk(member.disk.sameFolder) : copies.get(member);
        if (copy === undefined) return;
        member.disk = copy;
        if (isEmptied) world.probes.reach("a member came back with an empty folder");
        else world.probes.reach("a member came back with an older copy");
      });
    };
    look();
  });
}

function withStopped(world: World, prng: Prng, replace: (member: Process) => void): void {
  const voters = world.processes.filter(({ server }) => world.voters.includes(server));
  if (voters.length < VOTERS_MIN || !voters.every(serves)) return;
  const member = prng.pick(voters);
  const last = member.born?.state().tree.lastProcessed;
  member.crash("kill");
  const others = voters.filter((other) => other !== member);
  const life = member.starts;
  const end = world.scheduler.now + SETTLED_MS + PATIENCE_MS;
  const look = (): void => {
    // Somebody else has started it meanwhile: what it has promised since is not known here.
    if (member.starts !== life) return;
    const mayReplace = last !== undefined && mayCountOn(world, others, last);
    if (!mayReplace && world.faultsAreOn && world.scheduler.now < end) {
      return world.scheduler.after(LOOK_MS, look);
    }
    if (mayReplace) replace(member);
    member.start();
  };
  world.scheduler.after(SETTLED_MS, look);
}

const serves = ({ born, isPaused }: Process): boolean => born?.isServing() === true && !isPaused;

function mayCountOn(world: World, others: readonly Process[], last: bigint): boolean {
  const zxids = new Set(others.map(({ born }) => born?.state().tree.lastProcessed));
  const [zxid] = zxids;
  if (zxids.size !== 1 || zxid === undefined || zxid < last) return false;
  return others.every(
    (member) =>
      serves(member) &&
      member.isQuiet &&
      world.processes.every(
        ({ host }) =>
          !world.network.path(member.host, host).blocked &&
          !world.network.path(host, member.host).blocked,
      ),
  );
}
