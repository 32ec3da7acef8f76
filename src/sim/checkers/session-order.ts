/**
 * What one client may rely on, and what all together: replies in the order of calls, zxids that
 * never fall, effects in the order in which they were asked for, and a real-time order of writes
 * and of what stands behind a sync, which settles what was asked for before it.
 */
import type { Zxid } from "../../base/ids.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import { type Call, type Client, isDone, isWrite, type RecordOf, zxidOf } from "./survey.ts";
import { isModelled, type Timeline } from "./timeline.ts";
import { type Found, showZxid } from "./violation.ts";

export function checkSessionOrder(timeline: Timeline, found: Found): void {
  for (const client of timeline.survey.clients.values()) {
    checkReplies(client, timeline, found);
    checkEffects(client, timeline, found);
    checkSettled(client, timeline, found);
  }
  for (const call of timeline.survey.calls.values()) checkRealTime(call, timeline, found);
}

function checkReplies(client: Client, { survey }: Timeline, found: Found): void {
  let newest: { readonly call: Call; readonly zxid: Zxid } | undefined;
  let latest: Call | undefined;
  let isOver = false;
  for (const { record } of client.records) {
    if (record.kind === "session" && record.what === "expired") isOver = true;
    if (record.kind !== "reply") continue;
    const call = survey.calls.get(record.id)!;
    if (latest !== undefined && call.begin < latest.begin) {
      found(`client ${client.id} got a reply out of the order of its calls`, latest.id, call.id);
    }
    latest = call;
    if (record.err === ErrorCode.SessionMoved) {
      found(`client ${client.id} was told on its own connection that it has moved`, call.id);
    }
    if (isOver && isDone(call)) {
      found(`client ${client.id} was served after its session had expired`, call.id);
    }
    const { zxid } = record;
    // Refusals before anything is asked of the tree have no zxid of it.
    if (zxid === undefined || zxid <= 0n) continue;
    if (newest !== undefined && zxid < newest.zxid) {
      const step = `from ${showZxid(newest.zxid)} to ${showZxid(zxid)}`;
      found(`client ${client.id} went back in time, ${step}`, newest.call.id, call.id);
    }
    newest = { call, zxid };
  }
}

/** Writes of one client take effect in the order in which it asked for them. */
function checkEffects(client: Client, { doneUnheard }: Timeline, found: Found): void {
  let before: { readonly call: Call; readonly zxid: Zxid } | undefined;
  for (const call of client.calls) {
    if (!isWrite(call.op)) continue;
    const zxid = doneUnheard.get(call) ?? (isDone(call) ? zxidOf(call) : undefined);
    if (zxid === undefined) continue;
    if (before !== undefined && zxid <= before.zxid) {
      found(`writes of client ${client.id} took effect in another order`, before.call.id, call.id);
    }
    before = { call, zxid };
  }
}

/**
 * A sync settles what its client asked for before: that has been done by then, or never will be,
 * though its reply was lost and the client has moved.
 */
function checkSettled(client: Client, { doneUnheard }: Timeline, found: Found): void {
  let last: { readonly call: Call; readonly zxid: Zxid } | undefined;
  for (const call of client.calls) {
    const zxid = doneUnheard.get(call);
    if (zxid !== undefined) last = { call, zxid };
    const seen = call.reply?.zxid;
    if (call.op.kind !== "sync" || call.reply?.err !== 0 || seen === undefined) continue;
    if (last === undefined || last.zxid <= seen) continue;
    const later = `at ${showZxid(last.zxid)}, after it had synced to ${showZxid(seen)}`;
    found(`a write that client ${client.id} had lost was done ${later}`, last.call.id, call.id);
  }
}

function checkRealTime(call: Call, { doneUnheard }: Timeline, found: Found): void {
  const { floor } = call;
  if (floor === undefined) return;
  if (call.op.kind === "sync") {
    const seen = call.reply?.zxid;
    if (seen === undefined || call.reply?.err !== 0 || seen >= floor) return;
    found(`a sync left its client at ${showZxid(seen)}, behind ${showZxid(floor)}`, call.id);
    return;
  }
  if (!isWrite(call.op)) return;
  const zxid = doneUnheard.get(call) ?? writtenAt(call.reply, call);
  if (zxid === undefined || zxid > floor) return;
  const times = `${showZxid(zxid)}, though ${showZxid(floor)} was known before it was asked for`;
  found(`a write took its place at ${times}`, call.id);
}

/** The zxid of a write that reached the leader, done or refused there. */
function writtenAt(reply: RecordOf<"reply"> | undefined, call: Call): Zxid | undefined {
  if (reply === undefined) return undefined;
  if (isDone(call)) return zxidOf(call);
  return isModelled(reply.err) ? reply.zxid : undefined;
}
