/**
 * Stories of the protocol: commands to a world without chance faults, each with what is then seen.
 *
 *   # words for the reader
 *   > command
 *   outcome
 *
 * The first command is `world`, with `servers=3 observers=0 seed=1` as wanted. Servers are named
 * s1, s2 ... or by what they are now: `leader`, `followers`, `observers`, `others` (all but the
 * leader), `all`. docs/simulation.md lists the commands.
 * Promises: one script gives the same outcomes each time. What a script sees is judged as any
 * history is: a last line tells what is wrong with it.
 * From: the stories of specification chapters 3 to 7.
 */
import { assert } from "../base/assert.ts";
import { describeId, type Millis } from "../base/ids.ts";
import { CreateMode } from "../records/constants.ts";
import type { Ask } from "./asks.ts";
import { checkAll } from "./checkers/check.ts";
import { type Answer, SimClient } from "./client.ts";
import { Clock } from "./clock.ts";
import { agree } from "./endings.ts";
import { makeMember } from "./member-maker.ts";
import type { Process } from "./process.ts";
import { type Scenario, scenarioOf } from "./scenario.ts";
import { setupOf } from "./simulate.ts";
import { CLIENT_DOOR } from "./sockets.ts";
import { bytesOfText } from "./workload.ts";
import { World } from "./world.ts";

/** How long a `wait` and an answer may take before the outcome says that they did not come. */
const PATIENCE_MS: Millis = 60_000;
const LOOK_MS: Millis = 10;
const SESSION_MS: Millis = 8000;

/** The script with the outcomes that its commands have now. */
export function play(script: string): string {
  const lines: string[] = [];
  let stage: Stage | undefined;
  for (const line of script.trimEnd().split("\n")) {
    if (line === "" || line.startsWith("#")) lines.push(line);
    if (!line.startsWith("> ")) continue;
    lines.push(line);
    const words = line.slice(2).split(" ");
    if (stage === undefined) stage = new Stage(worldOf(words));
    else lines.push(...stage.obey(words));
  }
  return `${[...lines, ...(stage?.verdict() ?? [])].join("\n")}\n`;
}

function worldOf(words: readonly string[]): World {
  assert(words[0] === "world", "a script begins with its world");
  const given = new Map(words.slice(1).map((word) => word.split("=") as [string, string]));
  const number = (name: string, otherwise: number) => Number(given.get(name) ?? otherwise);
  const drawn = scenarioOf(number("seed", 1), { servers: number("servers", 3) });
  const scenario: Scenario = {
    ...drawn,
    ...{ observers: number("observers", 0), clients: 0, workloads: [], faults: new Map() },
    ...{ sessionTimeoutsMs: [SESSION_MS], slowReaders: 0, latencyMs: [0.3, 3], cutChance: 0 },
    ...{ lingerMs: 0, syncMs: 1, driftPpm: 0 },
    tuning: {
      ...{ tickMs: 1000, initLimit: 10, syncLimit: 5, logFileBytes: 0, preAllocBytes: 0 },
      snapshotRecords: number("snapshot", 100_000),
      batchRecordsMax: 1000,
    },
  };
  return new World(scenario, makeMember, false);
}

/** A world with the clients of a script. */
class Stage {
  private readonly world: World;
  private readonly clients = new Map<string, SimClient>();
  /** What was asked without waiting for it, and its answer. */
  private readonly pending = new Map<string, string>();

  constructor(world: World) {
    this.world = world;
  }

  obey(words: readonly string[]): readonly string[] {
    const [verb = "", ...rest] = words;
    if (/^c\d+$/.test(verb)) return this.client(verb, rest);
    switch (verb) {
      case "start":
        return this.each(rest, (member) => member.start());
      case "kill":
        return this.each(rest, (member) => member.crash("kill"));
      case "stop":
        return this.each(rest, (member) => member.stop());
      case "crash":
        return this.each(rest, (member) => member.crash("lose"));
      case "pause":
        return this.each(rest, (member) => member.pause());
      case "resume":
        return this.each(rest, (member) => member.resume());
      case "block":
        return this.each(rest.slice(1), ({ mood }) => {
          mood.syncMs = PATIENCE_MS * 10;
        });
      case "fill":
        return this.each(rest.slice(1), ({ mood }) => {
          mood.isFull = true;
        });
      case "clear":
        return this.each(rest.slice(1), ({ mood }) => {
          mood.isFull = false;
          mood.syncMs = this.world.scenario.syncMs;
        });
      default:
        return this.observe(verb, rest);
    }
  }

  private observe(verb: string, rest: readonly string[]): readonly string[] {
    const { world } = this;
    switch (verb) {
      case "partition":
        return this.partition(rest);
      case "heal":
        world.network.heal();
        return [];
      case "run":
        world.scheduler.run(world.scheduler.now + Number(rest[0]));
        return [];
      case "wait":
        return this.wait(rest.slice(1));
      case "show":
        return this.show(rest[0] ?? "");
      default:
        throw new Error(`no command is called "${verb}"`);
    }
  }

  /** What the checkers find. */
  verdict(): readonly string[] {
    const { recorder, scheduler } = this.world;
    const { records } = recorder;
    const history = { setup: setupOf(this.world), records, endedAt: scheduler.now };
    return checkAll(history).map(({ checker, what }) => `WRONG ${checker}: ${what}`);
  }

  private named(names: readonly string[]): readonly Process[] {
    const { processes } = this.world;
    const isLeader = ({ born }: Process): boolean => born?.isLeading() === true;
    return names.flatMap((name) => {
      if (name === "all") return processes;
      if (name === "leader") return processes.filter(isLeader);
      if (name === "others") return processes.filter((member) => !isLeader(member));
      if (name === "followers" || name === "observers") {
        const mode = name.slice(0, -1);
        return processes.filter(({ born }) => born?.describe().startsWith(mode) === true);
      }
      const found = processes.filter(({ host }) => host === name);
      if (found.length === 0) throw new Error(`no server is called "${name}"`);
      return found;
    });
  }

  private each(names: readonly string[], act: (member: Process) => void): readonly string[] {
    for (const member of this.named(names)) act(member);
    return [];
  }

  /** `partition s1 s2 | s3`: no byte goes between the two sides. */
  private partition(words: readonly string[]): readonly string[] {
    const bar = words.indexOf("|");
    const others = this.named(words.slice(bar + 1));
    for (const { host } of this.named(words.slice(0, bar))) {
      for (const other of others) {
        this.world.network.block(host, other.host);
        this.world.network.block(other.host, host);
      }
    }
    return [];
  }

  private wait(words: readonly string[]): readonly string[] {
    const [what = "", ...names] = words;
    const { processes } = this.world;
    const conditions: Readonly<Record<string, () => boolean>> = {
      leader: () => processes.some(({ born }) => born?.isLeading() === true),
      leaderless: () => processes.every(({ born }) => born?.isLeading() !== true),
      serving: () => this.named(names).every(({ born }) => born?.isServing() === true),
      down: () => this.named(names).every(({ isDown }) => isDown),
      agree: () => agree(this.named(names.length === 0 ? ["all"] : names)),
      answered: () => names.every((name) => this.pending.get(name) !== ""),
    };
    const holds = conditions[what];
    if (holds === undefined) throw new Error(`nobody can wait until "${what}"`);
    const came = this.until(holds);
    if (!came) return ["it did not come"];
    return what === "answered" ? names.map((name) => this.pending.get(name) ?? "nothing") : [];
  }

  private until(holds: () => boolean): boolean {
    const { scheduler } = this.world;
    const end = scheduler.now + PATIENCE_MS;
    while (!holds() && scheduler.now < end) scheduler.run(scheduler.now + LOOK_MS);
    return holds();
  }

  private show(what: string): readonly string[] {
    if (what === "probes") return [...this.world.probes.reached.keys()];
    if (what !== "servers") throw new Error(`nothing is called "${what}"`);
    return this.world.processes.map(
      ({ host, born, refusal }) => `${host} ${born?.describe() ?? refusal?.message ?? "down"}`,
    );
  }

  /** `c1 connect s1 s2`, `c1 set /a x`, `c1 begin set /a x` (see `wait until answered c1`). */
  private client(name: string, words: readonly string[]): readonly string[] {
    if (words[0] === "connect") return this.connect(name, words.slice(1));
    const client = this.clients.get(name);
    if (client === undefined) throw new Error(`${name} has not connected`);
    if (words[0] === "close") client.close();
    if (words[0] === "vanish") client.vanish();
    if (words[0] === "close" || words[0] === "vanish") return [];
    const begins = words[0] === "begin";
    this.pending.set(name, "");
    client.ask(askOf(begins ? words.slice(1) : words), (answer) => {
      this.pending.set(name, describeAnswer(answer));
    });
    if (begins) return [];
    this.until(() => this.pending.get(name) !== "");
    return [this.pending.get(name) || "no answer"];
  }

  private connect(name: string, hosts: readonly string[]): readonly string[] {
    const setup = {
      hosts: this.named(hosts).map(({ host }) => ({ name: host, port: CLIENT_DOOR })),
      ...{ timeoutMs: SESSION_MS, canBeReadOnly: false, seed: this.clients.size + 1 },
    };
    const client = new SimClient(Number(name.slice(1)), setup, this.world, new Clock(0, 1), {
      dawdleMs: 0,
    });
    this.clients.set(name, client);
    client.start();
    return this.until(() => client.isLive) ? [] : ["not connected"];
  }
}

function askOf([kind, path = "/", data = ""]: readonly string[]): Exclude<
  Ask,
  { kind: "closeSession" }
> {
  const bytes = bytesOfText(data);
  switch (kind) {
    case "create":
      return { kind, path, data: bytes, mode: CreateMode.persistent };
    case "ephemeral":
      return { kind: "create", path, data: bytes, mode: CreateMode.ephemeral };
    case "set":
      return { kind: "setData", path, data: bytes, version: -1 };
    case "delete":
      return { kind, path, version: -1 };
    case "get":
      return { kind: "getData", path };
    case "exists":
    case "sync":
      return { kind, path };
    default:
      throw new Error(`a client cannot "${kind}"`);
  }
}

function describeAnswer({ err, sent, result }: Answer): string {
  if (err === undefined) return sent ? "lost, perhaps done" : "lost, not done";
  if (err !== 0) return `error ${err}`;
  const zxid = result?.stat === undefined ? "" : `, changed by ${describeId(result.stat.mzxid)}`;
  const data = result?.data === undefined ? "" : ` "${result.data}"`;
  return `ok${data}${zxid}`;
}
