/** kazoo as one more holder of the lock, in a process of its own. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runCommand } from "../../support/processes.ts";
import { REPOSITORY } from "../../support/subjects.ts";
import type { Interval } from "./locker.ts";
import type { Report } from "./participant.ts";

const SCRIPT = join(REPOSITORY, "test/interop/kazoo/migration.py");
const POLL_MS = 10;

export class KazooHolder {
  readonly intervals: Interval[] = [];
  private readonly report: Report;
  private printed = "";
  private write: (text: string) => void = () => {};
  private hasEnded = false;
  private readonly ended: Promise<void>;

  private constructor(hosts: string, limitMs: number, report: Report) {
    this.report = (fault) => report(`kazoo: ${fault}`);
    const input = (printed: string, write: (text: string) => void): void => {
      [this.printed, this.write] = [printed, write];
    };
    const ran = runCommand(["/usr/bin/python3", "-B", SCRIPT, hosts], { limitMs, input });
    this.ended = ran
      .then(({ code, stderr }) => {
        if (code !== 0) this.report(stderr);
      })
      .catch((error: unknown) => this.report(String(error)))
      .finally(() => {
        this.hasEnded = true;
      });
  }

  /** Resolves when it stands in line. It may live for `limitMs`. */
  static async start(hosts: string, limitMs: number, report: Report): Promise<KazooHolder> {
    const holder = new KazooHolder(hosts, limitMs, report);
    while (!holder.printed.includes("began") && !holder.hasEnded) await wait(POLL_MS);
    return holder;
  }

  /** Ends it, and reads what it told. */
  async end(): Promise<void> {
    this.write("stop\n");
    await this.ended;
    if (!this.printed.includes("ended")) this.report("it did not come to its end");
    for (const line of this.printed.trimEnd().split("\n")) {
      const [what, value] = JSON.parse(line) as [string, unknown];
      if (what === "fault") this.report(String(value));
      if (what !== "held") continue;
      const [token, from, to] = value as [string, number, number];
      this.intervals.push({ who: "kazoo", token: BigInt(token), from, to });
    }
  }
}
