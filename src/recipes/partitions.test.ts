/** Partitions: the plan, and that no two work on one at the same time. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { CutWorld, cutSessions, until } from "../../test/support/cut-world.ts";
import { planPartitions } from "./partition-plan.ts";
import { Partitions } from "./partitions.ts";
import type { Sessions } from "./sessions.ts";

const rows: ReadonlyArray<
  readonly [why: string, members: string, owners: string, want: Readonly<Record<string, string>>]
> = [
  ["nobody is there", "", "", {}],
  ["all is free", "ab", "", { a: "123", b: "45" }],
  ["a newcomer gets what is too much", "ab", "a1 a2 a3 a4 a5", { a: "123", b: "45" }],
  ["the richer keeps the larger share", "ab", "b1 b2 b3 a4", { a: "45", b: "123" }],
  ["what the gone had is divided", "bc", "a1 b2 c3 b4", { b: "124", c: "35" }],
  [
    "more members than partitions",
    "abcdefg",
    "",
    { a: "1", b: "2", c: "3", d: "4", e: "5", f: "", g: "" },
  ],
];
for (const [why, members, owners, want] of rows) {
  test(`plan: ${why}`, () => {
    const had = new Map(owners.split(" ").map((one) => [one.slice(1), one.slice(0, 1)]));
    const plan = planPartitions(["5", "4", "3", "2", "1"], [...members], had);
    const words = [...plan].map(([member, given]) => [member, [...given].sort().join("")]);
    deepEqual(Object.fromEntries(words), want);
  });
}

/** Members whose work is noted; two at once on one partition is an error. */
class Floor {
  readonly busy = new Map<string, string>();
  /** Who is expired learns it later than the others. */
  isExpiring = false;
  private readonly stop = new AbortController();
  private readonly running: Promise<void>[] = [];

  join(sessions: Sessions, id: string, stop = new AbortController()): () => void {
    const work = (partition: string, signal: AbortSignal): Promise<void> => {
      if (!this.isExpiring)
        equal(this.busy.get(partition), undefined, `${partition} has one owner`);
      this.busy.set(partition, id);
      return new Promise((resolve) => {
        const end = (): void => {
          if (this.busy.get(partition) === id) this.busy.delete(partition);
          resolve();
        };
        if (signal.aborted) end();
        signal.addEventListener("abort", end);
      });
    };
    const partitions = new Partitions(sessions, "/p", { id, partitions: ["1", "2", "3"], work });
    const signal = AbortSignal.any([stop.signal, this.stop.signal]);
    this.running.push(
      partitions.run({ signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error;
      }),
    );
    return () => stop.abort(new Error("leaves"));
  }

  get owners(): string {
    return ["1", "2", "3"].map((partition) => this.busy.get(partition) ?? "-").join("");
  }

  async close(): Promise<void> {
    this.stop.abort(new Error("the test is over"));
    await Promise.all(this.running);
  }
}

test("members come, go and expire, wherever the connection is cut", async () => {
  await cutSessions(async (world, sessions) => {
    const floor = new Floor();
    floor.join(sessions, "a");
    await until("a has all", () => floor.owners === "aaa");
    const leave = floor.join(world.sessions(), "b");
    await until("b has one", () => floor.owners === "aab");
    floor.isExpiring = true;
    await world.expire(sessions.current);
    await until("a is back", () => /^(aab|bba|abb|bab|aba|baa)$/.test(floor.owners));
    floor.isExpiring = false;
    leave();
    await until("a has all again", () => floor.owners === "aaa");
    await floor.close();
    deepEqual(await world.client().getChildren("/p/owners"), []);
  });
});

test("work that fails ends the member", async () => {
  const world = new CutWorld();
  const work = () => Promise.reject(new Error("broken disk"));
  const member = new Partitions(world.sessions(), "/p", { id: "a", partitions: ["1"], work });
  await rejects(member.run(), /broken disk/);
  deepEqual(await world.client().getChildren("/p/owners"), []);
  deepEqual(await world.client().getChildren("/p/members"), []);
  await world.close();
});
