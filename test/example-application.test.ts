/** examples/master-worker: one command starts it, and no death of a process stops it. */
import { equal, match, notEqual } from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../examples/master-worker/main.js", import.meta.url));
/** For everything that the application needs some time for, in ms: machines can be busy. */
const WAIT_MS_MAX = 40_000;

type State = {
  readonly master: string;
  readonly workers: Readonly<Record<string, readonly string[]>>;
  readonly waiting: readonly string[];
  readonly results: Readonly<Record<string, string>>;
};

class Application {
  readonly child: ChildProcess = spawn(process.execPath, [MAIN, "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  output = "";
  private starter: number;

  constructor() {
    this.starter = this.child.pid!;
    this.child.stdout?.on("data", (chunk: Buffer) => {
      this.output += chunk.toString();
    });
  }

  get page(): string {
    return /page: (\S+)/.exec(this.output)?.[1] ?? "";
  }

  /** The id of the process that runs under this name now. */
  pid(name: string): number {
    const starts = [...this.output.matchAll(new RegExp(`start ${name} (\\d+)`, "g"))];
    return Number(starts.at(-1)?.[1]);
  }

  async state(): Promise<State | undefined> {
    try {
      const answer = await fetch(`${this.page}state`, { signal: AbortSignal.timeout(3000) });
      return answer.ok ? ((await answer.json()) as State) : undefined;
    } catch {
      return undefined; // the page is not there at the moment
    }
  }

  async until(what: string, holds: (state: State) => boolean): Promise<State> {
    for (const end = performance.now() + WAIT_MS_MAX; performance.now() < end; ) {
      const state = await this.state();
      if (state !== undefined && holds(state)) return state;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`waited too long until ${what}: ${JSON.stringify(await this.state())}`);
  }

  async submit(upTo: number): Promise<void> {
    const body = new URLSearchParams({ upTo: `${upTo}` });
    const answer = await fetch(`${this.page}tasks`, { method: "POST", body, redirect: "manual" });
    equal(answer.status, 303);
  }

  /** Kills what runs under this name and waits for the next under it. */
  async kill(name: string): Promise<void> {
    const pid = this.pid(name);
    process.kill(pid, "SIGKILL");
    for (const end = performance.now() + WAIT_MS_MAX; this.pid(name) === pid; ) {
      if (performance.now() > end) throw new Error(`${name} is not started again:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Kills the process that starts the others, and waits until its stand-in has taken over. */
  async killStarter(): Promise<void> {
    process.kill(this.starter, "SIGKILL");
    const next = this.pid("stand-in");
    await this.printed(`${next} goes on`);
    this.starter = next;
  }

  private async printed(what: string): Promise<void> {
    for (const end = performance.now() + WAIT_MS_MAX; !this.output.includes(what); ) {
      if (performance.now() > end) throw new Error(`"${what}" is not printed:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Resolves when every process that writes to the output has ended. */
  async stop(): Promise<void> {
    const over = new Promise((resolve) => this.child.once("close", resolve));
    process.kill(this.starter, "SIGTERM");
    await over;
  }
}

test("it survives the death of any of its processes", async () => {
  const app = new Application();
  try {
    const start = await app.until("all are there", (state) => {
      return Object.keys(state.workers).length === 3 && state.master.includes("pid");
    });
    for (const upTo of [10, 100, 200_000, 200_001, 200_002, 200_003]) await app.submit(upTo);
    const busy = await app.until("a worker is busy", ({ workers }) =>
      Object.values(workers).some((tasks) => tasks.length > 0),
    );
    const worker = Object.entries(busy.workers).find(([, tasks]) => tasks.length > 0)?.[0] ?? "";
    await app.kill(worker.split(" ")[0] ?? "");
    await app.kill(start.master.split(" ")[0] ?? "");
    await app.kill("server");
    await app.killStarter();
    await app.kill("page");
    await app.kill("stand-in");
    await app.killStarter();
    const end = await app.until("all is done", ({ results }) => Object.keys(results).length === 6);
    const texts = Object.values(end.results).join("\n");
    for (const fact of [
      "4 primes up to 10,",
      "25 primes up to 100,",
      "17984 primes up to 200000,",
    ]) {
      match(texts, new RegExp(fact));
    }
    const again = await app.until("a new master", ({ master }) => master.includes("pid"));
    notEqual(again.master, start.master);
  } finally {
    await app.stop();
  }
});
