/**
 * A client that writes and remembers what it was told. Each lane sends one request at a time, so
 * that a lost reply leaves one znode of which two states are possible; that znode is left alone.
 */
import { textOf } from "../../../src/base/bytes.ts";
import type { Zxid } from "../../../src/base/ids.ts";
import type { Prng } from "../../../src/base/prng.ts";
import { ConnectionLossError } from "../../../src/client/keeper-error.ts";
import type { ZooKeeper } from "../../../src/client/zookeeper.ts";
import type { Gaps } from "../../support/gaps.ts";
import type { Participant } from "./participant.ts";

const LANES = 4;
const NODES_MAX = 40;
const PACE_MS = 2;

/** A znode as it may be; null: not there. Zxids are known where the reply came. */
type State = { readonly data: string; readonly version: number; readonly mzxid: Zxid | null };
type Fate = readonly (State | null)[];

export class Writer {
  readonly participant: Participant;
  readonly root: string;
  private readonly prng: Prng;
  private readonly gaps: Gaps;
  /** A znode that is not in it must not be there. */
  private readonly fates = new Map<string, Fate>();
  private made = 0;

  constructor(participant: Participant, prng: Prng, gaps: Gaps) {
    this.participant = participant;
    this.root = `/${participant.name}`;
    this.prng = prng;
    this.gaps = gaps;
  }

  async prepare(): Promise<void> {
    await this.participant.zk.create(this.root);
  }

  /** Resolves when `signal` is aborted and all replies are there. */
  async run(signal: AbortSignal): Promise<void> {
    const lanes = Array.from({ length: LANES }, (_, lane) => {
      const mine = new Set<string>();
      for (const [path, fate] of this.fates) {
        if (fate.length === 1 && laneOf(path) === lane) mine.add(path);
      }
      return this.participant.repeat(signal, PACE_MS, () => this.write(lane, mine));
    });
    await Promise.all(lanes);
  }

  /** What `member` has, against what was acknowledged. Resolves to how many znodes it looked at. */
  async verify(member: ZooKeeper, where: string): Promise<number> {
    const fault = (path: string, what: string): void =>
      this.participant.report(`${where}: ${path} ${what}`);
    const names = new Set(await member.getChildren(this.root));
    for (const name of names) {
      const path = `${this.root}/${name}`;
      const fate = this.fates.get(path) ?? [null];
      const { data, stat } = await member.getData(path);
      const found = { data: textOf(data ?? new Uint8Array()), ...stat };
      if (fate.some((state) => state !== null && isState(state, found))) continue;
      const likely = fate.map((state) => (state === null ? "none" : `version ${state.version}`));
      fault(path, `has version ${stat.version}, not ${likely.join(" or ")}`);
    }
    for (const [path, fate] of this.fates) {
      if (!fate.includes(null) && !names.has(path.slice(this.root.length + 1))) {
        fault(path, "is lost");
      }
    }
    return names.size;
  }

  private async write(lane: number, mine: Set<string>): Promise<void> {
    const paths = [...mine];
    const path = paths.length === 0 ? undefined : this.prng.pick(paths);
    const old = path === undefined ? undefined : this.fates.get(path)?.[0];
    if (path === undefined || !old || (paths.length < NODES_MAX && this.prng.chance(0.4))) {
      return this.create(lane, mine);
    }
    return this.prng.chance(0.3) ? this.remove(path, old, mine) : this.set(path, old, mine);
  }

  private async create(lane: number, mine: Set<string>): Promise<void> {
    const path = `${this.root}/${lane}-${this.made++}`;
    const data = this.text();
    const { zk } = this.participant;
    await this.settle(path, mine, [null, { data, version: 0, mzxid: null }], async () => {
      const { stat } = await zk.createWithStat(path, data);
      mine.add(path);
      return { data, version: 0, mzxid: stat.mzxid };
    });
  }

  private async set(path: string, old: State, mine: Set<string>): Promise<void> {
    const data = this.text();
    const version = old.version + 1;
    await this.settle(path, mine, [old, { data, version, mzxid: null }], async () => {
      const stat = await this.participant.zk.setData(path, data);
      if (stat.version !== version) {
        this.participant.report(`${path} was given version ${stat.version}, not ${version}`);
      }
      return { data, version: stat.version, mzxid: stat.mzxid };
    });
  }

  private async remove(path: string, old: State, mine: Set<string>): Promise<void> {
    await this.settle(path, mine, [old, null], async () => {
      await this.participant.zk.delete(path);
      mine.delete(path);
      return null;
    });
  }

  /** `lost`: how the znode may be when there is no reply. */
  private async settle(
    path: string,
    mine: Set<string>,
    lost: Fate,
    act: () => Promise<State | null>,
  ): Promise<void> {
    try {
      const state = await act();
      this.gaps.note(this.participant.name);
      if (state === null) this.fates.delete(path);
      else this.fates.set(path, [state]);
    } catch (error) {
      if (error instanceof ConnectionLossError) {
        mine.delete(path);
        this.fates.set(path, error.ambiguous ? lost : [lost[0]!]);
      }
      throw error;
    }
  }

  private text(): string {
    return `${this.prng.uint32()}${"x".repeat(this.prng.below(300))}`;
  }
}

const laneOf = (path: string): number =>
  Number(path.slice(path.lastIndexOf("/") + 1).split("-")[0]);

const isState = (state: State, found: State): boolean =>
  state.data === found.data &&
  state.version === found.version &&
  (state.mzxid === null || state.mzxid === found.mzxid);
