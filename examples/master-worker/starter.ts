/**
 * Keeps processes running, and survives its own end.
 *
 *   starter -- starts, and starts again --> parts
 *      |  \--- writes which process runs what --> running.json
 *      \------ a pipe --> stand-in: when it breaks, reads running.json and is the starter
 *
 * A part does not notice who its starter is; what still runs is taken over as it is.
 */
import { spawn } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Part = { readonly name: string; readonly args: readonly string[] };
export type Running = {
  /** The application's folder; removed when it is stopped. */
  readonly home: string;
  readonly parts: readonly Part[];
  /** Name of a part to the process that runs it. */
  readonly pids: Readonly<Record<string, number>>;
};

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));
const STAND_IN = "stand-in";
/** Between two looks at what runs, and before what died is started again, in ms. */
const LOOK_MS = 300;

export class Starter {
  private readonly home: string;
  private readonly parts: readonly Part[];
  private readonly pids: Map<string, number>;
  private isOver = false;

  /** `pids`: what runs already; none of it needs to be a child of this process. */
  constructor({ home, parts, pids }: Running) {
    this.home = home;
    this.parts = parts;
    this.pids = new Map(Object.entries(pids));
  }

  /** Until SIGINT or SIGTERM: then all parts are told to end, and awaited. */
  async run(): Promise<void> {
    const stop = (): void => {
      this.isOver = true;
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    while (!this.isOver) {
      for (const part of this.parts) this.keep(part.name, () => startPart(part));
      this.keep(STAND_IN, () => startStandIn(this.home));
      await pause();
    }
    await this.end();
  }

  private keep(name: string, start: () => number | undefined): void {
    const known = this.pids.get(name);
    if (known !== undefined && isAlive(known)) return;
    if (known !== undefined) process.stdout.write(`end ${name} ${known}\n`);
    const pid = start();
    if (pid === undefined) return; // the next look tries again
    this.pids.set(name, pid);
    this.write();
    process.stdout.write(`start ${name} ${pid}\n`);
  }

  /** Whole at any moment: a stand-in may have to read it now. */
  private write(): void {
    const { home, parts, pids } = this;
    const running: Running = { home, parts, pids: Object.fromEntries(pids) };
    const file = join(home, "running.json");
    writeFileSync(`${file}.new`, JSON.stringify(running));
    renameSync(`${file}.new`, file);
  }

  private async end(): Promise<void> {
    // First of all, lest it takes over what is about to end.
    const standIn = this.pids.get(STAND_IN);
    if (standIn !== undefined) kill(standIn, "SIGKILL");
    for (const pid of this.pids.values()) kill(pid, "SIGTERM");
    while ([...this.pids.values()].some(isAlive)) await pause();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Waits for the end of the starter, and is the starter from then on. */
export async function standIn(home: string): Promise<void> {
  const ignore = (): void => {}; // a Ctrl-C is meant for the starter, which ends this process
  process.on("SIGINT", ignore);
  await new Promise((resolve) => process.stdin.once("end", resolve).resume());
  process.off("SIGINT", ignore);
  const running = JSON.parse(readFileSync(join(home, "running.json"), "utf8")) as Running;
  process.stdout.write(`the starter died; ${process.pid} goes on: kill ${process.pid} ends all\n`);
  const { [STAND_IN]: _, ...pids } = running.pids;
  await new Starter({ ...running, pids }).run();
}

/** What it says goes nowhere: it outlives whoever could listen. */
function startPart({ args }: Part): number | undefined {
  const child = spawn(process.execPath, args, { stdio: "ignore" });
  child.on("error", (error) => process.stdout.write(`${args[0]}: ${error.message}\n`));
  return child.pid;
}

function startStandIn(home: string): number | undefined {
  const args = [MAIN, "0", home];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "inherit", "inherit"] });
  child.on("error", (error) => process.stdout.write(`${STAND_IN}: ${error.message}\n`));
  return child.pid;
}

/** Also of a process that is no child; a dead one that nobody has waited for does not live. */
function isAlive(pid: number): boolean {
  if (!kill(pid, 0)) return false;
  if (process.platform !== "linux") return true;
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false; // it has gone since
  }
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // there is no such process any more
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, LOOK_MS));
