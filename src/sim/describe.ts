/** Facts of a history in a line of text each, for the reader of a trace. */

import { unreachable } from "../base/assert.ts";
import { describeId } from "../base/ids.ts";
import type { HistoryRecord, Operation, Result } from "./history.ts";

export function describeRecord(record: HistoryRecord): string {
  switch (record.kind) {
    case "call":
      return `#${record.id} ${describeOperation(record.op)}`;
    case "reply": {
      const { id, err, zxid, result } = record;
      const at = zxid === undefined ? "" : ` at ${describeId(zxid)}`;
      return `#${id} -> ${err === 0 ? "ok" : `error ${err}`}${at}${describeResult(result)}`;
    }
    case "lost":
      return `#${record.id} lost, ${record.sent ? "sent" : "not sent"}`;
    case "event":
      return `event ${record.type} ${record.path}`;
    case "session":
      return record.what === "created"
        ? `session ${describeId(record.session)} created, ${record.timeoutMs} ms`
        : `session ${record.what}`;
    case "lock":
      return `lock ${record.lock} ${record.what}`;
    case "guarded":
      return `${record.lock} ${record.accepted ? "accepts" : "refuses"} ${record.fence}`;
    case "role":
      return `${record.role} in epoch ${record.epoch}`;
    case "transaction": {
      const { zxid, session, txn } = record;
      const path = "path" in txn ? ` ${txn.path}` : "";
      return `proposes ${describeId(zxid)} ${txn.kind}${path} of ${describeId(session)}`;
    }
    case "applied":
    case "loaded":
      return `${record.kind} ${describeId(record.zxid)}`;
    case "held":
      return record.zxid === undefined
        ? `held epoch ${record.epoch}`
        : `held ${describeId(record.zxid)}`;
    case "disk":
      return `disk: snapshot ${describeId(record.snapshot)}, ${record.log.length} behind it`;
    case "touched":
    case "expired":
      return `session ${describeId(record.session)} ${record.kind}`;
    case "tree":
      return `tree of ${record.nodes.size} nodes at ${describeId(record.zxid)}`;
    case "misread":
      return `${record.reader} cannot take what it got: ${record.what}`;
    case "faults":
      return `faults ${record.on ? "begin" : "end"}`;
    case "started":
    case "crashed":
    case "stopped":
    case "gone":
      return record.kind;
    default:
      return unreachable(record);
  }
}

function describeOperation(op: Operation): string {
  if (op.kind === "multi" || op.kind === "multiRead")
    return `${op.kind}(${op.steps.map(describeOperation).join(", ")})`;
  const path = "path" in op ? ` ${op.path}` : "";
  const data = "data" in op ? ` "${op.data}"` : "";
  const version = "version" in op && op.version !== -1 ? ` v${op.version}` : "";
  const watch = "watch" in op && op.watch === true ? " and watch" : "";
  return `${op.kind}${path}${data}${version}${watch}`;
}

function describeResult(result: Result | undefined): string {
  if (result === undefined) return "";
  const { path, data, stat, children, steps } = result;
  const words = [
    ...(path === undefined ? [] : [path]),
    ...(data === undefined ? [] : [`"${data}"`]),
    ...(children === undefined ? [] : [`[${children.join(" ")}]`]),
    ...(stat === undefined ? [] : [`v${stat.version}`]),
    ...(steps === undefined ? [] : [`errors ${steps.map(({ err }) => err).join(" ")}`]),
  ];
  return words.map((word) => ` ${word}`).join("");
}
