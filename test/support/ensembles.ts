/**
 * Ensembles of server processes, of one kind or of several: members with a number, ports and a
 * folder each, killed and started again one by one.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fourLetter } from "./four-letter.ts";
import { freePort, returnPort } from "./ports.ts";
import type { Start, Subject } from "./subjects.ts";

export type MemberKind = { readonly start: Start; readonly role?: "observer" };

export class TestEnsemble {
  /** By number, from 1: `members[0]` is server 1. */
  readonly members: readonly Subject[];
  private readonly home: string;
  private readonly ports: readonly number[];

  private constructor(members: readonly Subject[], home: string, ports: readonly number[]) {
    this.members = members;
    this.home = home;
    this.ports = ports;
  }

  /** Resolves when all of them serve. */
  static async start(kinds: readonly MemberKind[]): Promise<TestEnsemble> {
    const home = await mkdtemp(join(tmpdir(), "quoll-test-ensemble-"));
    const ports: number[] = [];
    const config: Record<string, string | number> = { initLimit: 10, syncLimit: 5, tickTime: 1000 };
    for (const [index, { role }] of kinds.entries()) {
      const [quorum, election] = [await freePort(), await freePort()];
      ports.push(quorum, election);
      const suffix = role === undefined ? "" : `:${role}`;
      config[`server.${index + 1}`] = `127.0.0.1:${quorum}:${election}${suffix}`;
    }
    const starting = kinds.map(async ({ start, role }, index) => {
      const dataDir = join(home, `${index + 1}`);
      await mkdir(dataDir);
      await writeFile(join(dataDir, "myid"), `${index + 1}\n`);
      return start({ dataDir, config: { ...config, ...(role && { peerType: role }) } });
    });
    const started = await Promise.allSettled(starting);
    const members = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const ensemble = new TestEnsemble(members, home, ports);
    const failed = started.find((one) => one.status === "rejected");
    if (failed === undefined) return ensemble;
    await ensemble.dispose();
    throw failed.reason;
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
