/** The master-worker system: plans, and whole systems whose parts are cut and killed. */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { test } from "node:test";
import { CutWorld, cutSessions, turn, until } from "../../test/support/cut-world.ts";
import { planMoves } from "./assignment-plan.ts";
import type { Sessions } from "./sessions.ts";
import { TaskClient } from "./task-client.ts";
import { readTaskSystem, type TaskSystem } from "./task-layout.ts";
import { TaskMaster } from "./task-master.ts";
import { type AssignedTask, TaskWorker } from "./task-worker.ts";

const plans: ReadonlyArray<
  readonly [why: string, system: Partial<TaskSystem>, want: readonly string[]]
> = [
  ["nothing to do", { workers: ["a"] }, []],
  ["nobody to do it", { waiting: ["1"] }, []],
  [
    "the oldest first, to the one with the fewest",
    { workers: ["a", "b"], waiting: ["1", "2", "3"], assigned: new Map([["a", ["0"]]]) },
    ["assign b 1", "assign a 2", "assign b 3"],
  ],
  [
    "no more than a worker may have",
    { workers: ["a"], waiting: ["3", "4"], assigned: new Map([["a", ["1", "2"]]]) },
    ["assign a 3"],
  ],
  [
    "a dead worker's tasks come back in their order",
    { workers: ["b"], waiting: ["2"], assigned: new Map([["a", ["1"]]]) },
    ["takeBack a 1", "forget a", "assign b 1", "assign b 2"],
  ],
];
for (const [why, part, want] of plans) {
  test(`plan: ${why}`, () => {
    const none = { master: "m", workers: [], waiting: [], finished: [], assigned: new Map() };
    const moves = planMoves({ ...none, ...part }, 3);
    const words = moves.map((one) =>
      "task" in one ? `${one.kind} ${one.worker} ${one.task}` : `${one.kind} ${one.worker}`,
    );
    deepEqual(words, want);
  });
}

/** Programs of a system; what they reject with when they are stopped is not asked for. */
class Company {
  readonly done: string[] = [];
  private readonly stop = new AbortController();
  private readonly running: Promise<unknown>[] = [];

  master(sessions: Sessions, id: string): void {
    const master = new TaskMaster(sessions, "/app", { id, tasksPerWorkerMax: 2 });
    this.running.push(this.watched(master.run({ signal: this.stop.signal })));
  }

  worker(
    sessions: Sessions,
    id: string,
    work = async (_: AssignedTask): Promise<void> => {},
  ): void {
    const handle = async (task: AssignedTask): Promise<string> => {
      await work(task);
      this.done.push(`${id} ${task.text}`);
      return `${task.text}!`;
    };
    const worker = new TaskWorker(sessions, "/app", { id, handle });
    this.running.push(this.watched(worker.run({ signal: this.stop.signal })));
  }

  async close(): Promise<void> {
    this.stop.abort(new Error("closing time"));
    await Promise.all(this.running);
  }

  private async watched(run: Promise<void>): Promise<void> {
    await run.catch((error: unknown) => {
      if (!this.stop.signal.aborted) throw error;
    });
  }
}

const everything = async (tasks: TaskClient, count: number): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let at = 0; at < count; at++) ids.push(await tasks.submit(`${at}`));
  const results = await Promise.all(ids.map((id) => tasks.result(id)));
  await Promise.all(ids.map((id) => tasks.forget(id)));
  return results.map(({ outcome, text }) => `${outcome} ${text}`);
};

for (const cut of ["master", "worker", "client"]) {
  test(`all tasks are done and told once, wherever the ${cut}'s connection is cut`, async () => {
    await cutSessions(async (world, sessions) => {
      const company = new Company();
      const of = (one: string): Sessions => (one === cut ? sessions : world.sessions());
      company.master(of("master"), "m");
      company.worker(of("worker"), "w");
      const other = new TaskClient(of("client"), "/app");
      deepEqual(await everything(other, 3), ["done 0!", "done 1!", "done 2!"]);
      // A reply that is lost makes nobody do the work again.
      deepEqual([...company.done].sort(), ["w 0", "w 1", "w 2"]);
      await company.close();
    });
  });
}

test("a dead worker's tasks are done by another; the dead one's late result is not taken", async () => {
  const world = new CutWorld();
  const company = new Company();
  company.master(world.sessions(), "m");
  const lost = world.sessions();
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  company.worker(lost, "slow", () => held);
  const tasks = new TaskClient(world.sessions(), "/app");
  const id = await tasks.submit("x");
  const zk = world.client();
  const has = async (worker: string): Promise<boolean> =>
    (await readTaskSystem(zk, "/app")).assigned.get(worker)?.length === 1;
  await until("the slow one has it", () => has("slow"));
  // Its process hangs: it can neither work nor come back.
  await world.expire(lost.current);
  await lost.close();
  company.worker(world.sessions(), "quick");
  deepEqual(await tasks.result(id), { outcome: "done", worker: "quick", text: "x!" });
  release();
  await turn();
  const { waiting, assigned, workers } = await readTaskSystem(zk, "/app");
  deepEqual([waiting, [...assigned.keys()], workers], [[], ["quick"], ["quick"]]);
  await company.close();
  await world.close();
});

test("the next master goes on where the last one died", async () => {
  const world = new CutWorld();
  const company = new Company();
  const first = world.sessions();
  company.master(first, "m1");
  const zk = world.client();
  const master = async (): Promise<string | undefined> => (await readTaskSystem(zk, "/app")).master;
  await until("m1 rules", async () => (await master()) === "m1");
  company.master(world.sessions(), "m2");
  const tasks = new TaskClient(world.sessions(), "/app");
  const ids = [await tasks.submit("a"), await tasks.submit("b")];
  await world.expire(first.current);
  await first.close();
  await until("m2 rules", async () => (await master()) === "m2");
  company.worker(world.sessions(), "w");
  for (const id of ids) equal((await tasks.result(id)).outcome, "done");
  await company.close();
  equal(await master(), undefined);
  await world.close();
});

test("expiries of everybody in turn: all is done in the end, and told once", async () => {
  const world = new CutWorld();
  const company = new Company();
  const parts = [1, 2, 3, 4].map(() => world.sessions());
  company.master(parts[0]!, "m1");
  company.master(parts[1]!, "m2");
  company.worker(parts[2]!, "w1", turn);
  company.worker(parts[3]!, "w2", turn);
  const tasks = new TaskClient(world.sessions(), "/app");
  const all = everything(tasks, 40);
  for (let round = 0; round < 12; round++) {
    for (let turns = 0; turns < 30 + round; turns++) await turn();
    await world.expire(parts[round % 4]!.current);
  }
  deepEqual(
    await all,
    Array.from({ length: 40 }, (_, at) => `done ${at}!`),
  );
  await company.close();
  await world.close();
});

test("what a handler throws is the result; what a server refuses ends the worker", async () => {
  const world = new CutWorld();
  const company = new Company();
  company.master(world.sessions(), "m");
  company.worker(world.sessions(), "w", () => Promise.reject(new Error("cannot")));
  const tasks = new TaskClient(world.sessions(), "/app");
  const result = await tasks.result(await tasks.submit("x"));
  deepEqual(result, { outcome: "failed", worker: "w", text: "Error: cannot" });
  const zk = world.client();
  await zk.create("/closed", "", { acl: [{ perms: 1, scheme: "world", id: "anyone" }] });
  const options = { id: "w", handle: () => "" };
  await rejects(new TaskWorker(world.sessions(), "/closed", options).run(), { code: "NoAuth" });
  await company.close();
  await world.close();
});
