/**
 * What a master does next: tasks of dead workers go back, waiting ones go to the living worker with
 * the fewest. A pure function of what stands in the tree, so that every master decides alike.
 */
import type { TaskSystem } from "./task-layout.ts";

export type Move =
  /** From a dead worker's folder to the waiting tasks. */
  | { readonly kind: "takeBack"; readonly worker: string; readonly task: string }
  /** The empty folder of a dead worker. */
  | { readonly kind: "forget"; readonly worker: string }
  | { readonly kind: "assign"; readonly worker: string; readonly task: string };

/** The moves in their order. A worker gets no more than `tasksPerWorkerMax` tasks at a time. */
export function planMoves(system: TaskSystem, tasksPerWorkerMax: number): readonly Move[] {
  const living = new Set(system.workers);
  const moves: Move[] = [];
  const waiting = new Set(system.waiting);
  for (const [worker, tasks] of system.assigned) {
    if (living.has(worker)) continue;
    for (const task of tasks) moves.push({ kind: "takeBack", worker, task });
    for (const task of tasks) waiting.add(task);
    moves.push({ kind: "forget", worker });
  }
  const load = new Map(
    system.workers.map((worker) => [worker, system.assigned.get(worker)?.length ?? 0]),
  );
  for (const task of [...waiting].sort()) {
    const worker = leastLoaded(load);
    if (worker === undefined || (load.get(worker) ?? 0) >= tasksPerWorkerMax) break;
    load.set(worker, (load.get(worker) ?? 0) + 1);
    moves.push({ kind: "assign", worker, task });
  }
  return moves;
}

/** The first of those with the fewest tasks; undefined where there is nobody. */
function leastLoaded(load: ReadonlyMap<string, number>): string | undefined {
  let least: string | undefined;
  for (const [worker, count] of load) {
    if (least === undefined || count < (load.get(least) ?? 0)) least = worker;
  }
  return least;
}
