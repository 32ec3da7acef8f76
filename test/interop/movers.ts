/**
 * Clients whose sessions move from server to server, each with an ephemeral, a place in the line
 * for one lock, and watches on two nodes: ours, kazoo and the Java client. All know one server.
 *
 *   arm       sets the watches again that have fired
 *   look      answers same-session same-ephemeral holds, or what is the case instead
 *   release   gives the lock away
 *   stop      closes the session
 *
 * Programs read these as lines and answer with `done`, and `told PATH` for each event.
 */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ZooKeeper } from "../../src/client/zookeeper.ts";
import { Lock } from "../../src/recipes/lock.ts";
import { runCommand } from "../support/processes.ts";
import { REFERENCE_CLASSES, REPOSITORY } from "../support/subjects.ts";

const LIMIT_MS = 300_000;
const TIMEOUT_MS = 10_000;
const POLL_MS = 10;
/** Without a logger the client tells so on its standard output. */
const JAVA_CLASSES = `/usr/share/java/slf4j-nop.jar:${REFERENCE_CLASSES}`;
const PROGRAMS = {
  java: ["java", "-Xmx64m", "-cp", JAVA_CLASSES, join(REPOSITORY, "test/interop/java/Mover.java")],
  kazoo: ["/usr/bin/python3", "-B", join(REPOSITORY, "test/interop/kazoo/mover.py")],
} as const;
export const WATCHED = ["/away", "/later"] as const;

export type Command = "arm" | "look" | "release" | "stop";

export interface Mover {
  readonly name: string;
  /** In hexadecimal digits. */
  readonly session: string;
  /** Paths of the events that it was told, in order. */
  readonly told: readonly string[];
  ask(command: Command): Promise<string>;
}

/** A program in a process of its own. */
export class ForeignMover implements Mover {
  readonly name: keyof typeof PROGRAMS;
  session = "";
  private lines: readonly string[] = [];
  private write: (text: string) => void = () => {};
  private failure: unknown;
  private asked = 1;

  private constructor(name: keyof typeof PROGRAMS, server: string) {
    this.name = name;
    const input = (printed: string, write: (text: string) => void): void => {
      this.lines = printed.split("\n").slice(0, -1);
      this.write = write;
    };
    runCommand([...PROGRAMS[name], server], { limitMs: LIMIT_MS, input }).then(
      ({ stdout, stderr }) => {
        this.failure ??= new Error(`${name} has ended: ${stdout}\n${stderr}`);
      },
      (error: unknown) => {
        this.failure = error;
      },
    );
  }

  /** Resolves when it has its session and stands in line. */
  static async start(name: keyof typeof PROGRAMS, server: string): Promise<ForeignMover> {
    const mover = new ForeignMover(name, server);
    mover.session = await mover.answer();
    return mover;
  }

  get told(): readonly string[] {
    return this.lines.filter((line) => line.startsWith("told ")).map((line) => line.slice(5));
  }

  ask(command: Command): Promise<string> {
    this.asked++;
    this.write(`${command}\n`);
    return this.answer();
  }

  private async answer(): Promise<string> {
    const answers = (): readonly string[] => this.lines.filter((line) => line.startsWith("done"));
    while (answers().length < this.asked) {
      if (this.failure !== undefined) throw this.failure;
      await wait(POLL_MS);
    }
    return answers()[this.asked - 1]!.slice(5);
  }
}

/** Ours, in this process. */
export class OurMover implements Mover {
  readonly name = "ours";
  readonly told: string[] = [];
  readonly session: string;
  private readonly zk: ZooKeeper;
  private readonly born: bigint;
  private readonly acquired: ReturnType<Lock["acquire"]>;
  private holds = false;

  private constructor(zk: ZooKeeper, born: bigint) {
    this.zk = zk;
    this.born = born;
    this.session = BigInt.asUintN(64, zk.sessionId).toString(16);
    this.acquired = new Lock(zk, "/lock", { names: "kazoo" }).acquire();
    this.acquired.then(
      () => {
        this.holds = true;
      },
      () => {}, // it is told by `look` and by `release`
    );
  }

  static async start(server: string): Promise<OurMover> {
    const zk = await ZooKeeper.connect(server, {
      timeoutMs: TIMEOUT_MS,
      retry: { times: 100, baseMs: 10, maxMs: 100 },
    });
    const { stat } = await zk.createWithStat("/own/ours", null, { mode: "ephemeral" });
    return new OurMover(zk, stat.czxid);
  }

  async ask(command: Command): Promise<string> {
    switch (command) {
      case "arm":
        for (const path of WATCHED) {
          await this.zk.getData(path, {
            watch: ({ type }) => {
              if (type === "NodeDataChanged") this.told.push(path);
            },
          });
        }
        return "";
      case "look":
        return this.look();
      case "release":
        await (await this.acquired).release();
        this.holds = false;
        return "";
      case "stop":
        await this.zk.close();
        return "";
      default:
        throw new Error(`no such command: ${command satisfies never}`);
    }
  }

  private async look(): Promise<string> {
    const found = await this.zk.exists("/own/ours");
    const session = BigInt.asUintN(64, this.zk.sessionId).toString(16);
    const isSame = found?.czxid === this.born && found.ephemeralOwner === this.zk.sessionId;
    const kept = isSame ? "same-ephemeral" : "other-ephemeral";
    return [
      session === this.session ? "same-session" : "other-session",
      found === undefined ? "no-ephemeral" : kept,
      this.holds ? "holds" : "waits",
    ].join(" ");
  }
}
