/**
 * Holders of one lock, in turn. Each tells when it held and by which token; each writes its token
 * into a register under the version that it read there, which fails where another holder wrote.
 */
import { setTimeout as wait } from "node:timers/promises";
import { textOf } from "../../../src/base/bytes.ts";
import { BadVersionError, ConnectionLossError } from "../../../src/client/keeper-error.ts";
import type { Held } from "../../../src/recipes/hold.ts";
import { Lock } from "../../../src/recipes/lock.ts";
import type { Participant, Report } from "./participant.ts";

export const LOCK = "/lock";
export const REGISTER = "/register";
const HELD_MS = 3;

/** Times in ms since 1970, by the one clock of the machine. */
export type Interval = {
  readonly who: string;
  readonly token: bigint;
  readonly from: number;
  readonly to: number;
};

const clock = (): number => performance.timeOrigin + performance.now();

/** Reports holders at the same time, and tokens that do not grow. */
export function judge(intervals: readonly Interval[], report: Report): void {
  const sorted = [...intervals].sort((a, b) => a.from - b.from);
  for (const [index, next] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before === undefined) continue;
    const both = `${before.who} (${before.token}) and ${next.who} (${next.token})`;
    if (next.from < before.to) report(`${both} held the lock at the same time`);
    if (next.token <= before.token) report(`${both} held the lock in the wrong order`);
  }
}

export class Locker {
  readonly participant: Participant;
  readonly intervals: Interval[] = [];
  private readonly lock: Lock;

  constructor(participant: Participant) {
    this.participant = participant;
    // Names that kazoo puts in order, too.
    this.lock = new Lock(participant.zk, LOCK, { id: participant.name, names: "kazoo" });
  }

  async run(signal: AbortSignal): Promise<void> {
    await this.participant.repeat(signal, 0, async () => {
      const held = await this.lock.acquire({ signal });
      const from = clock();
      let to = Number.POSITIVE_INFINITY;
      held.lost.addEventListener("abort", () => {
        to = Math.min(to, clock());
      });
      try {
        await this.enter(held);
        await wait(HELD_MS);
      } finally {
        to = Math.min(to, clock());
        const { name: who } = this.participant;
        this.intervals.push({ who, token: held.token, from, to });
        await held.release();
      }
    });
  }

  private async enter(held: Held): Promise<void> {
    const { zk, report } = this.participant;
    try {
      const { data, stat } = await zk.getData(REGISTER);
      const before = BigInt(textOf(data ?? new Uint8Array()));
      if (before >= held.token) report(`token ${held.token} after ${before}`);
      await zk.setData(REGISTER, String(held.token), stat.version);
    } catch (error) {
      if (error instanceof BadVersionError) report(`another held the lock under ${held.token}`);
      else if (!(error instanceof ConnectionLossError)) throw error;
    }
  }
}
