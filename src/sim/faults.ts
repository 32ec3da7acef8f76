/**
 * Faults: each kind strikes somewhere by chance and, where it lasts, ends by itself.
 *
 * What the world is allowed to do to a server's data, and no more: lose what was not synced, at any
 * number of servers at once; damage a snapshot at rest while an older one and the log behind it
 * are whole; damage anything at rest on one voting member of three or more, until nothing of it is
 * used any more. A server is told to start again after each end. Emptied and older folders are not
 * here: an operator brings them about in a moment of calm (operator.ts).
 */
import { type Millis, toZxid, type Zxid } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { logFile, snapFile } from "../txnlog/disk-ops.ts";
import { logsAmong, snapshotsAmong } from "../txnlog/file-names.ts";
import { zxidsAfter } from "../txnlog/log-cut.ts";
import { SNAPSHOTS_KEPT_MIN } from "../txnlog/purge.ts";
import type { SimDisk } from "./disk.ts";
import { FAULTS, type FaultName } from "./fault-names.ts";
import { emptyFolder, maintenance, repair, restoreCopy } from "./operator.ts";
import type { Process } from "./process.ts";
import type { World } from "./world.ts";

const DOWN_MS_MAX: Millis = 6000;
const LASTS_MS_MAX: Millis = 8000;
/** With fewer the others are no quorum, and a damaged member has to wait for an operator. */
const VOTERS_MIN = 3;
const POWER_LOSSES = ["lose", "keep", "tear", "scatter"] as const;

type Strike = (world: World, prng: Prng) => void;

export class Faults {
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  begin(): void {
    this.world.faultsAreOn = true;
    for (const [index, name] of FAULTS.entries()) {
      const meanMs = this.world.scenario.faults.get(name);
      // Each kind has its own chance: without one kind the others strike as before.
      if (meanMs !== undefined)
        this.later(name, meanMs, new Prng(this.world.scenario.seed + index * 7919));
    }
  }

  /** Everything is repaired, and everybody starts again. */
  end(): void {
    this.world.faultsAreOn = false;
    repair(this.world);
  }

  private later(name: FaultName, meanMs: Millis, prng: Prng): void {
    this.world.scheduler.after((meanMs * prng.below(2000)) / 1000, () => {
      if (!this.world.faultsAreOn) return;
      const isTruce = this.world.scheduler.now < this.world.truceUntil;
      if (isTruce) return this.later(name, meanMs, prng);
      this.world.recorder.tell("", `fault: ${name}`);
      STRIKES[name](this.world, prng);
      this.later(name, meanMs, prng);
    });
  }
}

function down(world: World, member: Process, prng: Prng): void {
  world.scheduler.after(prng.below(DOWN_MS_MAX), () => member.start());
}

const upOf = (world: World): readonly Process[] => world.processes.filter((each) => !each.isDown);

/** Strikes one server that is up, if there is one. */
const onOne =
  (strike: (member: Process, world: World, prng: Prng) => void): Strike =>
  (world, prng) => {
    const up = upOf(world);
    if (up.length > 0) strike(prng.pick(up), world, prng);
  };

/** Changes something and puts it right after a while. */
function lasting(world: World, prng: Prng, undo: () => void): void {
  world.scheduler.after(prng.below(LASTS_MS_MAX), undo);
}

function separate(world: World, prng: Prng, pairs: readonly (readonly [string, string])[]): void {
  for (const [from, to] of pairs) world.network.block(from, to);
  lasting(world, prng, () => {
    for (const [from, to] of pairs) world.network.unblock(from, to);
  });
}

function bothWays(one: readonly string[], others: readonly string[]) {
  return one.flatMap((a) =>
    others.flatMap(
      (b) =>
        [
          [a, b],
          [b, a],
        ] as const,
    ),
  );
}

function reset(world: World, prng: Prng, bothHear: boolean): void {
  const standing = world.network.standing();
  if (standing.length === 0) return;
  const ends = bothHear ? ([0, 1] as const) : ([prng.below(2) as 0 | 1] as const);
  prng.pick(standing).reset(ends);
}

function onPath(
  world: World,
  prng: Prng,
  change: (path: ReturnType<World["network"]["path"]>) => () => void,
): void {
  const standing = world.network.standing();
  if (standing.length === 0) return;
  const { from, to } = prng.pick(standing);
  const path = prng.chance(0.5) ? world.network.path(from, to) : world.network.path(to, from);
  lasting(world, prng, change(path));
}

const STRIKES: Readonly<Record<FaultName, Strike>> = {
  kill: onOne((member, world, prng) => {
    member.crash("kill");
    down(world, member, prng);
  }),
  "power loss": onOne((member, world, prng) => {
    member.crash(prng.pick(POWER_LOSSES));
    down(world, member, prng);
  }),
  "power loss at a disk operation": onOne((member, world, prng) => {
    member.crashAtOp(1 + prng.below(30));
    world.scheduler.after(DOWN_MS_MAX, () => member.start());
  }),
  "power loss everywhere"(world, prng) {
    for (const member of upOf(world)) {
      member.crash(prng.pick(POWER_LOSSES));
      down(world, member, prng);
    }
  },
  "crash while starting": onOne((member, world, prng) => {
    member.crash(prng.pick(POWER_LOSSES));
    world.scheduler.after(prng.below(500), () => {
      // The end of all faults may have come in between.
      if (world.faultsAreOn) member.crashAtOp(1 + prng.below(4));
      member.start();
    });
    world.scheduler.after(DOWN_MS_MAX, () => member.start());
  }),
  pause: onOne((member, world, prng) => {
    member.pause();
    world.probes.reach("a server was paused");
    lasting(world, prng, () => member.resume());
  }),
  partition(world, prng) {
    const hosts = world.processes.map(({ host }) => host);
    const one = hosts.filter(() => prng.chance(0.5));
    separate(
      world,
      prng,
      bothWays(
        one,
        hosts.filter((host) => !one.includes(host)),
      ),
    );
  },
  isolation(world, prng) {
    const { host } = prng.pick(world.processes);
    const others = world.processes.map((each) => each.host).filter((each) => each !== host);
    separate(world, prng, bothWays([host], others));
  },
  "one-way partition"(world, prng) {
    const from = prng.pick(world.processes).host;
    const to = prng.pick(world.processes).host;
    if (from !== to) separate(world, prng, [[from, to]]);
  },
  "client cut off"(world, prng) {
    const { live } = world.crowd;
    if (live.length === 0) return;
    const client = prng.pick(live).host;
    const hosts = world.processes.map(({ host }) => host).filter(() => prng.chance(0.7));
    const pairs = bothWays([client], hosts);
    separate(world, prng, prng.chance(0.5) ? pairs : pairs.filter((_, at) => at % 2 === 0));
  },
  reset: (world, prng) => reset(world, prng, true),
  "half-open": (world, prng) => reset(world, prng, false),
  jitter: (world, prng) =>
    onPath(world, prng, (path) => {
      path.jitterMs = 1 + prng.below(500);
      return () => {
        path.jitterMs = 0;
      };
    }),
  "slow link": (world, prng) =>
    onPath(world, prng, (path) => {
      path.bytesPerMs = 1 + prng.below(50);
      return () => {
        path.widen();
      };
    }),
  "slow disk": onOne((member, world, prng) => {
    member.mood.syncMs = 20 + prng.below(300);
    lasting(world, prng, () => {
      member.mood.syncMs = world.scenario.syncMs;
    });
  }),
  "stalled disk": onOne((member, world, prng) => {
    member.mood.stalledUntil = world.scheduler.now + prng.below(LASTS_MS_MAX);
  }),
  "failing sync": onOne((member, world, prng) => {
    member.mood.failsNext = true;
    world.scheduler.after(prng.below(DOWN_MS_MAX), () => {
      member.mood.failsNext = false;
      member.start();
    });
  }),
  "full disk": onOne((member, world, prng) => {
    member.mood.isFull = true;
    lasting(world, prng, () => {
      member.mood.isFull = false;
      member.start();
    });
  }),
  "bit rot": onOne((member, world, prng) => {
    const snapshots = snapshotsAmong(member.disk.list("snap"));
    const newest = snapshots.at(-1);
    if (newest === undefined || snapshots.length < 2) return;
    if (member.snapshotsUntilRot > 0) return;
    // One that came from a leader stands alone: without it the member is to be emptied.
    if (!isInLog(member.disk, newest.zxid)) return;
    member.snapshotsUntilRot = SNAPSHOTS_KEPT_MIN;
    member.disk.rot(snapFile(newest.name), prng);
    world.probes.reach("a bit of a snapshot flipped");
    const second = snapshots.at(-2);
    if (snapshots.length < SNAPSHOTS_KEPT_MIN || second === undefined || prng.chance(0.7)) return;
    if (!isInLog(member.disk, second.zxid)) return;
    member.disk.rot(snapFile(second.name), prng);
    world.probes.reach("the two newest snapshots are damaged");
  }),
  "wall clock jump": onOne((member, _, prng) => {
    member.clock.wallOffset += (prng.below(2001) - 1000) * 3600;
  }),
  "emptied folder": emptyFolder,
  "older copy": restoreCopy,
  maintenance,
  "damage at rest": (world, prng) => {
    const voters = world.processes.filter(({ server }) => world.voters.includes(server));
    if (voters.length < VOTERS_MIN || voters.some(({ isDamaged }) => isDamaged)) return;
    const member = prng.pick(voters);
    const { disk } = member;
    const snapshots = snapshotsAmong(disk.list("snap")).map(({ name }) => snapFile(name));
    const logs = logsAmong(disk.list("log")).map(({ name }) => logFile(name));
    const files = [...snapshots, ...logs].filter((file) => disk.size(file) > 0);
    if (files.length === 0) return;
    member.rotten = prng.pick(files);
    disk.rot(member.rotten, prng);
    world.probes.reach("a bit of a log or snapshot flipped");
    if (prng.chance(0.7)) {
      member.crash("kill");
      down(world, member, prng);
    }
  },
};

/** Whether the log holds the transaction, so that an older snapshot leads there too. */
function isInLog(disk: SimDisk, zxid: Zxid): boolean {
  const work = zxidsAfter(disk, toZxid(zxid - 1n), 1);
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value[0] === zxid;
  }
}
