/** Three servers or more, each of which reaches each other over links that can be cut. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort, returnPort } from "../support/ports.ts";
import { Link } from "./link.ts";
import { Member } from "./member.ts";

const CONFIG = [
  ...["tickTime=500", "initLimit=20", "syncLimit=6", "maxClientCnxns=0"],
  ...["4lw.commands.whitelist=*", "admin.enableServer=false"],
  // Many snapshots and files; none is purged, so that the whole history can be read afterwards.
  ...["snapCount=3000", "preAllocSize=256", "autopurge.purgeInterval=0"],
];
const LOOK_MS = 100;

export class Chaos {
  readonly members: readonly Member[];
  readonly links: readonly Link[];
  private readonly between: ReadonlyMap<string, readonly Link[]>;
  private readonly ports: readonly number[];

  private constructor(
    members: readonly Member[],
    between: ReadonlyMap<string, readonly Link[]>,
    ports: readonly number[],
  ) {
    this.members = members;
    this.between = between;
    this.links = [...between.values()].flat();
    this.ports = ports;
  }

  /** Below the empty folder `home`. Nothing runs yet. */
  static async make(size: number, home: string): Promise<Chaos> {
    const ids = Array.from({ length: size }, (_, index) => index + 1);
    const doors = new Map<number, readonly [number, number]>();
    for (const id of ids) doors.set(id, [await freePort(), await freePort()]);
    const between = new Map<string, readonly Link[]>();
    const members: Member[] = [];
    const disk = canMount();
    for (const id of ids) {
      const lines: string[] = [];
      for (const to of ids) {
        let [quorum, election] = doors.get(to)!;
        if (to !== id) {
          const links = [await Link.to(quorum), await Link.to(election)] as const;
          between.set(`${id}>${to}`, links);
          [quorum, election] = [links[0].port, links[1].port];
        }
        lines.push(`server.${to}=127.0.0.1:${quorum}:${election}`);
      }
      const folder = join(home, `${id}`);
      mkdirSync(folder);
      members.push(new Member(id, folder, await freePort(), [...CONFIG, ...lines], disk));
    }
    const ports = [...doors.values()].flat();
    return new Chaos(members, between, [...ports, ...members.map(({ port }) => port)]);
  }

  /** All ways from and to a member. */
  linksOf({ id }: Member): readonly Link[] {
    const links: Link[] = [];
    for (const [key, pair] of this.between) {
      if (key.split(">").includes(`${id}`)) links.push(...pair);
    }
    return links;
  }

  /** Resolves when all serve, at one zxid that stays. Rejects after `ms`. */
  async agree(ms: number): Promise<void> {
    const end = performance.now() + ms;
    let before = "";
    for (;;) {
      const states = await Promise.all(this.members.map((member) => member.state()));
      const told = states.map((state) => state?.zxid ?? "down");
      const same = new Set(told).size === 1 && !told.includes("down");
      if (same && told[0] === before) return;
      before = same ? told[0]! : "";
      if (performance.now() > end) {
        const modes = states.map((state) => `${state?.mode ?? "down"} ${state?.zxid ?? ""}`);
        throw new Error(`the servers do not come to one state: ${modes.join(", ")}`);
      }
      await wait(LOOK_MS);
    }
  }

  /** `keeps`: what the servers have on disk is kept. */
  async dispose(keeps: boolean): Promise<void> {
    await Promise.all(this.members.map((member) => member.dispose(keeps)));
    for (const link of this.links) link.close();
    for (const port of this.ports) returnPort(port);
  }
}

/** Whether members can have a small disk of their own: only root may mount one. */
export function canMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(join(tmpdir(), "quoll-mount-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "none", folder], { stdio: "ignore" });
    execFileSync("umount", [folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}
