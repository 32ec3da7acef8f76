/**
 * The files that are neither log nor running snapshots: epochs, and a state that replaces the own
 * one. Lists of operations are done one after the other; who asked is told.
 */
import { assert } from "../base/assert.ts";
import { Queue } from "../base/queue.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import type { MemberEffect } from "./links.ts";

type Task = { readonly ops: readonly DiskOp[]; readonly done: () => void };

export class Files {
  private readonly tasks = new Queue<Task>();
  private flying: Task | undefined;

  /** `done` is called in the turn in which the operations are reported done. */
  run(ops: readonly DiskOp[], done: () => void): void {
    this.tasks.push({ ops, done });
  }

  /** Nothing is under way or waiting. */
  get idle(): boolean {
    return this.flying === undefined && this.tasks.length === 0;
  }

  done(): void {
    const { flying } = this;
    assert(flying !== undefined, "file operations are under way");
    this.flying = undefined;
    flying.done();
  }

  endTurn(out: MemberEffect[]): void {
    if (this.flying !== undefined) return;
    this.flying = this.tasks.shift();
    if (this.flying !== undefined) out.push({ kind: "files", ops: this.flying.ops });
  }
}
