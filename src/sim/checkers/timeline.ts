/**
 * The one order of all writes: acknowledged writes by their zxids and, where they were recorded,
 * the transactions that are known to be committed, each joined to the call behind it.
 *
 * Committed is what somebody was told of or what a server applied, and all before it in its epoch.
 */
import { epochOf, type SessionId, type Zxid } from "../../base/ids.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { Txn } from "../../records/txn.ts";
import type { Operation } from "../history.ts";
import { type Call, isDone, isWrite, type RecordOf, type Survey, zxidOf } from "./survey.ts";
import { type Found, showId, showZxid } from "./violation.ts";

export type Transaction = RecordOf<"transaction"> & { readonly position: number };

export type Step = {
  readonly zxid: Zxid;
  readonly call: Call | undefined;
  readonly transaction: Transaction | undefined;
};

export type Timeline = {
  readonly survey: Survey;
  /** Committed, by zxid. */
  readonly steps: readonly Step[];
  /** Every proposal, committed or not. */
  readonly proposed: ReadonlyMap<Zxid, Transaction>;
  /** The last committed zxid of each epoch. */
  readonly committed: ReadonlyMap<number, Zxid>;
  /** Calls without a reply that were done, by their transactions. */
  readonly doneUnheard: ReadonlyMap<Call, Zxid>;
  /** False where what became of calls without a reply has to be guessed. */
  readonly complete: boolean;
};

export const compareZxids = (a: Zxid, b: Zxid): number => (a < b ? -1 : a > b ? 1 : 0);

/** True for a transaction that changes nothing: an error, or a multi with one. */
export const isRefusal = (txn: Txn): boolean =>
  txn.kind === "error" || (txn.kind === "multi" && txn.txns.some((each) => each.kind === "error"));

export function timelineOf(survey: Survey, found: Found): Timeline {
  const proposed = new Map<Zxid, Transaction>();
  for (const [position, record] of survey.history.records.entries()) {
    if (record.kind === "transaction") proposed.set(record.zxid, { ...record, position });
  }
  const committed = committedOf(survey);
  const calls = new Map<Zxid, Call>();
  for (const call of survey.calls.values()) {
    if (!isWrite(call.op) || !isDone(call)) continue;
    const zxid = zxidOf(call);
    if (zxid === undefined) continue;
    const header = call.reply?.zxid;
    if (header !== undefined && header < zxid) {
      found(`a reply of ${showZxid(header)} tells of a write at ${showZxid(zxid)}`, call.id);
    }
    const other = calls.get(zxid);
    if (other === undefined) calls.set(zxid, call);
    else found(`two writes were acknowledged with zxid ${showZxid(zxid)}`, other.id, call.id);
  }
  const complete = survey.history.setup.completeTransactions;
  const zxids = new Set(calls.keys());
  for (const zxid of proposed.keys()) {
    const last = committed.get(epochOf(zxid));
    if (last !== undefined && zxid <= last) zxids.add(zxid);
  }
  const doneUnheard = new Map<Call, Zxid>();
  const joiner = new Joiner(survey, found);
  const steps = [...zxids].sort(compareZxids).map((zxid): Step => {
    const transaction = proposed.get(zxid);
    const answered = calls.get(zxid);
    if (transaction === undefined) {
      if (complete && answered !== undefined) {
        const said = `a write was acknowledged as ${showZxid(zxid)}, which nobody proposed`;
        found(said, answered.id);
      }
      return { zxid, call: answered, transaction };
    }
    const call = joiner.join(transaction, answered);
    const unheard = call !== undefined && call !== answered;
    if (unheard && !isRefusal(transaction.txn)) doneUnheard.set(call, zxid);
    return { zxid, call, transaction };
  });
  return { survey, steps, proposed, committed, doneUnheard, complete };
}

function committedOf(survey: Survey): ReadonlyMap<number, Zxid> {
  const committed = new Map<number, Zxid>();
  const note = (zxid: Zxid | undefined): void => {
    if (zxid === undefined) return;
    const epoch = epochOf(zxid);
    const last = committed.get(epoch);
    if (last === undefined || zxid > last) committed.set(epoch, zxid);
  };
  const holds = new Map<bigint, Zxid>();
  for (const record of survey.history.records) {
    if (record.kind === "applied") {
      note(record.zxid);
      holds.set(record.server, record.zxid);
    } else if (record.kind === "loaded") {
      holds.set(record.server, record.zxid);
      // Who is an ensemble alone asks nobody.
      if (survey.history.setup.voters.length === 1) note(record.zxid);
    } else if (record.kind === "reply" && record.zxid !== undefined && record.zxid > 0n) {
      // Without a quorum a server shows all that it has logged.
      if (record.readOnly !== true) note(record.zxid);
    } else if (record.kind === "role" && record.role === "established") {
      note(holds.get(record.server));
    }
  }
  return committed;
}

/** Finds the call behind each transaction, in the order of zxids. */
class Joiner {
  private readonly byXid = new Map<SessionId, Map<number, Call>>();
  /** Writes whose fate their clients never learned, oldest first. */
  private readonly unheard = new Map<SessionId, Call[]>();
  private readonly joined = new Map<Call, Zxid>();
  private readonly survey: Survey;
  private readonly found: Found;

  constructor(survey: Survey, found: Found) {
    this.survey = survey;
    this.found = found;
    for (const call of survey.calls.values()) {
      const { session } = call.client;
      if (session === undefined || !isWrite(call.op)) continue;
      const numbered = this.byXid.get(session) ?? new Map<number, Call>();
      this.byXid.set(session, numbered);
      if (call.xid !== undefined) numbered.set(call.xid, call);
      else if (call.reply === undefined) {
        const list = this.unheard.get(session) ?? [];
        this.unheard.set(session, list);
        list.push(call);
      }
    }
  }

  join(transaction: Transaction, answered: Call | undefined): Call | undefined {
    const { session, zxid, txn } = transaction;
    if (answered !== undefined && answered.client.session !== session) {
      const owner = showId(session);
      this.found(`${showZxid(zxid)} was acknowledged, but is of session ${owner}`, answered.id);
    }
    const call = answered ?? this.search(transaction);
    if (call === undefined) {
      this.fromNowhere(transaction);
      return undefined;
    }
    if (isRefusal(txn)) {
      if (isDone(call)) this.found(`${showZxid(zxid)} was acknowledged, but failed`, call.id);
      return call;
    }
    const before = this.joined.get(call);
    if (before !== undefined) {
      this.found(`one call was done twice: ${showZxid(before)} and ${showZxid(zxid)}`, call.id);
    }
    this.joined.set(call, zxid);
    if (call.lost === "unsent") this.found(`a call that was never sent was done`, call.id);
    if (call.reply !== undefined && !isDone(call)) {
      this.found(`a call was refused, and done all the same as ${showZxid(zxid)}`, call.id);
    }
    return call;
  }

  private search({ session, cxid, txn }: Transaction): Call | undefined {
    const numbered = this.byXid.get(session)?.get(cxid);
    if (numbered !== undefined && cxid !== 0) return numbered;
    const waiting = this.unheard.get(session);
    const at = waiting?.findIndex((call) => fits(call.op, txn)) ?? -1;
    return at < 0 ? undefined : waiting!.splice(at, 1)[0];
  }

  private fromNowhere({ session, zxid, txn }: Transaction): void {
    if (!this.survey.history.setup.completeTransactions || isRefusal(txn)) return;
    // Sessions begin without a call, and end without one when they expire.
    if (txn.kind === "createSession" || txn.kind === "closeSession") return;
    if (!this.survey.sessions.has(session)) return;
    this.found(`${showZxid(zxid)} (${txn.kind}) is of a session that never asked for it`);
  }
}

/** Whether the transaction may be what the operation asked for. */
function fits(op: Operation, txn: Txn): boolean {
  switch (txn.kind) {
    case "create":
    case "create2":
    case "createContainer":
    case "createTTL":
      return op.kind === "create" && txn.path.startsWith(op.path);
    case "delete":
    case "setData":
    case "setACL":
      return op.kind === txn.kind && op.path === txn.path;
    case "closeSession":
      return op.kind === "closeSession";
    case "multi":
      return (
        op.kind === "multi" &&
        op.steps.length === txn.txns.length &&
        op.steps.every(
          (step, index) => txn.txns[index]!.kind === "error" || fits(step, txn.txns[index]!),
        )
      );
    case "check":
      return op.kind === "check" && op.path === txn.path;
    default:
      return false;
  }
}

/** Whether a refusal is one that the model decides; of others it knows no reason. */
export const isModelled = (err: number): boolean =>
  err === ErrorCode.NoNode ||
  err === ErrorCode.NodeExists ||
  err === ErrorCode.BadVersion ||
  err === ErrorCode.NotEmpty ||
  err === ErrorCode.NoChildrenForEphemerals;
