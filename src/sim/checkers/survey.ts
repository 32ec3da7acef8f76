/**
 * A history put in order for the checkers: each call with what became of it, each client with its
 * session and records, the facts of servers by kind.
 */
import type { Millis, SessionId, Zxid } from "../../base/ids.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type {
  CallId,
  ClientId,
  ClientRecord,
  History,
  HistoryRecord,
  Operation,
  Result,
} from "../history.ts";

export type RecordOf<K extends HistoryRecord["kind"]> = Extract<HistoryRecord, { kind: K }>;

export type Call = {
  readonly id: CallId;
  readonly client: Client;
  readonly xid: number | undefined;
  readonly op: Operation;
  /** Positions in the list of records; `end` is infinite for what never ended. */
  readonly begin: number;
  readonly beganAt: Millis;
  end: number;
  endedAt: Millis;
  reply: RecordOf<"reply"> | undefined;
  lost: "sent" | "unsent" | undefined;
  /**
   * The greatest zxid that anyone had been told before the call began, by a server with a quorum;
   * undefined for none.
   */
  readonly floor: Zxid | undefined;
};

export type Client = {
  readonly id: ClientId;
  /** Its last one. */
  session: SessionId | undefined;
  /** The session was made without a quorum: the ensemble knows nothing of it. */
  isLocal: boolean;
  timeoutMs: Millis;
  readonly calls: Call[];
  readonly records: { readonly position: number; readonly record: ClientRecord }[];
};

export type Survey = {
  readonly history: History;
  readonly calls: ReadonlyMap<CallId, Call>;
  readonly clients: ReadonlyMap<ClientId, Client>;
  readonly sessions: ReadonlyMap<SessionId, Client>;
};

const WRITES: ReadonlySet<Operation["kind"]> = new Set([
  "create",
  "delete",
  "setData",
  "check",
  "setACL",
  "multi",
  "closeSession",
]);
export const isWrite = (op: Operation): boolean => WRITES.has(op.kind);

export const isRead = ({ kind }: Operation): boolean =>
  kind === "getData" || kind === "exists" || kind === "getChildren" || kind === "multiRead";

/** The error of a call that was answered; a failed multi has that of its step. */
export function errorOf(reply: { readonly err: number; readonly result?: Result }): number {
  if (reply.err !== ErrorCode.Ok) return reply.err;
  const failed = reply.result?.steps?.find(
    (step) => step.err !== ErrorCode.Ok && step.err !== ErrorCode.RuntimeInconsistency,
  );
  return failed?.err ?? ErrorCode.Ok;
}

/** True when the server said that it was done, for all to see: not where it has no quorum. */
export const isDone = (call: Call): boolean =>
  call.reply !== undefined &&
  call.reply.readOnly !== true &&
  call.reply.err === ErrorCode.Ok &&
  (call.op.kind !== "multi" || errorOf(call.reply) === ErrorCode.Ok);

/** The transaction of an answered write, as far as the reply tells it. */
export function zxidOf(call: Call): Zxid | undefined {
  const stat = call.reply?.result?.stat;
  if (call.op.kind === "setData" && stat !== undefined) return stat.mzxid;
  if (call.op.kind === "create" && stat !== undefined) return stat.czxid;
  return call.reply?.zxid;
}

export function survey(history: History): Survey {
  const calls = new Map<CallId, Call>();
  const clients = new Map<ClientId, Client>();
  const sessions = new Map<SessionId, Client>();
  const clientOf = (id: ClientId): Client => {
    const known = clients.get(id);
    if (known !== undefined) return known;
    const client: Client = {
      ...{ id, session: undefined, isLocal: false, timeoutMs: 0 },
      ...{ calls: [], records: [] },
    };
    clients.set(id, client);
    return client;
  };
  let floor: Zxid | undefined;
  for (const [position, record] of history.records.entries()) {
    switch (record.kind) {
      case "call": {
        const { id, xid, op, at } = record;
        const client = clientOf(record.client);
        const open = { end: Infinity, endedAt: Infinity, reply: undefined, lost: undefined };
        const begin = { begin: position, beganAt: at, floor };
        const call: Call = { id, client, xid, op, ...begin, ...open };
        calls.set(id, call);
        client.calls.push(call);
        client.records.push({ position, record });
        break;
      }
      case "reply":
      case "lost": {
        const call = calls.get(record.id);
        if (call === undefined) break;
        call.end = position;
        call.endedAt = record.at;
        call.client.records.push({ position, record });
        if (record.kind === "lost") call.lost = record.sent ? "sent" : "unsent";
        else {
          call.reply = record;
          const zxid = record.readOnly === true ? undefined : (record.zxid ?? zxidOf(call));
          if (zxid !== undefined && (floor === undefined || zxid > floor)) floor = zxid;
        }
        break;
      }
      case "session":
      case "event":
      case "gone":
      case "lock":
      case "guarded": {
        const client = clientOf(record.client);
        client.records.push({ position, record });
        if (record.kind !== "session") break;
        if (record.what === "created") {
          client.session = record.session;
          client.isLocal = record.readOnly === true;
          sessions.set(record.session, client);
        }
        if ("timeoutMs" in record) client.timeoutMs = record.timeoutMs;
        break;
      }
    }
  }
  return { history, calls, clients, sessions };
}
