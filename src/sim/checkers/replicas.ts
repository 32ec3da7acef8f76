/**
 * All servers have one history: a zxid names one transaction, everybody applies them in order and
 * without a hole and has the same tree after each; nothing acknowledged is lost to a later epoch;
 * what is applied is on the disks of a quorum and on the server's own;
 * what a disk holds is a prefix of the history, and at most the end of one epoch beyond.
 */
import { counterOf, epochOf, type ServerId, type Zxid } from "../../base/ids.ts";
import type { LogEntry } from "../history.ts";
import type { RecordOf } from "./survey.ts";
import { compareZxids, type Timeline } from "./timeline.ts";
import { type Found, showZxid } from "./violation.ts";

export function checkReplicas(timeline: Timeline, found: Found): void {
  new Replicas(timeline, found).run();
}

const follows = (earlier: Zxid, later: Zxid): boolean =>
  epochOf(later) === epochOf(earlier)
    ? counterOf(later) === counterOf(earlier) + 1
    : epochOf(later) > epochOf(earlier) && counterOf(later) === 1;

class Replicas {
  private readonly sums = new Map<Zxid, number>();
  private readonly trees = new Map<Zxid, { readonly tree: bigint; readonly server: ServerId }>();
  /** What stood before the first transaction of an epoch. */
  private readonly bases = new Map<number, Zxid>();
  private readonly at = new Map<ServerId, Zxid>();
  /** The current epoch on each disk, where that is told. */
  private readonly epochs = new Map<ServerId, number>();
  private tellsHeld = false;
  /** Up to where each disk holds its server's history for sure, where that is told. */
  private readonly held = new Map<ServerId, Zxid>();
  /** Those whose holders have been counted: when somebody applied them first. */
  private readonly counted = new Set<Zxid>();
  /** Committed, as servers applied it. */
  private readonly history = new Set<Zxid>();
  private readonly timeline: Timeline;
  private readonly found: Found;

  constructor(timeline: Timeline, found: Found) {
    this.timeline = timeline;
    this.found = found;
    for (const { zxid } of timeline.steps) this.history.add(zxid);
  }

  run(): void {
    const { records } = this.timeline.survey.history;
    this.tellsHeld = records.some(({ kind }) => kind === "held");
    for (const record of records) {
      if (record.kind === "transaction") this.checkSum(record.zxid, record.sum, "a leader");
      else if (record.kind === "applied") this.onApplied(record);
      else if (record.kind === "held" || record.kind === "disk") this.onHeld(record);
      else if (record.kind === "role" && record.role === "established") this.onReign(record);
      else if (record.kind === "loaded") {
        this.at.set(record.server, record.zxid);
        this.checkTree(record);
      }
    }
    this.checkBases();
    for (const record of records) if (record.kind === "disk") this.checkDisk(record);
    this.checkSurvival();
  }

  private onHeld(record: RecordOf<"held" | "disk">): void {
    const { server } = record;
    const isDisk = record.kind === "disk";
    const zxid = isDisk ? (record.log.at(-1)?.zxid ?? record.snapshot) : record.zxid;
    const epoch = isDisk ? record.currentEpoch : record.epoch;
    if (zxid !== undefined) this.held.set(server, zxid);
    if (epoch !== undefined) this.epochs.set(server, epoch);
  }

  /** What a leader begins with is on the disks of a quorum, and so is the epoch. */
  private onReign({ server, epoch }: RecordOf<"role">): void {
    const { voters } = this.timeline.survey.history.setup;
    const entered = voters.filter((voter) => (this.epochs.get(voter) ?? 0) >= epoch);
    if (this.epochs.size > 0 && 2 * entered.length <= voters.length) {
      const few = `${entered.length} of ${voters.length} disks`;
      this.found(`server ${server} began epoch ${epoch}, which ${few} have as the current one`);
    }
    const zxid = this.at.get(server);
    if (zxid !== undefined) this.checkHeld(zxid, `when server ${server} began epoch ${epoch}`);
  }

  private checkHeld(zxid: Zxid, when: string): void {
    const { voters } = this.timeline.survey.history.setup;
    if (!this.tellsHeld) return;
    // Whose current epoch is older could lose an election to one that lacks it.
    const holders = voters.filter(
      (voter) =>
        (this.held.get(voter) ?? -1n) >= zxid &&
        (this.epochs.size === 0 || (this.epochs.get(voter) ?? 0) >= epochOf(zxid)),
    );
    if (2 * holders.length > voters.length) return;
    const few = `${holders.length} of ${voters.length} disks`;
    this.found(`${showZxid(zxid)} was taken for committed, ${when}, with ${few} that hold it`);
  }

  private onApplied(record: RecordOf<"applied">): void {
    const { server, zxid, sum } = record;
    const name = `server ${server}`;
    this.checkSum(zxid, sum, name);
    this.history.add(zxid);
    if (!this.counted.has(zxid)) {
      this.counted.add(zxid);
      this.checkHeld(zxid, `when ${name} applied it`);
    }
    if (record.onDisk === false) {
      this.found(`${name} applied ${showZxid(zxid)}, which its own disk may lose`);
    }
    const before = this.at.get(server);
    if (before !== undefined && !follows(before, zxid)) {
      this.found(`${name} applied ${showZxid(zxid)} right after ${showZxid(before)}`);
    }
    if (before !== undefined && epochOf(before) < epochOf(zxid) && counterOf(before) !== 0) {
      this.checkBase(name, epochOf(zxid), before);
    }
    this.at.set(server, zxid);
    this.checkTree(record);
  }

  private checkSum(zxid: Zxid, sum: number, who: string): void {
    const known = this.sums.get(zxid);
    if (known === undefined) this.sums.set(zxid, sum);
    else if (known !== sum) {
      this.found(`${who} has another transaction ${showZxid(zxid)} than was known`);
    }
  }

  private checkTree({ zxid, tree, server }: RecordOf<"applied" | "loaded">): void {
    if (tree === undefined) return;
    const known = this.trees.get(zxid);
    if (known === undefined) this.trees.set(zxid, { tree, server });
    else if (known.tree !== tree) {
      const pair = `servers ${known.server} and ${server}`;
      this.found(`${pair} have different trees at ${showZxid(zxid)}`);
    }
  }

  private checkBase(name: string, epoch: number, base: Zxid): void {
    const known = this.bases.get(epoch);
    if (known === undefined) this.bases.set(epoch, base);
    else if (known !== base) {
      const two = `${showZxid(base)} instead of ${showZxid(known)}`;
      this.found(`${name} came to epoch ${epoch} from ${two}`);
    }
  }

  /** What was committed in earlier epochs is not beyond the base of a later one. */
  private checkBases(): void {
    for (const [epoch, base] of this.bases) {
      for (const [earlier, last] of this.timeline.committed) {
        if (earlier >= epoch || last <= base || counterOf(last) === 0) continue;
        const lost = `epoch ${epoch} began behind ${showZxid(base)}`;
        this.found(`${showZxid(last)} was committed, and lost: ${lost}`);
      }
    }
  }

  private checkDisk(record: RecordOf<"disk">): void {
    const name = `the disk of server ${record.server}`;
    const log = record.log.filter(({ zxid }) => zxid > record.snapshot);
    let before: Zxid | undefined = record.snapshot > 0n ? record.snapshot : undefined;
    const last = log.at(-1);
    for (const entry of log) {
      if (before !== undefined && !follows(before, entry.zxid)) {
        this.found(`${name} has ${showZxid(entry.zxid)} right behind ${showZxid(before)}`);
      }
      before = entry.zxid;
      this.checkSum(entry.zxid, entry.sum, name);
      if (epochOf(entry.zxid) < epochOf(last!.zxid)) this.checkEntry(name, entry);
    }
    this.checkPrefix(name, log);
    const { currentEpoch, acceptedEpoch } = record;
    if (currentEpoch === undefined) return;
    if (acceptedEpoch !== undefined && acceptedEpoch < currentEpoch) {
      this.found(`${name} has epoch ${currentEpoch}, but accepted only ${acceptedEpoch}`);
    }
    const base = this.bases.get(currentEpoch);
    const holds = last?.zxid ?? record.snapshot;
    if (base !== undefined && holds < base) {
      const short = `holds ${showZxid(holds)}, short of ${showZxid(base)}`;
      this.found(`${name} says epoch ${currentEpoch}, and ${short} with which that began`);
    }
  }

  /** An epoch stands on committed history alone. */
  private checkEntry(name: string, { zxid }: LogEntry): void {
    if (this.history.has(zxid)) return;
    this.found(
      `${name} holds ${showZxid(zxid)} below a later epoch, though it was never committed`,
    );
  }

  /** Where the log passes into another epoch it holds all that was committed in between. */
  private checkPrefix(name: string, log: readonly LogEntry[]): void {
    for (let index = 1; index < log.length; index++) {
      const [before, after] = [log[index - 1]!.zxid, log[index]!.zxid];
      if (epochOf(before) === epochOf(after)) continue;
      const base = this.bases.get(epochOf(after));
      if (base === undefined || base === before) continue;
      const two = `${showZxid(before)} instead of ${showZxid(base)}`;
      this.found(`${name} passes into epoch ${epochOf(after)} from ${two}`);
    }
  }

  /** At the end somebody holds everything that was acknowledged. */
  private checkSurvival(): void {
    const { records } = this.timeline.survey.history;
    const finals = new Map<ServerId | undefined, Zxid>();
    for (const record of records) {
      if (record.kind === "tree") finals.set(record.server, record.zxid);
      if (record.kind === "reply") finals.clear();
    }
    if (finals.size === 0) return;
    const best = [...finals.values()].sort(compareZxids).at(-1)!;
    const last = this.timeline.steps.findLast(({ call }) => call?.reply !== undefined);
    if (last === undefined || last.zxid <= best || last.call === undefined) return;
    const end = `the history ends at ${showZxid(best)}`;
    this.found(`${showZxid(last.zxid)} was acknowledged, but ${end}`, last.call.id);
  }
}
