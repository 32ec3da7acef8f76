/**
 * Servers without a quorum: they only read, say so, and do not outlive the want of a quorum.
 *
 * What they may show is the state of their own log, of which the end may never be committed; the
 * replay holds their replies against that (replay.ts), and the order of one client's zxids holds
 * for them as for others. A session that one of them made is its alone, and ends with its reign.
 * From: specification 2.12.
 */
import type { Millis } from "../../base/ids.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import { calmsOf } from "./liveness.ts";
import { type Client, isRead, type RecordOf } from "./survey.ts";
import type { Timeline } from "./timeline.ts";
import type { Found } from "./violation.ts";

type Made = RecordOf<"session"> & { readonly what: "created" };

export function checkReadOnly(timeline: Timeline, found: Found): void {
  checkRefusals(timeline, found);
  checkSessions(timeline, found);
  checkReturn(timeline, found);
}

/** Whatever needs a quorum is refused where there is none, and for this reason only there. */
function checkRefusals({ survey }: Timeline, found: Found): void {
  for (const { id, op, reply } of survey.calls.values()) {
    if (reply === undefined) continue;
    const isRefused = reply.err === ErrorCode.NotReadOnly;
    if (reply.readOnly !== true) {
      if (isRefused) found(`a ${op.kind} was refused for want of a quorum that there was`, id);
      continue;
    }
    // Who closes here ends what this server knows of the session.
    if (isRead(op) ? isRefused : !isRefused && op.kind !== "closeSession") {
      found(`a server without a quorum answered a ${op.kind} with ${reply.err}`, id);
    }
  }
}

/** A session without a quorum goes on nowhere but where it was made, and only as long as that. */
function checkSessions({ survey }: Timeline, found: Found): void {
  const reigns = survey.history.records.filter((record) => record.kind === "role");
  for (const client of survey.clients.values()) {
    let made: Made | undefined;
    for (const { record } of client.records) {
      if (record.kind !== "session") continue;
      if (record.what === "created") {
        if (made !== undefined && made.readOnly !== true) {
          found(`client ${client.id} was given another session of the ensemble`);
        }
        made = record;
      }
      if (record.what !== "attached" || made?.readOnly !== true) continue;
      const where = `of client ${client.id}, made by server ${made.server} without a quorum,`;
      if (record.readOnly !== true || record.server !== made.server) {
        found(`the session ${where} went on at server ${record.server}`);
      } else if (hasEnded(reigns, made, askedAt(client, record))) {
        found(`the session ${where} went on after that had ended`);
      }
    }
  }
}

/** When the client had asked to come back, before it was let in. */
function askedAt(client: Client, letIn: RecordOf<"session">): Millis {
  let asked = 0;
  for (const { record } of client.records) {
    if (record === letIn) break;
    if (record.kind === "session" && record.what === "asking") asked = record.at;
  }
  return asked;
}

/** Whether the time without a quorum in which the session was made was over by `until`. */
function hasEnded(reigns: readonly RecordOf<"role">[], made: Made, until: Millis): boolean {
  const ofServer = reigns.filter(({ server }) => server === made.server);
  const from = ofServer.findLastIndex(({ role, at }) => role === "read-only" && at <= made.at);
  const next = ofServer[from + 1];
  return from >= 0 && next !== undefined && next.at < until;
}

/** When there are no faults any more, everybody gets to a server that takes writes. */
function checkReturn(timeline: Timeline, found: Found): void {
  const { leaderMs, replyMs } = timeline.survey.history.setup.bounds;
  for (const calm of calmsOf(timeline)) {
    const due = calm.from + leaderMs + replyMs;
    for (const { id, reply } of timeline.survey.calls.values()) {
      if (reply?.readOnly !== true || reply.at <= due || reply.at > calm.to) continue;
      found(`a server has no quorum at ${reply.at}, though faults ended at ${calm.from}`, id);
    }
  }
}
