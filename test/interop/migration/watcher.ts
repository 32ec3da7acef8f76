/**
 * A client that watches: what it sees never goes backwards, an event comes before the data that it
 * tells of, and none that is waited for is left out. Persistent watches may miss what happened
 * between two connections, but tell the rest in order.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { WatchedEvent } from "../../../src/client-core/events.ts";
import type { Participant } from "./participant.ts";

export const WATCHED = "/watched";
export const TRAIL = "/trail";
export const WATCHED_NODES = 4;
const PACE_MS = 5;
const CAUGHT_UP_MS_MAX = 10_000;
const POLL_MS = 10;

/** A one-shot watch; `version` once the reply that left it is there. */
type Armed = { version: number | undefined; fired: boolean };

export class Watcher {
  readonly participant: Participant;
  events = 0;
  private readonly armed = new Map<string, Armed>();
  private readonly seen = new Map<string, number>();
  private trail = "";

  constructor(participant: Participant) {
    this.participant = participant;
  }

  async prepare(): Promise<void> {
    const { zk } = this.participant;
    await zk.addWatch(TRAIL, "persistentRecursive", (event) => this.onTrail(event));
  }

  /** Goes on until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const paths = Array.from({ length: WATCHED_NODES }, (_, index) => `${WATCHED}/${index}`);
    await Promise.all(
      paths.flatMap((path) => [
        this.participant.repeat(signal, 0, () => this.arm(path)),
        this.participant.repeat(signal, PACE_MS, () => this.look(path)),
      ]),
    );
  }

  /** When nobody changes anything any more: every change must have been told. */
  async verify(): Promise<void> {
    const { zk, report } = this.participant;
    await zk.sync(WATCHED);
    for (const [path, armed] of this.armed) {
      // No watch was left when the reply was lost.
      if (armed.version === undefined) continue;
      const { stat } = await zk.getData(path);
      const until = performance.now() + CAUGHT_UP_MS_MAX;
      const isTold = (): boolean => armed.fired || armed.version === stat.version;
      while (!isTold() && performance.now() < until) await wait(POLL_MS);
      if (!isTold()) report(`${path}: no event since version ${armed.version} of ${stat.version}`);
    }
  }

  /** Leaves a watch where there is none, and waits for its event while one is left. */
  private async arm(path: string): Promise<void> {
    const before = this.armed.get(path);
    if (before !== undefined && before.version !== undefined && !before.fired) {
      await wait(1);
      return;
    }
    const armed: Armed = { version: undefined, fired: false };
    const watch = ({ type }: WatchedEvent): void => {
      if (type === "None") return;
      if (type !== "NodeDataChanged") this.participant.report(`${path}: ${type}`);
      if (armed.fired) this.participant.report(`${path}: one watch, two events`);
      armed.fired = true;
      this.events++;
    };
    this.armed.set(path, armed);
    const { stat } = await this.participant.zk.getData(path, { watch });
    this.note(path, stat.version);
    armed.version = stat.version;
  }

  private async look(path: string): Promise<void> {
    const { stat } = await this.participant.zk.getData(path);
    this.note(path, stat.version);
    const armed = this.armed.get(path);
    if (armed?.version === undefined || armed.fired || stat.version <= armed.version) return;
    const versions = `version ${stat.version}, watched since ${armed.version}`;
    this.participant.report(`${path}: the data came before its event: ${versions}`);
  }

  private note(path: string, version: number): void {
    const before = this.seen.get(path) ?? 0;
    if (version < before) {
      this.participant.report(`${path}: version ${version} after ${before}`);
    }
    this.seen.set(path, version);
  }

  private onTrail({ type, path }: WatchedEvent): void {
    if (type !== "NodeCreated" || path === null) return;
    if (path <= this.trail) this.participant.report(`event for ${path} after ${this.trail}`);
    this.trail = path;
    this.events++;
  }
}

/** Changes what the others watch. */
export class Changer {
  readonly participant: Participant;
  private turn = 0;

  constructor(participant: Participant) {
    this.participant = participant;
  }

  async prepare(): Promise<void> {
    const { zk } = this.participant;
    for (const path of [WATCHED, TRAIL]) await zk.create(path);
    for (let index = 0; index < WATCHED_NODES; index++) await zk.create(`${WATCHED}/${index}`);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.participant.repeat(signal, PACE_MS, async () => {
      const { zk } = this.participant;
      await zk.setData(`${WATCHED}/${this.turn++ % WATCHED_NODES}`, String(this.turn));
      await zk.create(`${TRAIL}/n-`, null, { mode: "persistentSequential" });
    });
  }
}
