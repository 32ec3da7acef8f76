/**
 * The servers that are compared: Apache ZooKeeper, Quoll on this Node.js, and Quoll on any other
 * runtime, each under a name that the results carry.
 */
import { basename } from "node:path";
import { runCommand } from "../test/support/processes.ts";
import { type Start, startApache, startQuoll } from "../test/support/subjects.ts";

const VERSION_MS_MAX = 10_000;

export type Contender = {
  /** `apache`, `quoll`, or with another runtime `quoll@bun`, `quoll@node24`. */
  readonly name: string;
  /** The runtime and its version. */
  readonly runsOn: string;
  readonly start: Start;
};

export type ContenderOptions = {
  /** Programs that run Quoll, besides this one. */
  readonly runtimes: readonly string[];
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

async function quollOn(program: string): Promise<Contender> {
  const { name, runsOn } = runtimeNames(program, await printed([program, "--version"]));
  const start: Start = (options) => startQuoll({ ...options, runtime: [program] });
  return { name: `quoll@${name}`, runsOn, start };
}

/** All contenders; Apache first, for the others are held against it. */
export async function contenders(options: ContenderOptions): Promise<readonly Contender[]> {
  const { jvm, runtimes } = options;
  const apache: Contender = {
    name: "apache",
    runsOn: await printed(["java", "-version"]),
    start: (start) => startApache({ ...start, jvm: [...(start?.jvm ?? []), ...jvm] }),
  };
  const runsOn = `Node.js ${process.versions.node}`;
  const quoll: Contender = { name: "quoll", runsOn, start: startQuoll };
  const others = await Promise.all(runtimes.map(quollOn));
  return [apache, quoll, ...others];
}
