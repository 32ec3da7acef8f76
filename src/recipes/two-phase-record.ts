/** The nodes of one two-phase transaction: how it stands, and the steps that change it. */
import type { Watcher } from "../client/driver.ts";
import { NoNodeError } from "../client/keeper-error.ts";
import { op, type WriteOp } from "../client/multi.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { ensureGone, ensureNode, ifThere, throughLoss } from "./through-loss.ts";

/**
 * What was decided of a transaction; it never changes.
 * @example const decision: Decision = "commit";
 */
export type Decision = "commit" | "abort";

/**
 * What participants are asked to do.
 * @example
 * const isFor = ({ participants }: TwoPhaseTask, id: string): boolean => participants.includes(id);
 */
export type TwoPhaseTask = {
  /** The transaction's name, the same for all. */
  readonly id: string;
  /** Who must agree. */
  readonly participants: readonly string[];
  /** What is to be done, as the coordinator wrote it. */
  readonly text: string;
};

export type Standing = {
  readonly decision: Decision | undefined;
  readonly votes: ReadonlyMap<string, string>;
  /** Who has carried the decision out. */
  readonly done: readonly string[];
  readonly hasCoordinator: boolean;
};

export class TwoPhaseRecord {
  readonly path: string;
  private readonly task: TwoPhaseTask;

  constructor(folder: string, task: TwoPhaseTask) {
    this.path = `${folder === "/" ? "" : folder}/${task.id}`;
    this.task = task;
  }

  /** Throws for data that is no transaction's. */
  static parse(id: string, data: Uint8Array | null): TwoPhaseTask {
    const json: unknown = JSON.parse(new TextDecoder().decode(data ?? new Uint8Array()));
    const { participants, text } = json as Partial<TwoPhaseTask>;
    if (!Array.isArray(participants) || typeof text !== "string") {
      throw new TypeError(`${id} holds no transaction`);
    }
    return { id, participants, text };
  }

  /** Makes all of it at once, so that no part is missing where another one stands. */
  creation(): readonly WriteOp[] {
    const { participants, text } = this.task;
    return [
      op.create(this.path, JSON.stringify({ participants, text })),
      op.create(`${this.path}/votes`, ""),
      op.create(`${this.path}/done`, ""),
      op.create(`${this.path}/coordinator`, "", { mode: "ephemeral" }),
    ];
  }

  /** How it stands, after the decision was made where it is due. Undefined: it is over and gone. */
  async settle(zk: ZooKeeper, watch: Watcher): Promise<Standing | undefined> {
    const standing = await this.read(zk, watch);
    if (standing === undefined || standing.decision !== undefined) return standing;
    const due = this.due(standing);
    if (due === undefined) return standing;
    await this.decide(zk, due);
    return await this.read(zk, watch);
  }

  /** Decides, if nobody has. What stands then may be the other decision. */
  async decide(zk: ZooKeeper, decision: Decision): Promise<void> {
    await whereThere(() => ensureNode(zk, `${this.path}/decision`, decision));
  }

  async vote(zk: ZooKeeper, id: string, vote: Decision): Promise<void> {
    await whereThere(() => ensureNode(zk, `${this.path}/votes/${id}`, vote));
  }

  async tellDone(zk: ZooKeeper, id: string): Promise<void> {
    await whereThere(() => ensureNode(zk, `${this.path}/done/${id}`, ""));
  }

  /** The coordinator leaves. */
  async retire(zk: ZooKeeper): Promise<void> {
    await ensureGone(zk, `${this.path}/coordinator`);
    await this.clear(zk);
  }

  /** Deletes the transaction, if all have carried it out and the coordinator has left. */
  clear(zk: ZooKeeper): Promise<void> {
    return throughLoss(async () => {
      // Of two that leave at once the later one must see the earlier.
      await zk.sync(this.path);
      const standing = await this.read(zk);
      if (standing === undefined || standing.hasCoordinator) return;
      const { votes, done, decision } = standing;
      if (decision === undefined || done.length < this.task.participants.length) return;
      const inside = [...votes.keys()].map((id) => `votes/${id}`);
      inside.push(...done.map((id) => `done/${id}`), "votes", "done", "decision");
      const paths = [...inside.map((name) => `${this.path}/${name}`), this.path];
      await whereThere(() => zk.multi(paths.map((path) => op.delete(path))));
    });
  }

  private async read(zk: ZooKeeper, watch?: Watcher): Promise<Standing | undefined> {
    const names = await ifThere(() => zk.getChildren(this.path, { watch }));
    const voters = await ifThere(() => zk.getChildren(`${this.path}/votes`, { watch }));
    const done = await ifThere(() => zk.getChildren(`${this.path}/done`));
    if (names === undefined || voters === undefined || done === undefined) return undefined;
    const votes = await Promise.all(
      voters.map(async (id) => [id, await textAt(zk, `${this.path}/votes/${id}`)] as const),
    );
    const decided = names.includes("decision")
      ? await textAt(zk, `${this.path}/decision`)
      : undefined;
    return {
      decision: decided === "commit" || decided === "abort" ? decided : undefined,
      votes: new Map(votes),
      done,
      hasCoordinator: names.includes("coordinator"),
    };
  }

  private due({ votes, hasCoordinator }: Standing): Decision | undefined {
    const said = this.task.participants.map((id) => votes.get(id));
    if (said.every((vote) => vote === "commit")) return "commit";
    return said.includes("abort") || !hasCoordinator ? "abort" : undefined;
  }
}

/** Does what can be done only while the transaction is there. */
async function whereThere(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof NoNodeError)) throw error;
  }
}

async function textAt(zk: ZooKeeper, path: string): Promise<string> {
  const node = await ifThere(() => zk.getData(path));
  return new TextDecoder().decode(node?.data ?? new Uint8Array());
}
