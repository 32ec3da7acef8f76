/**
 * Once there are no faults any more: a leader within its bound, and an answer to everyone who waits
 * within theirs. Calls of clients that are gone wait for nothing, and what was lost is not waited
 * for.
 */
import type { Millis, ServerId } from "../../base/ids.ts";
import type { Timeline } from "./timeline.ts";
import type { Found } from "./violation.ts";

type Calm = { readonly from: Millis; readonly to: Millis };

export function checkLiveness(timeline: Timeline, found: Found): void {
  for (const calm of calmsOf(timeline)) {
    checkLeader(timeline, calm, found);
    checkAnswers(timeline, calm, found);
  }
}

/** A history without a word on faults has them all along. */
export function calmsOf({ survey }: Timeline): readonly Calm[] {
  const { records, endedAt } = survey.history;
  const calms: Calm[] = [];
  let from: Millis | undefined;
  for (const record of records) {
    if (record.kind !== "faults") continue;
    if (record.on && from !== undefined) {
      calms.push({ from, to: record.at });
      from = undefined;
    } else if (!record.on) from ??= record.at;
  }
  if (from !== undefined) calms.push({ from, to: endedAt });
  return calms;
}

function checkLeader({ survey }: Timeline, calm: Calm, found: Found): void {
  const { records, setup } = survey.history;
  const due = calm.from + setup.bounds.leaderMs;
  // Histories of real processes may not know their leaders.
  if (due > calm.to || !records.some((record) => record.kind === "role")) return;
  const leaders = new Set<ServerId>();
  for (const record of records) {
    if (record.at > calm.to) break;
    const isEnd = record.at > due;
    if (isEnd && leaders.size === 0) break;
    if (record.kind === "role" && record.role === "established") leaders.add(record.server);
    else if (record.kind === "role" || record.kind === "crashed" || record.kind === "stopped") {
      const led = leaders.delete(record.server);
      if (isEnd && led && leaders.size === 0) {
        found(`server ${record.server} stopped leading at ${record.at}, without any fault`);
      }
    }
  }
  if (leaders.size === 0) found(`no leader by ${due}, though faults ended at ${calm.from}`);
}

function checkAnswers({ survey }: Timeline, calm: Calm, found: Found): void {
  const { leaderMs, replyMs } = survey.history.setup.bounds;
  for (const call of survey.calls.values()) {
    const due = Math.max(calm.from + leaderMs, call.beganAt) + replyMs;
    if (call.beganAt > calm.to || due > calm.to || call.endedAt <= due) continue;
    const isOver = call.client.records.some(
      ({ record }) =>
        record.at <= due &&
        (record.kind === "gone" || (record.kind === "session" && record.what === "expired")),
    );
    if (isOver) continue;
    const late = call.end === Infinity ? "never ended" : `ended at ${call.endedAt}`;
    found(`a ${call.op.kind} begun at ${call.beganAt} ${late}, without any fault`, call.id);
  }
}
