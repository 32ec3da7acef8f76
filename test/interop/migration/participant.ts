/**
 * One client of a migration: a session that must last from the first step to the last, with an
 * ephemeral that says so.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { SessionId } from "../../../src/base/ids.ts";
import { ConnectionLossError } from "../../../src/client/keeper-error.ts";
import { ZooKeeper } from "../../../src/client/zookeeper.ts";
import type { Stat } from "../../../src/records/data.ts";

export const EPHEMERALS = "/ephemerals";
const TIMEOUT_MS = 15_000;

export type Report = (fault: string) => void;

export class Participant {
  readonly name: string;
  readonly zk: ZooKeeper;
  readonly sessionId: SessionId;
  readonly report: Report;
  private readonly ephemeral: Stat;

  private constructor(name: string, zk: ZooKeeper, ephemeral: Stat, report: Report) {
    this.name = name;
    this.zk = zk;
    this.sessionId = zk.sessionId;
    this.ephemeral = ephemeral;
    this.report = (fault) => report(`${name}: ${fault}`);
  }

  static async join(name: string, hosts: string, report: Report): Promise<Participant> {
    const zk = await ZooKeeper.connect(hosts, { timeoutMs: TIMEOUT_MS });
    const own = `${EPHEMERALS}/${name}`;
    const { stat } = await zk.createWithStat(own, name, { mode: "ephemeral" });
    return new Participant(name, zk, stat, report);
  }

  /** Whether its session and its ephemeral are what they were, as `by` sees it. */
  async checkSession(by: ZooKeeper): Promise<void> {
    const { zk, sessionId } = this;
    if (zk.sessionId !== sessionId)
      this.report(`its session is 0x${zk.sessionId.toString(16)} now`);
    if (zk.state !== "CONNECTED") this.report(`its session is ${zk.state}`);
    const found = await by.exists(`${EPHEMERALS}/${this.name}`);
    if (found === undefined) this.report("its ephemeral is gone");
    else if (found.ephemeralOwner !== sessionId) this.report("its ephemeral has another owner");
    else if (found.czxid !== this.ephemeral.czxid) this.report("its ephemeral was made again");
  }

  /**
   * Does `act` again and again until `signal` is aborted; a lost connection is waited out, every
   * other error is a fault and ends it.
   */
  async repeat(signal: AbortSignal, everyMs: number, act: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await act();
        await wait(everyMs, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ConnectionLossError)) return this.report(String(error));
        await this.zk.connected({ signal }).catch(() => {}); // over: the next act tells
      }
    }
  }
}
