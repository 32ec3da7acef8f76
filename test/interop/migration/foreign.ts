/**
 * Other people's clients, each in a process of its own with a session that must last: kazoo as one
 * more holder of the lock, the Java client as one more owner of an ephemeral, which it changes and
 * watches.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { runCommand } from "../../support/processes.ts";
import { REFERENCE_CLASSES, REPOSITORY } from "../../support/subjects.ts";
import { installFor } from "../install.ts";
import type { Interval } from "./locker.ts";
import type { Report } from "./participant.ts";

/** Without a logger the client tells so on its standard output. */
const JAVA_CLASSES = `/usr/share/java/slf4j-nop.jar:${REFERENCE_CLASSES}`;
const COMMANDS = {
  kazoo: ["/usr/bin/python3", "-B", join(REPOSITORY, "test/interop/kazoo/migration.py")],
  java: ["java", "-Xmx64m", "-cp", JAVA_CLASSES, join(REPOSITORY, "test/interop/java/Owner.java")],
} as const;
const POLL_MS = 10;

export class Foreign {
  readonly name: keyof typeof COMMANDS;
  readonly intervals: Interval[] = [];
  private readonly report: Report;
  private printed = "";
  private write: (text: string) => void = () => {};
  private hasEnded = false;
  private readonly ended: Promise<void>;

  private constructor(name: keyof typeof COMMANDS, hosts: string, limitMs: number, report: Report) {
    this.name = name;
    this.report = (fault) => report(`${name}: ${fault}`);
    const input = (printed: string, write: (text: string) => void): void => {
      [this.printed, this.write] = [printed, write];
    };
    const ran = runCommand([...COMMANDS[name], hosts], { limitMs, input });
    this.ended = ran
      .then(({ code, stderr }) => {
        if (code !== 0) this.report(stderr);
      })
      .catch((error: unknown) => this.report(String(error)))
      .finally(() => {
        this.hasEnded = true;
      });
  }

  /** Resolves when it has its session. It may live for `limitMs`. */
  static async start(
    name: keyof typeof COMMANDS,
    hosts: string,
    limitMs: number,
    report: Report,
  ): Promise<Foreign> {
    await installFor({ "/usr/bin/javac": "default-jdk-headless" });
    const client = new Foreign(name, hosts, limitMs, report);
    while (!client.printed.includes("began") && !client.hasEnded) await wait(POLL_MS);
    return client;
  }

  /** Ends it, and reads what it told. */
  async end(): Promise<void> {
    this.write("stop\n");
    await this.ended;
    if (!this.printed.includes("ended")) this.report("it did not come to its end");
    for (const line of this.printed.split("\n")) {
      // Between them, a release of Apache ZooKeeper tells of its loggers.
      if (!line.startsWith("[")) continue;
      const [what, value] = JSON.parse(line) as [string, unknown];
      if (what === "fault") this.report(String(value));
      if (what !== "held") continue;
      const [token, from, to] = value as [string, number, number];
      this.intervals.push({ who: this.name, token: BigInt(token), from, to });
    }
  }
}
