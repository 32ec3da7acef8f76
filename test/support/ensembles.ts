/**
 * Ensembles of server processes, of one kind or of several: members with a number, ports and a
 * folder each, killed and started again one by one.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fourLetter } from "./four-letter.ts";
import { freePort, returnPort } from "./ports.ts";
import type { Start, Subject } from "./subjects.ts";

const SERVING_MS_MAX = 60_000;
const POLL_MS = 50;

export type MemberKind = {
  readonly start: Start;
  readonly role?: "observer";
  /** It is what is tested; the others are company. */
  readonly isSubject?: boolean;
};

type Config = Readonly<Record<string, string | number | boolean>>;

export type EnsembleOptions = {
  /** Further lines of every member's zoo.cfg. */
  readonly config?: Config;
  /** Numbers of those that are started together; each group when the one before it serves. */
  readonly order?: readonly (readonly number[])[];
  readonly jvm?: readonly string[];
  /** Members are started when they answer, though some of them serve nobody. */
  readonly silent?: boolean;
};

const CONFIG: Config = { initLimit: 10, syncLimit: 5, tickTime: 1000 };
const JVM = ["-Xmx256m"];

export class TestEnsemble {
  readonly subjects: readonly Subject[];
  /** Removed at the end. */
  readonly home: string;
  /** For members: each one's quorum port, then its election port. */
  readonly ports: readonly number[];
  private readonly current: Subject[];
  private readonly config: Config;

  private constructor(
    members: Subject[],
    kinds: readonly MemberKind[],
    config: Config,
    home: string,
    ports: readonly number[],
  ) {
    this.current = members;
    this.subjects = members.filter((_, at) => kinds[at]!.isSubject === true);
    this.config = config;
    this.home = home;
    this.ports = ports;
  }

  /** Resolves when all of them serve. */
  static async start(
    kinds: readonly MemberKind[],
    options: EnsembleOptions = {},
  ): Promise<TestEnsemble> {
    const home = await mkdtemp(join(tmpdir(), "quoll-test-ensemble-"));
    const ports: number[] = [];
    const config: Record<string, string | number | boolean> = { ...CONFIG, ...options.config };
    for (const [index, { role }] of kinds.entries()) {
      const [quorum, election] = [await freePort(), await freePort()];
      ports.push(quorum, election);
      const suffix = role === undefined ? "" : `:${role}`;
      config[`server.${index + 1}`] = `127.0.0.1:${quorum}:${election}${suffix}`;
    }
    const members: Subject[] = [];
    const startOne = async (number: number): Promise<void> => {
      const { start, role } = kinds[number - 1]!;
      const dataDir = join(home, `${number}`);
      await mkdir(dataDir);
      await writeFile(join(dataDir, "myid"), `${number}\n`);
      const own = { dataDir, config: { ...config, ...(role && { peerType: role }) } };
      const { jvm = [], silent = false } = options;
      members[number - 1] = await start({ ...own, jvm: [...JVM, ...jvm], silent });
    };
    for (const group of options.order ?? [kinds.map((_, index) => index + 1)]) {
      const started = await Promise.allSettled(group.map(startOne));
      const failed = started.find((one) => one.status === "rejected");
      if (failed === undefined) continue;
      await new TestEnsemble(Object.values(members), kinds, config, home, ports).dispose();
      throw failed.reason;
    }
    return new TestEnsemble(members, kinds, config, home, ports);
  }

  /** By number, from 1: `members[0]` is server 1. */
  get members(): readonly Subject[] {
    return this.current;
  }

  /** What clients are given: all members. */
  get hosts(): string {
    return this.members.map(({ port }) => `127.0.0.1:${port}`).join(",");
  }

  /** The one member that leads. Rejects where none or several say so. */
  async leader(): Promise<Subject> {
    const leaders: Subject[] = [];
    for (const member of this.members) {
      const answer = await fourLetter(member.port, "srvr").catch(() => "");
      if (answer.includes("Mode: leader")) leaders.push(member);
    }
    if (leaders.length === 1) return leaders[0]!;
    throw new Error(`${leaders.length} members lead`);
  }

  others(than: Subject): readonly Subject[] {
    return this.members.filter((member) => member !== than);
  }

  /** Resolves when the member has a leader, or is one. */
  async untilServing({ port }: Subject): Promise<void> {
    const end = performance.now() + SERVING_MS_MAX;
    while (performance.now() < end) {
      const answer = await fourLetter(port, "srvr").catch(() => "");
      if (answer.includes("Mode: ")) return;
      await wait(POLL_MS);
    }
    throw new Error(`the member at port ${port} does not serve`);
  }

  /**
   * Stops a voting member and starts another kind of server in its place: same zoo.cfg, same
   * folder.
   */
  async replace(member: Subject, start: Start): Promise<Subject> {
    const { port, dataDir } = member;
    const at = this.current.indexOf(member);
    await member.stop();
    await member.dispose();
    const next = await start({ port, dataDir, config: this.config });
    this.current[at] = next;
    return next;
  }

  /** Removes what a member that is down has on disk, but for its number. */
  async empty(member: Subject): Promise<void> {
    await rm(join(member.dataDir, "version-2"), { recursive: true });
  }

  async dispose(): Promise<void> {
    await Promise.all(this.members.map((member) => member.dispose()));
    for (const port of this.ports) returnPort(port);
    await rm(this.home, { recursive: true, force: true });
  }
}
