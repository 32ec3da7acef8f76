/** The real server as a process of its own, on a port of its choice: its log lines, and how it ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../src/main/quoll.js", import.meta.url));
/** Longest wait for a line or an end, in ms: machines can be busy. */
const DEADLINE_MS = 30_000;

export class ServerProcess {
  readonly child: ChildProcess;
  output = "";
  private readonly changes = new Set<() => void>();
  private ended: number | string | undefined;

  /** `args` follow `quoll`. */
  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const heard = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.changed();
    };
    this.child.stdout?.on("data", heard);
    this.child.stderr?.on("data", heard);
    this.child.on("close", (code, signal) => {
      this.ended = code ?? signal ?? "ended";
      this.changed();
    });
  }

  /** A server on any free port that serves `folder`; `flags` stand before. */
  static on(folder: string, ...flags: string[]): ServerProcess {
    return new ServerProcess(["server", ...flags, "0", folder]);
  }

  /** The port, once it serves. */
  async port(): Promise<number> {
    await this.until("it serves", () => this.output.includes('"serving clients"'));
    const line = this.output.split("\n").find((text) => text.includes('"serving clients"'));
    return (JSON.parse(line ?? "{}") as { port: number }).port;
  }

  /** The exit code, or the signal that ended it. */
  async end(): Promise<number | string> {
    await this.until("it ends", () => this.ended !== undefined);
    return this.ended ?? "";
  }

  stop(): Promise<number | string> {
    this.child.kill("SIGTERM");
    return this.end();
  }

  kill(): Promise<number | string> {
    this.child.kill("SIGKILL");
    return this.end();
  }

  /** How many lines have `text` in them. */
  count(text: string): number {
    return this.output.split("\n").filter((line) => line.includes(text)).length;
  }

  /** Resolves when `holds`, looked at after each change; rejects at the deadline or the server's end. */
  until(what: string, holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const over = this.ended !== undefined;
        if (!holds() && !over) return;
        this.changes.delete(look);
        clearTimeout(timer);
        if (holds()) resolve();
        else reject(new Error(`the server ended (${this.ended}) before ${what}:\n${this.output}`));
      };
      const timer = setTimeout(() => {
        this.changes.delete(look);
        reject(new Error(`waited too long until ${what}:\n${this.output}`));
      }, DEADLINE_MS);
      this.changes.add(look);
      look();
    });
  }

  private changed(): void {
    for (const look of [...this.changes]) look();
  }
}
