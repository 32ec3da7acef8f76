/**
 * Sessions and what they own: ephemeral nodes live exactly as long as their session; a session does
 * nothing after its end, ends not before its time is over, and not much later when nobody is in the
 * way.
 */
import type { Millis, ServerId, Zxid } from "../../base/ids.ts";
import type { HistoryRecord } from "../history.ts";
import type { Replayed } from "./replay.ts";
import type { Client, RecordOf } from "./survey.ts";
import { isRefusal, type Step, type Timeline } from "./timeline.ts";
import { type Found, showId, showZxid } from "./violation.ts";

export function checkEphemerals(timeline: Timeline, replayed: Replayed, found: Found): void {
  checkOwners(timeline, replayed, found);
  checkAfterEnd(timeline, replayed, found);
  checkLetIn(timeline, replayed, found);
  checkClocks(timeline, found);
  checkExpiries(timeline, replayed, found);
}

/** Nobody sees an ephemeral node of a session that has ended. */
function checkOwners({ survey }: Timeline, replayed: Replayed, found: Found): void {
  const judge = (owner: bigint, seen: Zxid, path: string, ...where: readonly number[]): void => {
    const end = replayed.sessionEnds.get(owner);
    if (owner === 0n || end === undefined || seen < end.zxid) return;
    const late = `seen at ${showZxid(seen)}, after the end of its session at`;
    found(`the ephemeral ${path} was ${late} ${showZxid(end.zxid)}`, ...where);
  };
  for (const call of survey.calls.values()) {
    const stat = call.reply?.result?.stat;
    if (stat === undefined || call.reply?.zxid === undefined || !("path" in call.op)) continue;
    judge(stat.ephemeralOwner, call.reply.zxid, call.op.path, call.id);
  }
  for (const record of survey.history.records) {
    if (record.kind !== "tree") continue;
    for (const [path, { stat }] of record.nodes) judge(stat.ephemeralOwner, record.zxid, path);
  }
}

/** A session's last transaction is its end, and that removes what it owns. */
function checkAfterEnd(timeline: Timeline, replayed: Replayed, found: Found): void {
  const owned = new Map<bigint, Set<string>>();
  const begun = new Set<bigint>();
  for (const { zxid, call, transaction } of timeline.steps) {
    const session = transaction?.session ?? call?.client.session;
    const where = call === undefined ? [] : [call.id];
    const end = session === undefined ? undefined : replayed.sessionEnds.get(session);
    const isNothing = transaction !== undefined && isRefusal(transaction.txn);
    if (end !== undefined && zxid > end.zxid && !isNothing) {
      const after = `after its end at ${showZxid(end.zxid)}`;
      found(`session ${showId(session!)} wrote ${showZxid(zxid)}, ${after}`, ...where);
    }
    if (transaction === undefined || isNothing) continue;
    const { txn } = transaction;
    if (txn.kind === "createSession") begun.add(transaction.session);
    for (const each of txn.kind === "multi" ? txn.txns : [txn]) {
      if ((each.kind === "create" || each.kind === "create2") && each.ephemeral) {
        note(owned, transaction.session, each.path);
        if (timeline.complete && !begun.has(transaction.session)) {
          const early = `of session ${showId(transaction.session)}, which had not begun`;
          found(`${each.path} was made as an ephemeral ${early}`, ...where);
        }
      } else if (each.kind === "delete") {
        for (const paths of owned.values()) paths.delete(each.path);
      }
    }
    if (txn.kind !== "closeSession") continue;
    const left = new Set(owned.get(transaction.session));
    for (const path of txn.paths ?? []) {
      if (left.delete(path)) continue;
      found(`the end of session ${showId(transaction.session)} took ${path}, not its own`);
    }
    if (txn.paths !== null && left.size > 0) {
      const names = [...left].slice(0, 3).join(" ");
      found(`the end of session ${showId(transaction.session)} leaves ${names}`);
    }
    owned.delete(transaction.session);
  }
}

/** Who comes to a server that has applied the end of the session is not let in. */
function checkLetIn({ survey }: Timeline, { sessionEnds }: Replayed, found: Found): void {
  const knows = new Map<ServerId, Map<Zxid, number>>();
  const ends = new Set([...sessionEnds.values()].map(({ zxid }) => zxid));
  for (const [position, record] of survey.history.records.entries()) {
    if (record.kind !== "applied" || !ends.has(record.zxid)) continue;
    const known = knows.get(record.server) ?? new Map<Zxid, number>();
    knows.set(record.server, known);
    if (!known.has(record.zxid)) known.set(record.zxid, position);
  }
  for (const { id, session, records } of survey.clients.values()) {
    const end = session === undefined ? undefined : sessionEnds.get(session);
    if (end === undefined) continue;
    let asked = Infinity;
    for (const { position, record } of records) {
      if (record.kind !== "session") continue;
      if (record.what === "asking") asked = position;
      if (record.what !== "attached" || record.server === undefined) continue;
      const known = knows.get(record.server)?.get(end.zxid);
      if (known === undefined || known > asked) continue;
      const after = `after it had applied the session's end at ${showZxid(end.zxid)}`;
      found(`server ${record.server} let client ${id} in, ${after}`);
    }
  }
}

function note(owned: Map<bigint, Set<string>>, session: bigint, path: string): void {
  const paths = owned.get(session);
  if (paths === undefined) owned.set(session, new Set([path]));
  else paths.add(path);
}

/** By the leader's own clock: never before the timeout since it last heard of the session. */
function checkClocks({ survey }: Timeline, found: Found): void {
  const heard = new Map<string, RecordOf<"touched">>();
  for (const record of survey.history.records) {
    if (record.kind === "touched") heard.set(`${record.server} ${record.session}`, record);
    if (record.kind !== "expired") continue;
    const last = heard.get(`${record.server} ${record.session}`);
    if (last === undefined || record.now >= last.now + last.timeoutMs) continue;
    const times = `${record.now - last.now} ms after it was heard, of ${last.timeoutMs}`;
    found(`session ${showId(record.session)} expired ${times}`);
  }
}

const isLeading = (record: HistoryRecord): record is RecordOf<"role"> =>
  record.kind === "role" && record.role === "leading";

/** By true time, from what clients did while there were no faults. */
function checkExpiries(timeline: Timeline, replayed: Replayed, found: Found): void {
  const { history } = timeline.survey;
  const { bounds, tickMs } = history.setup;
  const faults = history.records.filter((record) => record.kind === "faults");
  const leading = history.records.filter(isLeading);
  const established = history.records.filter((r) => r.kind === "role" && r.role === "established");
  for (const client of timeline.survey.clients.values()) {
    const { session, timeoutMs } = client;
    if (session === undefined || client.isLocal) continue;
    const name = `session ${showId(session)}`;
    const end = replayed.sessionEnds.get(session);
    checkTold(timeline, client, end?.step, found);
    const ended = end?.step.transaction;
    if (ended !== undefined && end?.step.call === undefined && ended.cxid === 0) {
      const heard = lastHeard(client, ended.position);
      // By whom it was proposed: one who was deposed meanwhile can come back, and commit it then.
      const reigns = leading.filter(({ server }) => server === (ended.server ?? server));
      const fresh = reigns.findLast((role) => role.at <= ended.at)?.at ?? -Infinity;
      const since = Math.max(calmDuring(faults, heard, ended.at) ? heard : 0, fresh);
      if (ended.at < since + timeoutMs - bounds.expiryEarlyMs) {
        found(`${name} expired after ${ended.at - since} ms, of ${timeoutMs}`);
      }
    }
    const silent = silentSince(client);
    if (silent === undefined || !timeline.complete) continue;
    const from = Math.max(silent, established.findLast((r) => r.at <= history.endedAt)?.at ?? 0);
    const due = from + timeoutMs + 2 * tickMs + bounds.expiryLateMs;
    if (due > history.endedAt || !calmDuring(faults, silent, due)) continue;
    if (established.length > 0 && (ended?.at ?? Infinity) > due) {
      found(`${name} should have ended by ${due}, silent as it was since ${silent}`);
    }
  }
}

/** A client is told that its session is over only when it is. */
function checkTold(
  { complete, survey }: Timeline,
  client: Client,
  end: Step | undefined,
  found: Found,
): void {
  const told = client.records.find(
    ({ record }) => record.kind === "session" && record.what === "expired",
  );
  if (told === undefined || !complete) return;
  const position = end?.transaction?.position;
  if (position !== undefined && position < told.position) return;
  // A server that comes back may hold an end that was committed before recording began.
  if (!survey.history.setup.completeTransactions) return;
  found(`client ${client.id} was told that its session has expired, which it has not`);
}

/** When the last request had begun that was answered before the end, where the leader hears of it. */
function lastHeard(client: Client, end: number): Millis {
  let last = 0;
  for (const call of client.calls) {
    if (call.reply === undefined || call.reply.readOnly === true) continue;
    if (call.end < end) last = Math.max(last, call.beganAt);
  }
  return last;
}

/** The time from which on the client said nothing; undefined if it may have said something. */
function silentSince(client: Client): Millis | undefined {
  const last = client.records.at(-1)?.record;
  if (last === undefined) return undefined;
  return last.kind === "gone" ? last.at : undefined;
}

function calmDuring(faults: readonly RecordOf<"faults">[], from: Millis, to: Millis): boolean {
  const last = faults.findLast(({ at }) => at <= to);
  return last === undefined || (!last.on && last.at <= from);
}
