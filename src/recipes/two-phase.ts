/**
 * Two-phase commit: several programs do something all or none, whoever dies in between.
 *
 *   <path>/tx-<id>                  JSON: the participants and what is to be done
 *   <path>/tx-<id>/coordinator      ephemeral: who began it is alive
 *   <path>/tx-<id>/votes/<id>       a participant has said "commit" or "abort"; kept to the end
 *   <path>/tx-<id>/decision         "commit" or "abort": made once, never changed
 *   <path>/tx-<id>/done/<id>        a participant has carried the decision out
 *
 * Nobody is left waiting: the decision is a node that anybody may make when it is due. It may be
 * "commit" only when all have voted so; it may be "abort" when one has voted so, when the
 * coordinator ran out of patience or died. Who makes the node first decides.
 */
import { randomUUID } from "node:crypto";
import type { Watcher } from "../client/driver.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { isOver } from "../client-core/protocol.ts";
import { Receipts } from "./receipts.ts";
import { follow, type Sessions } from "./sessions.ts";
import { ensurePath, ifThere } from "./through-loss.ts";
import { type Decision, TwoPhaseRecord, type TwoPhaseTask } from "./two-phase-record.ts";

/**
 * What a transaction is about, and who must agree to it.
 * @example
 * const options: BeginOptions = { participants: ["bank-a", "bank-b"], text: "100 from a to b" };
 */
export type BeginOptions = WaitOptions & {
  /** Names of the participants that must agree: at least one. */
  readonly participants: readonly string[];
  /** What is to be done, for the participants to read. */
  readonly text: string;
  /** How long to wait for the votes before it is aborted, in ms; 30000 unless given. */
  readonly patienceMs?: number;
};

/**
 * How a participant makes ready, and carries the decision out.
 * @example
 * const ready = new Set<string>();
 * const options: ParticipantOptions = {
 *   id: "bank-a",
 *   prepare: ({ id }) => ready.add(id).has(id),
 *   commit: ({ id, text }) => console.log(id, text),
 *   abort: ({ id }) => void ready.delete(id),
 * };
 */
export type ParticipantOptions = {
  /** How coordinators call this one: part of a path, without slashes. */
  readonly id: string;
  /**
   * Makes ready, so that `commit` cannot fail any more, also after a restart. False, or what it
   * throws, votes for "abort". May be called again for a task whose vote was not told.
   */
  readonly prepare: (task: TwoPhaseTask) => Promise<boolean> | boolean;
  /** Carries it out. Called again where this program died before it could say that it has. */
  readonly commit: (task: TwoPhaseTask) => Promise<void> | void;
  /** Takes back what `prepare` did, if it was called at all. May be called again, like `commit`. */
  readonly abort: (task: TwoPhaseTask) => Promise<void> | void;
};

const PATIENCE_MS = 30_000;

/**
 * Begins a transaction that all participants carry out or none. Resolves to the decision, which is
 * durable then; the participants carry it out by and by. Where `signal` is aborted or the session
 * expires on the way, the participants abort unless all have agreed already; after an expiry this
 * still tells what was decided, or rejects where all of it is over and cleared away.
 * @example
 * const outcome = await beginTwoPhase(sessions, "/app/transfers", {
 *   participants: ["bank-a", "bank-b"],
 *   text: JSON.stringify({ from: 1, to: 2, amount: 100 }),
 * });
 */
export async function beginTwoPhase(
  sessions: Sessions,
  path: string,
  options: BeginOptions,
): Promise<Decision> {
  const { participants, text, signal } = options;
  if (participants.length === 0) throw new RangeError("a transaction needs participants");
  const task = { id: `tx-${randomUUID()}`, participants, text };
  const record = new TwoPhaseRecord(path, task);
  const zk = sessions.current;
  await ensurePath(zk, path, { signal });
  await using receipts = new Receipts(zk, path);
  await receipts.multi(record.creation(), { signal });
  const late = setTimeout(() => {
    // Where this fails the session is over, and with it the coordinator: the others will decide.
    sessions.run((now) => record.decide(now, "abort")).catch(() => {});
  }, options.patienceMs ?? PATIENCE_MS);
  try {
    const read = (now: ZooKeeper, watch: Watcher) => record.settle(now, watch);
    for await (const standing of follow(sessions, read, { signal })) {
      if (standing === undefined) break;
      if (standing.decision !== undefined) return standing.decision;
    }
  } finally {
    clearTimeout(late);
    await leave(zk, record);
  }
  throw new Error(`${record.path} was over before its decision could be read`);
}

/** The coordinator goes; one whose session is over has gone by itself. */
async function leave(zk: ZooKeeper, record: TwoPhaseRecord): Promise<void> {
  try {
    await record.retire(zk);
  } catch (error) {
    if (!isOver(zk.state)) throw error;
  }
}

/**
 * Takes part in the transactions under a path. Goes on after a restart with what was under way.
 * @example
 * const bank = new TwoPhaseParticipant(sessions, "/app/transfers", {
 *   id: "bank-a",
 *   prepare: ({ text }) => text.length > 0,
 *   commit: ({ id }) => console.log("booked", id),
 *   abort: ({ id }) => console.log("released", id),
 * });
 * await bank.run({ signal });
 */
export class TwoPhaseParticipant {
  private readonly sessions: Sessions;
  private readonly path: string;
  private readonly options: ParticipantOptions;
  /** The transactions that were seen and are there still. */
  private readonly known = new Map<string, Promise<void>>();

  /** `path` is the folder of the transactions, the same for coordinators and participants. */
  constructor(sessions: Sessions, path: string, options: ParticipantOptions) {
    this.sessions = sessions;
    this.path = path;
    this.options = options;
  }

  /**
   * Takes part until `signal` is aborted, which rejects, or `sessions` are closed. Rejects with
   * what `commit` and `abort` reject with; they are called again by the next run.
   * @example
   * const options = { id: "bank-a", prepare: () => true, commit: () => {}, abort: () => {} };
   * await new TwoPhaseParticipant(sessions, "/app/transfers", options).run({ signal });
   */
  async run(options: WaitOptions = {}): Promise<void> {
    const broken = new AbortController();
    const signal = AbortSignal.any([broken.signal, ...(options.signal ? [options.signal] : [])]);
    const read = async (zk: ZooKeeper, watch: Watcher): Promise<readonly string[]> => {
      await ensurePath(zk, this.path);
      const names = await zk.getChildren(this.path, { watch });
      return names.filter((name) => name.startsWith("tx-"));
    };
    try {
      for await (const names of follow(this.sessions, read, { signal })) {
        for (const name of this.known.keys()) if (!names.includes(name)) this.known.delete(name);
        for (const name of names) {
          if (this.known.has(name)) continue;
          const over = this.handle(name, signal).catch((error: unknown) => broken.abort(error));
          this.known.set(name, over);
        }
      }
    } finally {
      await Promise.all(this.known.values());
      this.known.clear();
    }
  }

  /** One transaction from its vote to its end. */
  private async handle(id: string, signal: AbortSignal): Promise<void> {
    const node = await this.sessions.run((zk) => ifThere(() => zk.getData(`${this.path}/${id}`)), {
      signal,
    });
    if (node === undefined) return;
    const task = TwoPhaseRecord.parse(id, node.data);
    if (!task.participants.includes(this.options.id)) return;
    const record = new TwoPhaseRecord(this.path, task);
    const read = (zk: ZooKeeper, watch: Watcher) => record.settle(zk, watch);
    for await (const standing of follow(this.sessions, read, { signal })) {
      if (standing === undefined) return;
      const { decision, votes, done, hasCoordinator } = standing;
      if (decision === undefined) {
        if (votes.has(this.options.id)) continue;
        const vote = await this.vote(task);
        await this.sessions.run((zk) => record.vote(zk, this.options.id, vote));
        continue;
      }
      if (!done.includes(this.options.id)) {
        await this.options[decision](task);
        await this.sessions.run((zk) => record.tellDone(zk, this.options.id));
      } else if (hasCoordinator) continue;
      // The last one to leave clears up.
      await this.sessions.run((zk) => record.clear(zk));
    }
  }

  private async vote(task: TwoPhaseTask): Promise<Decision> {
    try {
      return (await this.options.prepare(task)) ? "commit" : "abort";
    } catch {
      return "abort"; // whoever cannot make ready cannot promise
    }
  }
}
