/** One server of the ensemble as a process, with what may happen to it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fourLetter } from "../support/four-letter.ts";
import { QUOLL_MAIN } from "../support/subjects.ts";

/** How often what has ended is started again, in ms. */
const LOOK_MS = 200;
const OUTPUT = "output.txt";
const ANSWER_MS_MAX = 500;
const DISK_BYTES = 1 << 30;
/** What is left of a disk that is full. */
const REST_BYTES = 64 << 10;

export type MemberState = { readonly mode: string; readonly zxid: string };

export class Member {
  readonly id: number;
  readonly port: number;
  readonly dataDir: string;
  /** Starts so far. */
  starts = 0;
  private readonly home: string;
  private readonly hasDisk: boolean;
  private child: ChildProcess | undefined;
  private mayRun = false;
  private readonly keeper: NodeJS.Timeout;

  /** `config`: what zoo.cfg has besides the folder and the port. With `disk` its folder is one. */
  constructor(id: number, home: string, port: number, config: readonly string[], disk: boolean) {
    this.id = id;
    this.home = home;
    this.port = port;
    this.dataDir = join(home, "data");
    this.hasDisk = disk;
    mkdirSync(this.dataDir, { recursive: true });
    if (disk) mount(["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "none", this.dataDir]);
    writeFileSync(join(this.dataDir, "myid"), `${id}\n`);
    const lines = [...config, `dataDir=${this.dataDir}`, `clientPort=${port}`];
    writeFileSync(join(home, "zoo.cfg"), `${lines.join("\n")}\n`);
    this.keeper = setInterval(() => this.keep(), LOOK_MS);
  }

  get isRunning(): boolean {
    const { child } = this;
    return child?.pid !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Runs from now on; when it ends by itself, it is started again. */
  start(): void {
    this.mayRun = true;
    this.keep();
  }

  /** Resolves when it has ended. It stays so until `start`. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.mayRun = false;
    const { child } = this;
    if (child === undefined || !this.isRunning) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGCONT");
    child.kill(signal);
    await ended;
  }

  pause(): void {
    if (this.isRunning) this.child?.kill("SIGSTOP");
  }

  resume(): void {
    if (this.isRunning) this.child?.kill("SIGCONT");
  }

  /** Nothing more than a little can be written. Without a disk of its own nothing happens. */
  fillDisk(): void {
    if (!this.hasDisk) return;
    const { bsize, blocks, bfree } = statfsSync(this.dataDir);
    this.resize((blocks - bfree) * bsize + REST_BYTES);
  }

  clearDisk(): void {
    if (this.hasDisk) this.resize(DISK_BYTES);
  }

  /** All that it has printed, in all its lives. */
  get output(): string {
    return readFileSync(join(this.home, OUTPUT), "utf8");
  }

  /** Undefined while it does not answer. */
  async state(): Promise<MemberState | undefined> {
    const text = await fourLetter(this.port, "srvr", ANSWER_MS_MAX).catch(() => "");
    const mode = /^Mode: (.*)$/m.exec(text)?.[1];
    const zxid = /^Zxid: (.*)$/m.exec(text)?.[1];
    return mode === undefined || zxid === undefined ? undefined : { mode, zxid };
  }

  /** `keeps`: its data is still there afterwards, in `kept` beside its log. */
  async dispose(keeps: boolean): Promise<void> {
    clearInterval(this.keeper);
    await this.end("SIGKILL");
    if (keeps) cpSync(this.dataDir, join(this.home, "kept"), { recursive: true });
    if (this.hasDisk) execFileSync("umount", [this.dataDir]);
  }

  private resize(bytes: number): void {
    mount(["-o", `remount,size=${bytes}`, this.dataDir]);
  }

  private keep(): void {
    if (!this.mayRun || this.isRunning) return;
    this.starts++;
    const log = openSync(join(this.home, OUTPUT), "a");
    const args = [QUOLL_MAIN, "server", join(this.home, "zoo.cfg")];
    this.child = spawn(process.execPath, args, { stdio: ["ignore", log, log], cwd: this.home });
    closeSync(log);
  }
}

const mount = (args: readonly string[]): void => void execFileSync("mount", args);
