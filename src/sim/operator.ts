/**
 * What an operator may do to a member's data: give it back with an empty folder, or with a copy
 * from some time ago; and what a disk may do that an operator then has to see to: a bit of a log
 * flips. Each makes a server forget what it has promised, which the protocol does not
 * cover: a quorum that counted on it may be one no longer.
 *
 * So an operator does it to one voting member of three or more, which is stopped first; then, when
 * what it had sent must have arrived, in the first moment of a few seconds in which every other
 * voting member serves, all of them at one and the same transaction that is not behind the stopped
 * one's, with disks at rest and open ways between them. Whatever was ever committed is then on each
 * of them, and so on one member of every quorum. The next one has to wait until this one serves
 * again at that same transaction.
 */
import type { Millis, Zxid } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import { Loading } from "../peer/loading.ts";
import { type FileRef, logFile } from "../txnlog/disk-ops.ts";
import { DiskRefused } from "../txnlog/errors.ts";
import { logsAmong } from "../txnlog/file-names.ts";
import { SimDisk } from "./disk.ts";
import type { Process } from "./process.ts";
import { recoverAll } from "./standalone-maker.ts";
import type { World } from "./world.ts";

/** By then what a stopped member had sent has arrived, or waits at a blocked way. */
const SETTLED_MS: Millis = 3000;
const COPY_AGE_MS_MAX: Millis = 10_000;
const VOTERS_MIN = 3;
/** How long an operator waits for the moment, and how often it looks. */
const PATIENCE_MS: Millis = 4000;
const LOOK_MS: Millis = 5;

/** Gives a member an emptied folder. */
export function emptyFolder(world: World, prng: Prng): void {
  withStopped(world, prng, (member) => {
    member.disk = new SimDisk(member.disk.sameFolder);
    world.probes.reach("a member came back with an empty folder");
  });
}

/** Gives a member what its disk held a while ago. */
export function restoreCopy(world: World, prng: Prng): void {
  const copies = new Map(world.processes.map((member) => [member, member.disk.copy()]));
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

/**
 * A bit of a member's log flips. What the log holds behind it cannot be told any more, so the
 * member has to refuse to start, or to have lost nothing; then it is given an empty folder.
 */
export function damageLog(world: World, prng: Prng): void {
  withStopped(world, prng, (member) => {
    const names = logsAmong(member.disk.list("log")).map(({ name }) => logFile(name));
    const written = names.filter((file) => writtenBytes(member.disk, file) > 0);
    if (written.length === 0) return;
    const file = prng.pick(written);
    const before = recoveredZxid(member.disk);
    member.disk.rot(file, prng, writtenBytes(member.disk, file));
    const after = recoveredZxid(member.disk);
    world.probes.reach("a bit of a log flipped");
    if (after !== undefined && after !== before) {
      throw new Error(`${member.host} came back with ${after} instead of ${before}: ${file.name}`);
    }
    member.start();
    if (member.refusal === undefined) return;
    world.probes.reach("a member refused its damaged log, and got an empty folder");
    member.disk = new SimDisk(member.disk.sameFolder);
  });
}

/** Up to the last byte that is not zero. */
function writtenBytes(disk: SimDisk, file: FileRef): number {
  return disk.read(file, 0, disk.size(file)).findLastIndex((byte) => byte !== 0) + 1;
}

/** With which transaction a server would start; undefined: it refuses to. */
function recoveredZxid(disk: SimDisk): Zxid | undefined {
  try {
    return recoverAll(disk, new Loading({ hashSeed: 0, extendedTypes: true })).lastZxid;
  } catch (error) {
    if (error instanceof DiskRefused) return undefined;
    throw error;
  }
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
