/** Histories that were right until something was done to them: the checkers see it. */
import { ok } from "node:assert/strict";
import { test } from "node:test";
import { HistoryMaker } from "../../../test/support/made-history.ts";
import type { Zxid } from "../../base/ids.ts";
import { Prng } from "../../base/prng.ts";
import type { HistoryRecord } from "../history.ts";
import { checkAll } from "./check.ts";

type Records = HistoryRecord[];
type Of<K extends HistoryRecord["kind"]> = Extract<HistoryRecord, { kind: K }>;

/** The positions of records of a kind that pass. */
function where<K extends HistoryRecord["kind"]>(
  records: Records,
  kind: K,
  pass: (record: Of<K>, position: number) => boolean = () => true,
): readonly number[] {
  return [...records.keys()].filter((at) => {
    const record = records[at]!;
    return record.kind === kind && pass(record as Of<K>, at);
  });
}

const change = (records: Records, at: number, fields: object): void => {
  records[at] = { ...records[at]!, ...fields } as HistoryRecord;
};

/** Each breaks something, or returns false where the history has nothing to break. */
type Mutation = (records: Records, random: Prng) => boolean;
const at = (positions: readonly number[], random: Prng): number | undefined =>
  positions.length === 0 ? undefined : random.pick(positions);

const isWriteDone = (records: Records, { id, err }: Of<"reply">): boolean => {
  const call = records.find((r) => r.kind === "call" && r.id === id) as Of<"call">;
  return err === 0 && ["create", "setData", "delete"].includes(call.op.kind);
};

function edit<K extends HistoryRecord["kind"]>(
  kind: K,
  pass: (record: Of<K>, records: Records) => boolean,
  fields: (record: Of<K>, records: Records) => object | undefined,
): Mutation {
  return (records, random) => {
    const position = at(
      where(records, kind, (record) => pass(record, records)),
      random,
    );
    if (position === undefined) return false;
    const more = fields(records[position] as Of<K>, records);
    if (more === undefined) records.splice(position, 1);
    else change(records, position, more);
    return true;
  };
}

const minus = (zxid: Zxid): Zxid => (zxid - 1n) as Zxid;

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  "a stale read": edit(
    "reply",
    (r) => r.err === 0 && r.result?.data !== undefined,
    (r) => ({ result: { ...r.result, data: "older" } }),
  ),
  "a node that is not there is seen": edit(
    "reply",
    (r) => r.err === -101 && r.result === undefined,
    () => ({ err: 0, result: { data: "ghost" } }),
  ),
  "a wrong version": edit(
    "reply",
    (r) => r.err === 0 && r.result?.stat !== undefined,
    (r) => ({
      result: { ...r.result, stat: { ...r.result!.stat!, version: r.result!.stat!.version + 1 } },
    }),
  ),
  "a child too much": edit(
    "reply",
    (r) => r.result?.children !== undefined,
    (r) => ({ result: { ...r.result, children: [...r.result!.children!, "more"] } }),
  ),
  "an acknowledged write without a transaction": (records, random) => {
    const reply = at(
      where(records, "reply", (r) => isWriteDone(records, r)),
      random,
    );
    if (reply === undefined) return false;
    const { zxid } = records[reply] as Of<"reply">;
    const lost = records.findIndex((r) => r.kind === "transaction" && r.zxid === zxid);
    records.splice(lost, 1);
    return true;
  },
  "a refusal that was done": edit("reply", isWriteDoneIn, () => ({ err: -103 })),
  "a zxid that falls": edit("reply", isWriteDoneIn, (r) => ({ zxid: minus(r.zxid!) })),
  "an event that never came": edit(
    "event",
    (r) => r.zxid !== undefined,
    () => undefined,
  ),
  "an event twice": (records, random) => {
    const position = at(
      where(records, "event", (r) => r.type !== 4),
      random,
    );
    if (position === undefined) return false;
    records.splice(position, 0, records[position]!);
    return true;
  },
  "an event of another type": edit(
    "event",
    (r) => r.zxid !== undefined,
    (r) => ({ type: r.type === 2 ? 3 : 2 }),
  ),
  "a transaction applied twice": (records, random) => {
    const position = at(where(records, "applied"), random)!;
    records.splice(position, 0, records[position]!);
    return true;
  },
  "a transaction skipped": (records, random) => {
    const { server } = records.findLast((r) => r.kind === "applied")!;
    const mine = where(records, "applied", (r) => r.server === server).slice(1, -1);
    records.splice(random.pick(mine), 1);
    return true;
  },
  "another tree": edit(
    "applied",
    () => true,
    (r) => ({ tree: r.tree! + 1n }),
  ),
  "another transaction": edit(
    "applied",
    () => true,
    (r) => ({ sum: r.sum + 1 }),
  ),
  "a hole in a log": (records, random) => {
    const position = records.findLastIndex((r) => r.kind === "disk");
    const { log } = records[position] as Of<"disk">;
    const hole = 1 + random.below(log.length - 2);
    change(records, position, { log: log.filter((_, index) => index !== hole) });
    return true;
  },
  "two leaders of an epoch": (records) => {
    const position = where(records, "role", (r) => r.role === "established")[0]!;
    const { epoch } = records[position] as Of<"role">;
    records.push({ at: 1e9, kind: "role", server: 1n, role: "established", epoch } as never);
    return true;
  },
  "a session that expires too early": edit(
    "expired",
    () => true,
    (r) => ({ now: r.now - 500 }),
  ),
  "an ephemeral that outlives its session": edit(
    "transaction",
    (r) => r.txn.kind === "closeSession" && (r.txn.paths?.length ?? 0) > 0,
    () => ({ txn: { kind: "closeSession", paths: [] } }),
  ),
  "an expiry that did not happen": edit(
    "transaction",
    (r) => r.txn.kind === "closeSession",
    () => ({ txn: { kind: "error", err: -1 } }),
  ),
  "a call that waits for ever": (records) => {
    records.splice(
      records.findLastIndex((r) => r.kind === "reply"),
      1,
    );
    return true;
  },
  "no leader after the faults": (records) => {
    const off = records.findLastIndex((r) => r.kind === "faults");
    for (const server of [1n, 2n, 3n]) {
      records.splice(off, 0, { ...records[off]!, kind: "crashed", server } as never);
    }
    return true;
  },
  "a write done twice": (records, random) => {
    const position = at(
      where(records, "transaction", (r) => r.txn.kind === "setData"),
      random,
    );
    if (position === undefined) return false;
    const twice = records[position] as Of<"transaction">;
    const later = where(records, "transaction", (r) => r.txn.kind === "error" && r.session !== 0n);
    const target = later.find((each) => each > position);
    if (target === undefined) return false;
    const { session, cxid, txn } = twice;
    change(records, target, { session, cxid, txn });
    return true;
  },
  "a node lost at the end": (records) => {
    const position = records.findLastIndex((r) => r.kind === "tree");
    const { nodes } = records[position] as Of<"tree">;
    const fewer = new Map(nodes);
    const path = [...nodes.keys()].at(-1)!;
    if (path === "/") return false;
    fewer.delete(path);
    change(records, position, { nodes: fewer });
    return true;
  },
  "two replies swapped": (records, random) => {
    const replies = where(records, "reply");
    const first = random.below(replies.length - 1);
    const [a, b] = [replies[first]!, replies[first + 1]!];
    const ids = [(records[a] as Of<"reply">).id, (records[b] as Of<"reply">).id] as const;
    change(records, a, { id: ids[1] });
    change(records, b, { id: ids[0] });
    return true;
  },
};

function isWriteDoneIn(reply: Of<"reply">, records: Records): boolean {
  return isWriteDone(records, reply);
}

/**
 * Some mutations leave a history that is right too: a reply may fit where another was, and an event
 * need not come before a connection breaks.
 */
const RATE_MIN: Readonly<Record<string, number>> = {
  "two replies swapped": 0.8,
  "an event that never came": 0.75,
  "an event of another type": 0.9,
};
const SEEDS = 20;

for (const [name, mutate] of Object.entries(MUTATIONS)) {
  test(`finds ${name}`, () => {
    let made = 0;
    let seen = 0;
    const missed: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const history = new HistoryMaker(seed).make(400);
      const records = [...history.records];
      if (!mutate(records, new Prng(seed))) continue;
      made++;
      if (checkAll({ ...history, records }).length > 0) seen++;
      else missed.push(seed);
    }
    process.stdout.write(`# ${name}: ${seen} of ${made}\n`);
    ok(made > 0, "the histories have something to break");
    ok(seen >= (RATE_MIN[name] ?? 1) * made, `${seen} of ${made}; missed ${missed.join(" ")}`);
  });
}
