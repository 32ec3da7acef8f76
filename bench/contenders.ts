/**
 * The servers that are compared: Apache ZooKeeper, Quoll on this Node.js, and Quoll on any other
 * runtime, each under a name that the results carry.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "../test/support/processes.ts";
import {
  type StartOptions,
  type Subject,
  startApache,
  startQuoll,
} from "../test/support/subjects.ts";
import { jvmLogArgument } from "./jvm-log.ts";
import type { PauseSource } from "./pauses.ts";

const VERSION_MS_MAX = 10_000;
const PRELOAD = fileURLToPath(new URL("./pauses-preload.js", import.meta.url));

/** A server, and where it tells of its pauses. */
export type Watched = { readonly subject: Subject; readonly pauses: PauseSource };

export type Contender = {
  /** `apache`, `quoll`; with another runtime `quoll@bun`, with readers `quoll+2`, `quoll@bun+2`. */
  readonly name: string;
  /** The runtime and its version. */
  readonly runsOn: string;
  /** As it is. */
  start(options?: StartOptions): Promise<Subject>;
  /** With something that looks at its pauses, which takes some of its start and little else. */
  startWatched(options?: StartOptions): Promise<Watched>;
};

export type ContenderOptions = {
  /** Programs that run Quoll, besides this one. */
  readonly runtimes: readonly string[];
  /** Each Quoll a second time with so many `quoll.readers`. 0: not. */
  readonly readers: number;
  /** Further arguments of the JVM. */
  readonly jvm: readonly string[];
};

async function printed(argv: readonly string[]): Promise<string> {
  const ran = await runCommand(argv, { limitMs: VERSION_MS_MAX });
  if (ran.code !== 0) throw new Error(`${argv.join(" ")}: ${ran.stderr}`);
  return (ran.stdout || ran.stderr).trim().split("\n")[0]!;
}

/** What a runtime is called by its program and what it prints as its version. */
export function runtimeNames(program: string, version: string): { name: string; runsOn: string } {
  const number = version.replace(/^v/, "");
  // Packages name it bun.exe everywhere.
  const file = basename(program).replace(/\.exe$/, "");
  if (file.startsWith("bun")) return { name: "bun", runsOn: `Bun ${number}` };
  if (!file.startsWith("node")) return { name: file, runsOn: `${file} ${number}` };
  return { name: `node${number.split(".")[0]}`, runsOn: `Node.js ${number}` };
}

/** A folder for what servers tell of themselves; removed by `dispose`. */
export class Tellings {
  private readonly home: string;
  private count = 0;

  private constructor(home: string) {
    this.home = home;
  }

  static async make(): Promise<Tellings> {
    return new Tellings(await mkdtemp(join(tmpdir(), "quoll-bench-")));
  }

  /** A path that nobody has. */
  path(): string {
    this.count++;
    return join(this.home, String(this.count));
  }

  dispose(): Promise<void> {
    return rm(this.home, { recursive: true, force: true });
  }
}

function quollOn(name: string, runsOn: string, program: string, tellings: Tellings): Contender {
  return {
    ...{ name, runsOn },
    start: (options) => startQuoll({ ...options, runtime: [program] }),
    async startWatched(options) {
      const path = tellings.path();
      const runtime = [program, "--import", PRELOAD];
      const env = { QUOLL_BENCH_PAUSES: path };
      const subject = await startQuoll({ ...options, runtime, env });
      return { subject, pauses: { kind: "socket", path } };
    },
  };
}

/** The same Quoll with readers. */
export function withReaders(quoll: Contender, readers: number): Contender {
  const configured = (options: StartOptions = {}): StartOptions => ({
    ...options,
    config: { ...options.config, "quoll.readers": readers },
  });
  return {
    name: `${quoll.name}+${readers}`,
    runsOn: `${quoll.runsOn}, ${readers} ${readers === 1 ? "reader" : "readers"}`,
    start: (options) => quoll.start(configured(options)),
    startWatched: (options) => quoll.startWatched(configured(options)),
  };
}

function apache(runsOn: string, more: readonly string[], tellings: Tellings): Contender {
  const start: Contender["start"] = (options = {}) =>
    startApache({ ...options, jvm: [...(options.jvm ?? []), ...more] });
  return {
    ...{ name: "apache", runsOn, start },
    async startWatched(options = {}) {
      const path = tellings.path();
      const jvm = [...(options.jvm ?? []), jvmLogArgument(path)];
      return { subject: await start({ ...options, jvm }), pauses: { kind: "jvm-log", path } };
    },
  };
}

/** All contenders; Apache first, for the others are held against it. */
export async function contenders(
  { jvm, runtimes, readers }: ContenderOptions,
  tellings: Tellings,
): Promise<readonly Contender[]> {
  const own = quollOn("quoll", `Node.js ${process.versions.node}`, process.execPath, tellings);
  const others = runtimes.map(async (program) => {
    const { name, runsOn } = runtimeNames(program, await printed([program, "--version"]));
    return quollOn(`quoll@${name}`, runsOn, program, tellings);
  });
  const java = await printed(["java", "-version"]);
  const quolls = [own, ...(await Promise.all(others))];
  const threaded = readers === 0 ? [] : quolls.map((quoll) => withReaders(quoll, readers));
  return [apache(java, jvm, tellings), ...quolls, ...threaded];
}
