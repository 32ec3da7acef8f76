/**
 * One server of a simulated world: a machine with its disk, clock and doors, through starts,
 * pauses and crashes.
 *
 *   down -> starting (recovery, repair, first snapshot) -> up -> down          paused: beside these
 *
 * Promises: a step's effects are performed in order before the next input. Nothing of a life that
 * ended comes to the next one.
 * Size: a server and its life belong together.
 */
import { unreachable } from "../base/assert.ts";
import type { Millis, ServerId } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import type { MemberEffect, MemberInput } from "../peer/links.ts";
import type { DiskOp, FileRef } from "../txnlog/disk-ops.ts";
import { DiskRefused } from "../txnlog/errors.ts";
import { planPurge } from "../txnlog/purge.ts";
import { standingOf } from "../txnlog/set-aside.ts";
import type { Clock } from "./clock.ts";
import { type Loss, SimCrash, SimDisk } from "./disk.ts";
import { hostOf } from "./recorder.ts";
import type { Born, Maker, Tuning } from "./servers.ts";
import { DiskMood, SlowDisk } from "./slow-disk.ts";
import { CLIENT_DOOR, Sockets } from "./sockets.ts";
import type { WorldParts } from "./world-parts.ts";

/** A real host lets time go by this often. */
const TICK_PARTS = 4;
const PURGE_KEEPS = 3;
const TURN_MS: Millis = 0.01;
/** What a server says when it gives up a connection or a link for what came over it. */
const UNREADABLE = "connection closed: bytes against the protocol";
/** Of the other side's words, that is: what a learner cannot read of its own log is its own. */
const WRONG_PACKET = /^wrong packet|sent what cannot be read|is not allowed while/;

export type Members = {
  readonly voters: readonly ServerId[];
  readonly observers: readonly ServerId[];
  readonly tuning: Tuning;
  readonly maker: Maker;
};

export class Process {
  readonly server: ServerId;
  readonly host: string;
  readonly mood = new DiskMood();
  readonly clock: Clock;
  disk: SimDisk;
  /** Why it does not start although it was told to: the operator has to do something. */
  refusal: DiskRefused | undefined;
  /** Snapshots to be taken before another may be damaged: else all that are kept could be. */
  snapshotsUntilRot = 0;
  /** A file that may be damaged so that this server alone cannot make it good. */
  rotten: FileRef | undefined;
  /** Lives so far. */
  starts = 0;
  private readonly parts: WorldParts;
  private readonly members: Members;
  private readonly prng: Prng;
  private life: Life | undefined;

  constructor(server: ServerId, parts: WorldParts, members: Members, seed: number, clock: Clock) {
    this.server = server;
    this.host = hostOf(server);
    this.parts = parts;
    this.members = members;
    this.prng = new Prng(seed);
    this.clock = clock;
    this.disk = new SimDisk(this.prng.chance(0.5));
  }

  /** Undefined while it is down or reads its disk. */
  get born(): Born | undefined {
    return this.life?.born;
  }
  get isDown(): boolean {
    return this.life === undefined;
  }
  get isPaused(): boolean {
    return this.life?.isPaused === true;
  }
  /** Its disk has nothing to do. */
  get isQuiet(): boolean {
    return this.life === undefined || this.life.slow.running === 0;
  }

  /** It may need the others to get back what it held. */
  get isDamaged(): boolean {
    const { disk, rotten } = this;
    if (standingOf(disk) !== "whole") return true;
    return rotten !== undefined && disk.list(rotten.folder).includes(rotten.name);
  }

  start(): void {
    if (this.life !== undefined) return;
    this.refusal = undefined;
    this.starts++;
    this.parts.network.light(this.host);
    this.parts.recorder.add({ kind: "started", server: this.server });
    const life = new Life(this, this.parts, this.members, this.prng);
    this.life = life;
    try {
      life.begin();
    } catch (error) {
      if (!(error instanceof DiskRefused)) throw error;
      this.parts.recorder.tell(this.host, `refused: ${error.message}`);
      this.end(false);
      this.refusal = error;
    }
  }

  /** The process is gone at once: killed, or with `loss` its whole machine. */
  crash(loss: Loss): void {
    if (this.life === undefined) return;
    this.parts.recorder.add({ kind: "crashed", server: this.server });
    this.parts.recorder.tell(this.host, `crash: ${loss}`);
    if (this.life.born === undefined || !this.life.isOpen) {
      this.parts.probes.reach("a crash while starting");
    }
    if (!this.isQuiet) this.parts.probes.reach("a crash while the disk worked");
    this.end(loss !== "kill");
    this.disk.crash(loss, this.prng);
  }

  /** The power goes out at some operation of the disk from here. */
  crashAtOp(ops: number): void {
    this.disk.opsUntilCrash = ops;
  }

  pause(): void {
    if (this.life !== undefined) this.life.isPaused = true;
  }

  resume(): void {
    this.life?.resume();
  }

  /** Ends as a service is stopped: it takes leave of the others. */
  stop(): void {
    if (this.life === undefined) return;
    this.life.leave();
    this.parts.recorder.add({ kind: "stopped", server: this.server });
    this.end(false);
  }

  /** A disk operation was not done. */
  diskFailed(error: unknown): void {
    if (error instanceof SimCrash) {
      this.parts.probes.reach("the power went out between disk operations");
      return this.crash(this.prng.pick(["lose", "keep", "tear", "scatter"] as const));
    }
    this.parts.recorder.add({ kind: "crashed", server: this.server });
    this.parts.recorder.tell(this.host, `disk: ${String(error)}`);
    this.end(false);
  }

  /** The machine asked to end. */
  fatal(why: string): void {
    this.parts.recorder.add({ kind: "crashed", server: this.server });
    this.parts.recorder.tell(this.host, `fatal: ${why}`);
    this.end(false);
  }

  private end(lostPower: boolean): void {
    this.life?.end();
    this.life = undefined;
    this.parts.network.drop(this.host, lostPower);
  }
}

/** From a start to an end. */
class Life {
  readonly slow: SlowDisk;
  born: Born | undefined;
  isPaused = false;
  isOpen = false;
  private readonly owner: Process;
  private readonly parts: WorldParts;
  private readonly members: Members;
  private readonly prng: Prng;
  private readonly sockets: Sockets;
  private readonly out: MemberEffect[] = [];
  private backlog: MemberInput[] = [];
  private ended = false;
  private continuing = false;
  private wakeNumber = 0;
  private readonly whole = new Set<string>();

  constructor(owner: Process, parts: WorldParts, members: Members, prng: Prng) {
    this.owner = owner;
    this.parts = parts;
    this.members = members;
    this.prng = prng;
    this.slow = new SlowDisk(owner.disk, owner.mood, parts, (error) => owner.diskFailed(error));
    this.sockets = new Sockets(owner.host, parts.network, {
      feed: (input) => this.feed(input),
      now: () => this.now,
      answer: (word) => this.born?.answer(word) ?? "",
    });
  }

  private get now(): Millis {
    return this.owner.clock.now(this.parts.scheduler.now);
  }

  begin(): void {
    const { owner, parts, members } = this;
    const { server, disk, clock } = owner;
    const born = members.maker({
      ...{ server, disk, now: this.now, wall: clock.wall(parts.scheduler.now) },
      voters: members.voters,
      observers: members.observers,
      tuning: members.tuning,
      seed: this.prng.uint32(),
      recorder: parts.recorder,
      probes: parts.probes,
    });
    this.slow.run(born.ops, () => {
      this.born = born;
      // Only now: what was read may be lost once more until the disk has it for sure.
      const { tree } = born.state();
      if (born.found !== undefined) parts.recorder.add({ kind: "disk", server, ...born.found });
      parts.recorder.add({ kind: "loaded", server, zxid: tree.lastProcessed, tree: tree.digest });
      this.sockets.openLinks();
      this.tick();
      this.tickSoon();
      if (!this.ended && !born.waitsForSnapshot) this.open();
    });
  }

  end(): void {
    this.ended = true;
    this.slow.stop();
  }

  leave(): void {
    if (this.isPaused) return;
    this.born?.leave?.(this.out);
    for (const effect of this.out.splice(0)) this.perform(effect);
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    const { backlog } = this;
    this.backlog = [];
    const isLate = this.members.tuning.looksLate === true;
    if (!isLate) this.tick();
    for (const input of isLate ? this.shuffled(backlog) : backlog) {
      this.feed({ ...input, now: this.now });
    }
    if (isLate) this.tick();
  }

  /** What came over one connection stays in its order. */
  private shuffled(inputs: readonly MemberInput[]): readonly MemberInput[] {
    const bySource = new Map<string, MemberInput[]>();
    for (const input of inputs) {
      const source = "conn" in input ? `c${input.conn}` : "link" in input ? `l${input.link}` : "";
      const group = bySource.get(source);
      if (group === undefined) bySource.set(source, [input]);
      else group.push(input);
    }
    const ranked = [...bySource.values()].map((group) => ({ group, rank: this.prng.uint32() }));
    return ranked.sort((a, b) => a.rank - b.rank).flatMap(({ group }) => group);
  }

  feed(input: MemberInput): void {
    if (this.ended || this.born === undefined) return;
    if (this.isPaused) {
      if (input.kind !== "tick") this.backlog.push(input);
      return;
    }
    const { recorder } = this.parts;
    recorder.mix(input.now * 1000);
    recorder.mix("bytes" in input ? input.bytes.length : input.kind.length);
    if (recorder.trace !== undefined && "link" in input) {
      const bytes = "bytes" in input ? `, ${input.bytes.length} bytes` : "";
      recorder.tell(this.owner.host, `${input.kind} ${input.link}${bytes}`);
    }
    this.born.machine.step(input, this.out);
    const effects = this.out.splice(0);
    for (const effect of effects) {
      if (this.ended) return;
      this.perform(effect);
    }
  }

  private open(): void {
    this.isOpen = true;
    this.sockets.open(CLIENT_DOOR);
  }

  private tick(): void {
    const wall = this.owner.clock.wall(this.parts.scheduler.now);
    this.feed({ kind: "tick", now: this.now, wall });
  }

  private tickSoon(): void {
    const everyMs = this.members.tuning.tickMs / TICK_PARTS;
    this.parts.scheduler.after(everyMs, () => {
      if (this.ended) return;
      this.tick();
      this.tickSoon();
    });
  }

  private wake(at: Millis): void {
    const number = ++this.wakeNumber;
    if (at === Number.POSITIVE_INFINITY) return;
    const { scheduler } = this.parts;
    scheduler.after(this.owner.clock.until(at, scheduler.now) + TURN_MS, () => {
      if (number === this.wakeNumber && !this.ended) this.tick();
    });
  }

  private perform(effect: MemberEffect): void {
    switch (effect.kind) {
      case "log":
        return this.write(effect.ops, { kind: "logged", now: 0, batch: effect.batch });
      case "snapshot":
        return this.write(effect.ops, { kind: "snapshotted", now: 0 });
      case "files":
        return this.write(effect.ops, { kind: "filesDone", now: 0 });
      case "snapshotTaken":
        return this.snapshotTaken(effect.name);
      case "again":
        return this.continueSoon();
      case "wake":
        return this.wake(effect.at);
      case "fatal":
        return this.owner.fatal(effect.why);
      case "note":
        if (effect.note.event === UNREADABLE) this.misread(String(effect.note.about?.["code"]));
        return this.parts.recorder.tell(this.owner.host, `note: ${effect.note.event}`);
      case "closeLink":
        if (WRONG_PACKET.test(effect.why)) this.misread(effect.why);
        return this.sockets.perform(effect);
      case "send":
      case "close":
      case "awaitDrain":
      case "pause":
      case "resume":
      case "word":
      case "dial":
      case "sendLink":
      case "awaitLinkDrain":
        return this.sockets.perform(effect);
      default:
        return unreachable(effect);
    }
  }

  private misread(what: string): void {
    this.parts.recorder.add({ kind: "misread", reader: this.owner.host, what });
  }

  private write(ops: readonly DiskOp[], done: MemberInput): void {
    this.slow.run(ops, () => this.feed({ ...done, now: this.now } as MemberInput));
  }

  private snapshotTaken(name: string): void {
    this.parts.probes.reach("a snapshot was taken");
    this.whole.add(name);
    this.owner.snapshotsUntilRot--;
    if (!this.isOpen) this.open();
    const { disk } = this.owner;
    const [logNames, snapNames] = [disk.list("log"), disk.list("snap")];
    const ops = planPurge({ logNames, snapNames, validated: this.whole, keep: PURGE_KEEPS });
    if (ops.length === 0) return;
    this.parts.probes.reach("old files were purged");
    this.slow.run(ops, () => {});
  }

  private continueSoon(): void {
    if (this.continuing) return;
    this.continuing = true;
    this.parts.scheduler.after(TURN_MS, () => {
      this.continuing = false;
      this.feed({ kind: "continue", now: this.now });
    });
  }
}
