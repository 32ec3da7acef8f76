/** All clients of a migration: what they do together, and what must hold when they pause. */
import { setMaxListeners } from "node:events";
import { describeId } from "../../../src/base/ids.ts";
import type { Prng } from "../../../src/base/prng.ts";
import { ZooKeeper } from "../../../src/client/zookeeper.ts";
import type { TestEnsemble } from "../../support/ensembles.ts";
import { Gaps } from "../../support/gaps.ts";
import { Foreign } from "./foreign.ts";
import { judge, LOCK, Locker, REGISTER } from "./locker.ts";
import { EPHEMERALS, Participant } from "./participant.ts";
import { Changer, TRAIL, Watcher } from "./watcher.ts";
import { Writer } from "./writer.ts";

const WRITERS = 3;
const WATCHERS = 3;
const LOCKERS = 2;
/** What other people's clients hold meanwhile goes on changing. */
const COMPARED = ["/watched", TRAIL];

type Members = {
  readonly writers: readonly Writer[];
  readonly watchers: readonly Watcher[];
  readonly lockers: readonly Locker[];
  readonly changer: Changer;
  readonly foreign: readonly Foreign[];
};

export class Crew {
  readonly gaps: Gaps;
  /** What must not have been, in words. */
  readonly faults: string[];
  private readonly members: Members;
  private stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  private constructor(members: Members, gaps: Gaps, faults: string[]) {
    this.members = members;
    this.gaps = gaps;
    this.faults = faults;
  }

  static async assemble(hosts: string, prng: Prng, limitMs: number): Promise<Crew> {
    const faults: string[] = [];
    const gaps = new Gaps();
    const report = (fault: string): void => void faults.push(fault);
    const prepared = await ZooKeeper.connect(hosts);
    for (const path of [EPHEMERALS, LOCK]) await prepared.create(path);
    await prepared.create(REGISTER, "0");
    await prepared.close();
    const join = (kind: string, count: number): Promise<Participant[]> =>
      Promise.all(
        Array.from({ length: count }, (_, at) => Participant.join(`${kind}${at}`, hosts, report)),
      );
    const changer = new Changer((await join("changer", 1))[0]!);
    const writers = (await join("writer", WRITERS)).map((one) => new Writer(one, prng, gaps));
    const watchers = (await join("watcher", WATCHERS)).map((one) => new Watcher(one));
    const lockers = (await join("locker", LOCKERS)).map((one) => new Locker(one));
    for (const one of [changer, ...writers, ...watchers]) {
      await one.participant.zk.sync("/");
      await one.prepare();
    }
    const foreign = await Promise.all(
      (["kazoo", "java"] as const).map((name) => Foreign.start(name, hosts, limitMs, report)),
    );
    return new Crew({ writers, watchers, lockers, changer, foreign }, gaps, faults);
  }

  get locks(): number {
    const { lockers, foreign } = this.members;
    return [...lockers, ...foreign].reduce((sum, { intervals }) => sum + intervals.length, 0);
  }
  get events(): number {
    return this.members.watchers.reduce((sum, { events }) => sum + events, 0);
  }
  get sessions(): number {
    return this.participants.length + this.members.foreign.length;
  }

  start(): void {
    this.stopping = new AbortController();
    setMaxListeners(0, this.stopping.signal);
    const { writers, watchers, lockers, changer } = this.members;
    this.gaps.resume();
    const all = [...writers, ...watchers, ...lockers, changer];
    this.running = Promise.all(all.map((one) => one.run(this.stopping.signal)));
  }

  /** Resolves when nobody but other people's clients does anything. */
  async pause(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /**
   * While they pause: every member of `ensemble` has what was acknowledged, and all the same; no
   * session is lost, no event is missing. Resolves to how many znodes of writers were looked at.
   */
  async verify(ensemble: TestEnsemble): Promise<number> {
    const dumps: string[] = [];
    let looked = 0;
    for (const [index, { port }] of ensemble.members.entries()) {
      const member = await ZooKeeper.connect(`127.0.0.1:${port}`);
      try {
        await member.sync("/");
        for (const writer of this.members.writers) {
          looked += await writer.verify(member, `server ${index + 1}`);
        }
        for (const one of this.participants) await one.checkSession(member);
        dumps.push(await dump(member, [...COMPARED, ...this.members.writers.map((w) => w.root)]));
      } finally {
        await member.close();
      }
    }
    for (const [index, text] of dumps.entries()) {
      const first = new Set(dumps[0]?.split("\n"));
      const odd = text.split("\n").find((line) => !first.has(line));
      if (text === dumps[0]) continue;
      this.faults.push(`server ${index + 1} differs from server 1: ${odd ?? "it has less"}`);
    }
    await Promise.all(this.members.watchers.map((watcher) => watcher.verify()));
    return looked;
  }

  /** After the last pause: closes every session, and judges the lock. */
  async dismiss(): Promise<void> {
    const { lockers, foreign } = this.members;
    await Promise.all(foreign.map((client) => client.end()));
    const intervals = [...lockers, ...foreign].flatMap((one) => one.intervals);
    judge(intervals, (fault) => this.faults.push(fault));
    await Promise.all(this.participants.map(({ zk }) => zk.close()));
  }

  private get participants(): readonly Participant[] {
    const { writers, watchers, lockers, changer } = this.members;
    return [...writers, ...watchers, ...lockers, changer].map((one) => one.participant);
  }
}

/** The znodes below `roots`, with their data and what the Stat says. */
async function dump(member: ZooKeeper, roots: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const root of roots) {
    for (const name of [...(await member.getChildren(root))].sort()) {
      const { data, stat } = await member.getData(`${root}/${name}`);
      const { czxid, mzxid, version, ephemeralOwner, ctime, mtime } = stat;
      const ids = [czxid, mzxid, ephemeralOwner].map((id) => describeId(id));
      lines.push([root, name, ...ids, version, ctime, mtime, data?.length].join(" "));
    }
  }
  return lines.join("\n");
}
