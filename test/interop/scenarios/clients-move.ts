/**
 * Clients of three kinds move between members of two kinds, in both directions, because they are
 * cut off, or because the member that serves them is killed or stopped, the leader too. Each keeps
 * its session, its ephemeral and its place in the line for a lock; its watches tell of a change
 * that was made while it was away, and of one that is made at the member that serves it now.
 *
 * `s` in a name is the server under test, `a` Apache ZooKeeper, in the order of their numbers;
 * server 3 leads at first.
 */
import { setTimeout as wait } from "node:timers/promises";
import { TestEnsemble } from "../../support/ensembles.ts";
import { fourLetter } from "../../support/four-letter.ts";
import { create, granted, setData } from "../../support/operations.ts";
import { ClosedError, RawSession } from "../../support/raw-session.ts";
import { START, type Start } from "../../support/subjects.ts";
import { SwitchedProxy } from "../../support/switched-proxy.ts";
import { installFor } from "../install.ts";
import { ForeignMover, type Mover, OurMover, WATCHED } from "../movers.ts";
import type { Outcome, Scenario } from "../scenario.ts";

const LIMIT_MS = 60_000;
const POLL_MS = 20;
const CONFIG = { tickTime: 500, initLimit: 40, syncLimit: 20 };
const ORDER = [[3, 2], [1]];

type Why = "cut off" | "its member is killed" | "its member is stopped";

/** Where the clients go, from server 1 at first, and why. 3 leads until it is killed, then 2. */
const MOVES: readonly (readonly [to: number, why: Why])[] = [
  [2, "cut off"],
  [1, "cut off"],
  [2, "its member is killed"],
  [1, "its member is killed"],
  [3, "cut off"],
  [2, "its member is killed"],
  [1, "its member is stopped"],
  [2, "cut off"],
];

async function until(what: string, holds: () => Promise<boolean> | boolean): Promise<void> {
  const startedAt = performance.now();
  while (!(await holds())) {
    if (performance.now() - startedAt > LIMIT_MS) throw new Error(`never: ${what}`);
    await wait(POLL_MS);
  }
}

/** A change through the server at `port`, as soon as it serves. */
async function change(port: number, path: string): Promise<void> {
  await until(`${path} is changed`, async () => {
    try {
      const session = await RawSession.open(port);
      await granted(path, setData(session, path, null));
      await session.close();
      return true;
    } catch (error) {
      if (error instanceof ClosedError || (error as { code?: string }).code === "ECONNREFUSED") {
        return false;
      }
      throw error;
    }
  });
}

class Journey {
  readonly lines: string[] = [];
  private readonly ensemble: TestEnsemble;
  private readonly proxy: SwitchedProxy;
  private readonly movers: Mover[] = [];
  private at = 1;

  constructor(ensemble: TestEnsemble, proxy: SwitchedProxy) {
    this.ensemble = ensemble;
    this.proxy = proxy;
  }

  /** The lock goes to the first, and the others stand in line behind it. */
  async begin(): Promise<void> {
    this.lines.push(
      `${this.ensemble.members.indexOf(await this.ensemble.leader()) + 1} leads at first`,
    );
    const { port } = this.member(this.at);
    const session = await RawSession.open(port);
    for (const path of ["/own", "/lock", ...WATCHED]) {
      await granted(path, create(session, path, null));
    }
    await session.close();
    this.proxy.passTo(port);
    const server = `127.0.0.1:${this.proxy.port}`;
    this.movers.push(await ForeignMover.start("java", server));
    this.movers.push(await ForeignMover.start("kazoo", server));
    await until("kazoo stands in line", async () => (await this.placesTaken()) === 2);
    this.movers.push(await OurMover.start(server));
    await until("ours stands in line", async () => (await this.placesTaken()) === 3);
  }

  async move(to: number, why: Why): Promise<void> {
    const [from, next] = [this.member(this.at), this.member(to)];
    for (const mover of this.movers) await mover.ask("arm");
    const before = this.movers.map(({ told }) => told.length);
    this.proxy.passNobody();
    if (why === "cut off") this.proxy.cut();
    else if (why === "its member is killed") await from.kill9();
    else await from.stop();
    await change(next.port, WATCHED[0]);
    this.proxy.passTo(next.port);
    const looks = await Promise.all(this.movers.map((mover) => mover.ask("look")));
    const told = (count: number): Promise<void> =>
      until("all are told", () =>
        this.movers.every((mover, index) => mover.told.length >= before[index]! + count),
      );
    await told(1);
    await change(next.port, WATCHED[1]);
    await told(2);
    const served = await fourLetter(next.port, "cons");
    for (const [index, mover] of this.movers.entries()) {
      const events = mover.told.slice(before[index]).join(" ");
      const where = served.includes(`sid=0x${mover.session},`) ? `at ${to}` : "elsewhere";
      this.lines.push(`${why}, ${mover.name} ${where}: ${looks[index]}, told of ${events}`);
    }
    if (why !== "cut off") await from.restart();
    this.at = to;
  }

  /** The lock goes from kind to kind, and sessions end with what they own. */
  async end(): Promise<void> {
    for (const mover of this.movers) {
      await until("it has the lock", async () => (await mover.ask("look")).endsWith("holds"));
      this.lines.push(`${mover.name} has the lock`);
      await mover.ask("release");
    }
    for (const mover of this.movers) await mover.ask("stop");
    this.lines.push(`places in the line: ${await this.placesTaken()}`);
  }

  private member(number: number) {
    return this.ensemble.members[number - 1]!;
  }

  private async placesTaken(): Promise<number> {
    const dump = await fourLetter((await this.ensemble.leader()).port, "dump");
    return dump.split("\n").filter((line) => line.includes("/lock/")).length;
  }
}

async function play(letters: string, start: Start): Promise<Outcome> {
  await installFor({ "/usr/bin/javac": "default-jdk-headless" });
  const members = [...letters].map((letter) => ({ start: letter === "s" ? start : START.apache }));
  const ensemble = await TestEnsemble.start(members, { config: CONFIG, order: ORDER });
  try {
    await using proxy = await SwitchedProxy.start();
    const journey = new Journey(ensemble, proxy);
    await journey.begin();
    for (const [to, why] of MOVES) await journey.move(to, why);
    await journey.end();
    return journey.lines;
  } finally {
    await ensemble.dispose();
  }
}

export const clientsMove: readonly Scenario[] = ["asa", "sas"].map((letters) => ({
  name: `mixed-clients-move-${letters}`,
  isVariation: letters === "sas",
  run: (start) => play(letters, start),
}));
