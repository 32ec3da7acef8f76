/** Histories by hand, right and wrong, of servers without a quorum. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { makeZxid, toServerId, toSessionId } from "../../base/ids.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { HistoryRecord, Operation, Result } from "../history.ts";
import { bytesOfText } from "../workload.ts";
import { checkAll } from "./check.ts";
import type { CheckerName } from "./violation.ts";

type Fact = Record<string, unknown> & { readonly kind: string };
const session = toSessionId(11n);
const [s1, s2, s3] = [1n, 2n, 3n].map(toServerId);
const READ_ONLY = { readOnly: true };
const NOT_READ_ONLY = ErrorCode.NotReadOnly;
const LEADER_MS = 100;
const REPLY_MS = 100;

const get: Operation = { kind: "getData", path: "/a" };
const set: Operation = { kind: "setData", path: "/a", data: "9", version: -1 };
const sync: Operation = { kind: "sync", path: "/a" };
const close: Operation = { kind: "closeSession" };
const call = (id: number, op: Operation, client = 1): Fact => ({ kind: "call", id, client, op });
const reply = (id: number, zxid: bigint, more: object = {}): Fact => ({
  ...{ kind: "reply", id, zxid, err: 0, server: s1 },
  ...more,
});
/** A read, and what was shown by a server without a quorum. */
const shown = (id: number, zxid: bigint, result: Result, client = 1): readonly Fact[] => [
  call(id, get, client),
  reply(id, zxid, { result, ...READ_ONLY }),
];
const refused = (id: number, op: Operation): readonly Fact[] => [
  call(id, op),
  reply(id, 0n, { err: NOT_READ_ONLY, ...READ_ONLY }),
];
const welcome = (what: string, id: bigint, more: object = {}): Fact => ({
  ...{ kind: "session", client: 1, what, session: id, timeoutMs: 100, server: s1 },
  ...more,
});
const global = welcome("created", session);
const local = welcome("created", 99n, READ_ONLY);
const asking: Fact = { kind: "session", client: 1, what: "asking" };
const role = (what: string, server = s1): Fact => ({ kind: "role", server, role: what, epoch: 1 });
const alone = role("read-only");
const off = (at: number): Fact => ({ kind: "faults", on: false, at });
const later = (fact: Fact, at: number): Fact => ({ ...fact, at });

/** The ensemble's second session writes: /a is made by 1:1, and 1:2 to 1:4 change it. */
const writer = toSessionId(12n);
const proposed = (epoch: number, counter: number, txn: object): Fact => ({
  ...{ kind: "transaction", server: s2, zxid: makeZxid(epoch, counter), sum: counter },
  ...{ session: writer, cxid: 0, txn },
});
const wrote = (epoch: number, counter: number, version: number): Fact =>
  proposed(epoch, counter, {
    ...{ kind: "setData", path: "/a", version },
    data: bytesOfText(`${epoch}.${counter}`),
  });
const history = [
  proposed(1, 1, {
    ...{ kind: "create", path: "/a", data: bytesOfText("1.1"), acl: [] },
    ...{ ephemeral: false, parentCversion: 1 },
  }),
  ...[wrote(1, 2, 1), wrote(1, 3, 2), wrote(1, 4, 3)],
];
const applied = (epoch: number, counter: number): Fact => ({
  ...{ kind: "applied", server: s2, zxid: makeZxid(epoch, counter), sum: counter },
});
/** Only the first two were ever committed. */
const committed = [...history, applied(1, 1), applied(1, 2)];
/** The next leader knows nothing of 1:3 and 1:4. */
const next = [wrote(2, 1, 2), applied(2, 1)];

/** Who leads and what is on disks is not told here. */
const NOT_TOLD: ReadonlySet<CheckerName> = new Set(["replicas", "leaders"]);

type Row = readonly [why: string, facts: readonly Fact[], wrong?: CheckerName];
const rows: readonly Row[] = [
  ["what is committed", [global, ...committed, ...shown(1, makeZxid(1, 2), { data: "1.2" })]],
  [
    "older than it says",
    [global, ...committed, ...shown(1, makeZxid(1, 2), { data: "1.1" })],
    "reads",
  ],
  ["what was logged", [global, ...committed, ...shown(1, makeZxid(1, 4), { data: "1.4" })]],
  ["a part of that", [global, ...committed, ...shown(1, makeZxid(1, 3), { data: "1.3" })]],
  [
    "what was logged, when others have gone on without it",
    [global, ...committed, ...next, ...shown(1, makeZxid(1, 4), { data: "1.4" })],
  ],
  [
    "what others went on with, under the zxid of what was logged",
    [global, ...committed, ...next, ...shown(1, makeZxid(1, 4), { data: "2.1" })],
    "reads",
  ],
  [
    "another one's than what was logged",
    [global, ...committed, ...shown(1, makeZxid(1, 3), { data: "1.4" })],
    "reads",
  ],
  [
    "an epoch of which nothing was ever committed",
    [global, ...committed, wrote(2, 1, 2), ...shown(1, makeZxid(2, 1), { data: "2.1" })],
  ],
  [
    "such an epoch, but without its history",
    [global, ...committed, wrote(2, 1, 2), ...shown(1, makeZxid(2, 1), { data: "1.4" })],
    "reads",
  ],
  [
    "a sync of somebody else behind what was only logged",
    [
      ...[global, { ...global, client: 2, session: 13n }, ...committed],
      ...shown(1, makeZxid(1, 4), { data: "1.4" }),
      ...[call(2, sync, 2), reply(2, makeZxid(1, 2))],
    ],
  ],
  [
    "back in time",
    [
      ...[global, ...committed, ...shown(1, makeZxid(1, 2), { data: "1.2" })],
      ...shown(2, makeZxid(1, 1), { data: "1.1" }),
    ],
    "sessionOrder",
  ],

  ["refusals", [global, ...refused(1, set), ...refused(2, sync)]],
  ["a write that is done", [global, call(1, set), reply(1, makeZxid(1, 1), READ_ONLY)], "readOnly"],
  ["a sync", [global, call(1, sync), reply(1, makeZxid(1, 1), READ_ONLY)], "readOnly"],
  ["a read that is refused", [global, ...refused(1, get)], "readOnly"],
  ["the end of a session", [global, call(1, close), reply(1, 0n, READ_ONLY)]],
  [
    "a refusal where there is a quorum",
    [global, call(1, set), reply(1, 0n, { err: NOT_READ_ONLY })],
    "readOnly",
  ],
  [
    "a write that was refused and done",
    [
      ...[global, { ...call(1, set), xid: 7 }],
      reply(1, 0n, { err: NOT_READ_ONLY, ...READ_ONLY }),
      ...history.slice(0, 1),
      { ...wrote(1, 2, 1), session, cxid: 7 },
      applied(1, 2),
    ],
    "writes",
  ],

  ["a session of the ensemble", [global, alone, asking, welcome("attached", session, READ_ONLY)]],
  ["and back", [global, welcome("attached", session, READ_ONLY), welcome("attached", session)]],
  ["one of its own", [alone, local, asking, welcome("attached", 99n, READ_ONLY)]],
  ["one of its own, given up for another", [alone, local, global]],
  ["one of its own, and one of another such server", [alone, local, { ...local, session: 98n }]],
  ["another of the ensemble", [global, welcome("created", 12n)], "readOnly"],
  ["its own, where there is a quorum", [alone, local, welcome("attached", 99n)], "readOnly"],
  [
    "its own, elsewhere",
    [alone, local, welcome("attached", 99n, { ...READ_ONLY, server: s3 })],
    "readOnly",
  ],
  [
    "its own, when it begins anew without a quorum",
    [
      ...[alone, local, later(role("following"), 5), later(role("lost"), 6), later(alone, 7)],
      ...[later(asking, 8), welcome("attached", 99n, READ_ONLY)],
    ],
    "readOnly",
  ],
  [
    "its own, asked for before the end and answered behind it",
    [
      ...[alone, local, later(asking, 4), later(role("lost"), 5)],
      welcome("attached", 99n, READ_ONLY),
    ],
  ],
  [
    "the ensemble does not know of a session without a quorum, and cannot expire it",
    [alone, local, { kind: "gone", client: 1 }, off(1), role("established", s2)],
  ],
  [
    "who is told that a session of the ensemble is over is told the truth",
    [global, { kind: "session", client: 1, what: "expired" }],
    "ephemerals",
  ],

  [
    "no quorum yet",
    [global, off(1), role("established", s2), ...refused(1, set).map((f) => later(f, 90))],
  ],
  [
    "no quorum still",
    [
      ...[global, off(1), role("established", s2)],
      ...refused(1, set).map((fact) => later(fact, LEADER_MS + REPLY_MS + 2)),
    ],
    "readOnly",
  ],
];

for (const [why, facts, wrong] of rows) {
  test(`${wrong === undefined ? "right" : "wrong"}: ${why}`, () => {
    let now = 0;
    const records = facts.map((fact) => {
      now = Math.max(now, typeof fact["at"] === "number" ? fact["at"] : now);
      return { ...fact, at: now } as unknown as HistoryRecord;
    });
    const bounds = {
      ...{ leaderMs: LEADER_MS, replyMs: REPLY_MS },
      ...{ expiryLateMs: 100, expiryEarlyMs: 0 },
    };
    const voters = [s1!, s2!, s3!];
    const setup = { tickMs: 10, voters, observers: [], completeTransactions: true, bounds };
    const violations = checkAll({ setup, records, endedAt: 1000 });
    const judged = violations.filter(({ checker }) => !NOT_TOLD.has(checker));
    const found = [...new Set(judged.map(({ checker }) => checker))];
    deepEqual(found, wrong === undefined ? [] : [wrong], judged.map(({ what }) => what).join("; "));
  });
}
