/** Small histories by hand, right and wrong, for the checkers that chance reaches least. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { makeZxid, toServerId, toSessionId } from "../../base/ids.ts";
import { ErrorCode } from "../../records/error-codes.ts";
import type { HistoryRecord, Operation, Result } from "../history.ts";
import { aclOf } from "../told.ts";
import { bytesOfText } from "../workload.ts";
import { checkAll } from "./check.ts";
import type { CheckerName } from "./violation.ts";

type Fact = Record<string, unknown> & { readonly kind: string };
const server = toServerId(1n);
const one = toSessionId(11n);
const two = toSessionId(12n);
const at1 = makeZxid(1, 1);

const created = (client: number, session: bigint): Fact => ({
  kind: "session",
  client,
  what: "created",
  session,
  timeoutMs: 100,
});
const call = (id: number, client: number, op: Operation): Fact => ({
  kind: "call",
  id,
  client,
  op,
});
const reply = (id: number, err = 0, result: Result = {}): Fact => ({
  kind: "reply",
  id,
  err,
  result,
});
const seen = (id: number, counter: number): Fact => ({
  ...reply(id),
  zxid: makeZxid(1, counter),
});
const lost = (id: number): Fact => ({ kind: "lost", id, sent: true });
const lock = (client: number, what: string, fence?: bigint): Fact => ({
  kind: "lock",
  client,
  lock: "L",
  what,
  ...(fence === undefined ? {} : { fence }),
});
const guarded = (fence: bigint, accepted: boolean): Fact => ({
  kind: "guarded",
  client: 1,
  lock: "L",
  fence,
  accepted,
});
const closes = (session: bigint): Fact => ({
  kind: "transaction",
  zxid: at1,
  sum: 1,
  session,
  cxid: 0,
  txn: { kind: "closeSession", paths: [] },
});
/** As its client asked for it. */
const ends = (session: bigint): Fact => ({ ...closes(session), cxid: 5 });
const role = (id: bigint, what: string, epoch: number, at?: number): Fact => ({
  kind: "role",
  server: toServerId(id),
  role: what,
  epoch,
  ...(at === undefined ? {} : { at }),
});
const applied = (onDisk: boolean | undefined): Fact => ({
  kind: "applied",
  server,
  zxid: at1,
  sum: 1,
  ...(onDisk === undefined ? {} : { onDisk }),
});
const held = (id: bigint): Fact => ({ kind: "held", server: toServerId(id), zxid: at1 });
const entered = (id: bigint): Fact => ({ kind: "held", server: toServerId(id), epoch: 1 });
const loaded: Fact = { kind: "loaded", server, zxid: at1 };
const found: Fact = { kind: "disk", server: toServerId(2n), snapshot: 0n, log: [] };
const asking = (client: number): Fact => ({ kind: "session", client, what: "asking" });
const attached = (client: number): Fact => ({
  ...asking(client),
  ...{ what: "attached", timeoutMs: 100, server },
});
const aclSet = (acl: string): Fact => ({
  ...closes(one),
  txn: { kind: "setACL", path: "/", acl: aclOf(acl), version: 1 },
});
/** The transaction of the first client's write to /a. */
const wrote = (xid: number, counter: number): Fact => ({
  ...closes(one),
  ...{ cxid: xid, zxid: makeZxid(1, counter) },
  txn: { ...NODE, path: "/a", data: bytesOfText("0"), acl: [], parentCversion: 1 },
});
const NODE = { kind: "create", ephemeral: false } as const;
const ROOT = {
  ...{ version: 0, cversion: -1, aversion: 1, numChildren: 1, dataLength: 0 },
  ...{ czxid: 0n, mzxid: 0n, pzxid: 0n, ctime: 0n, mtime: 0n, ephemeralOwner: 0n },
};
const aclTree = (acl: string | undefined): Fact => ({
  kind: "tree",
  server,
  zxid: at1,
  nodes: new Map([["/", { data: "", stat: ROOT, ...(acl === undefined ? {} : { acl }) }]]),
});
const make = (path: string, data: string): Operation => ({ kind: "create", path, data, mode: 0 });
const set = (data: string, version = -1): Operation => ({
  kind: "setData",
  path: "/a",
  data,
  version,
});
const sync: Operation = { kind: "sync", path: "/a" };
const get: Operation = { kind: "getData", path: "/a" };
const later = [call(9, 2, get), seen(9, 2)];
const both = [created(1, one), created(2, two)];
const begun = [call(1, 1, make("/a", "0")), reply(1)];
const calm: Fact = { kind: "faults", on: false, at: 0 };

type Row = readonly [checker: CheckerName, why: string, facts: readonly Fact[], isRight?: "right"];
const rows: readonly Row[] = [
  [
    "locks",
    "one after the other",
    [lock(1, "acquired", 1n), lock(1, "released"), lock(2, "acquired", 2n)],
    "right",
  ],
  [
    "locks",
    "after the end of the session",
    [lock(1, "acquired", 1n), closes(one), lock(2, "acquired", 2n)],
    "right",
  ],
  ["locks", "two holders", [lock(1, "acquired", 1n), lock(2, "acquired", 2n)]],
  [
    "locks",
    "a fence that falls",
    [lock(1, "acquired", 2n), lock(1, "released"), lock(2, "acquired", 1n)],
  ],
  [
    "locks",
    "another's session ended",
    [lock(1, "acquired", 1n), closes(two), lock(2, "acquired", 2n)],
  ],
  ["locks", "an old fence is served", [guarded(2n, true), guarded(1n, true)]],
  ["locks", "the newest fence is refused", [guarded(2n, true), guarded(2n, false)]],
  ["locks", "an old fence is refused", [guarded(2n, true), guarded(1n, false)], "right"],

  [
    "registers",
    "side by side, in either order",
    [
      ...begun,
      call(2, 1, set("1")),
      call(3, 2, set("2")),
      reply(2),
      reply(3),
      call(4, 2, sync),
      reply(4),
      call(5, 2, get),
      reply(5, 0, { data: "1" }),
    ],
    "right",
  ],
  [
    "registers",
    "of unknown fate, and done",
    [
      ...begun,
      call(2, 1, set("1")),
      lost(2),
      call(4, 2, sync),
      reply(4),
      call(5, 2, get),
      reply(5, 0, { data: "1" }),
    ],
    "right",
  ],
  [
    "registers",
    "of unknown fate, and not done",
    [
      ...begun,
      call(2, 1, set("1")),
      lost(2),
      call(4, 2, sync),
      reply(4),
      call(5, 2, get),
      reply(5, 0, { data: "0" }),
    ],
    "right",
  ],
  [
    "registers",
    "an old read without a sync",
    [...begun, call(2, 1, set("1")), reply(2), call(5, 2, get), reply(5, 0, { data: "0" })],
    "right",
  ],
  [
    "registers",
    "an old read behind a sync",
    [
      ...begun,
      call(2, 1, set("1")),
      reply(2),
      call(4, 2, sync),
      reply(4),
      call(5, 2, get),
      reply(5, 0, { data: "0" }),
    ],
  ],
  [
    "registers",
    "what nobody wrote",
    [...begun, call(4, 2, sync), reply(4), call(5, 2, get), reply(5, 0, { data: "9" })],
  ],
  [
    "registers",
    "one version taken twice",
    [...begun, call(2, 1, set("1", 0)), call(3, 2, set("2", 0)), reply(2), reply(3)],
  ],
  ["registers", "made twice", [...begun, call(2, 2, make("/a", "1")), reply(2)]],
  [
    "registers",
    "done twice",
    [
      ...begun,
      call(2, 1, set("1")),
      lost(2),
      call(3, 2, set("2")),
      reply(3),
      call(4, 2, sync),
      reply(4),
      call(5, 2, get),
      reply(5, 0, { data: "1" }),
      call(6, 2, set("3")),
      reply(6),
      call(7, 2, sync),
      reply(7),
      call(8, 2, get),
      reply(8, 0, { data: "1" }),
    ],
  ],

  [
    "sessionOrder",
    "replies in order",
    [call(1, 1, sync), call(2, 1, sync), seen(1, 1), seen(2, 2)],
    "right",
  ],
  [
    "sessionOrder",
    "replies out of order",
    [call(1, 1, sync), call(2, 1, sync), seen(2, 1), seen(1, 2)],
  ],
  ["sessionOrder", "back in time", [call(1, 1, get), seen(1, 2), call(2, 1, get), seen(2, 1)]],
  [
    "sessionOrder",
    "a sync that leaves behind",
    [call(1, 1, get), seen(1, 2), call(2, 2, sync), seen(2, 1)],
  ],
  [
    "sessionOrder",
    "served after the end",
    [call(1, 1, get), { kind: "session", client: 1, what: "expired" }, seen(1, 1)],
  ],
  [
    "sessionOrder",
    "a write before what was known",
    [call(1, 1, get), seen(1, 5), call(2, 2, make("/a", "0")), seen(2, 4)],
  ],

  [
    "leaders",
    "one epoch after the other",
    [role(1n, "established", 1), role(1n, "lost", 1), role(2n, "established", 2)],
    "right",
  ],
  ["leaders", "two in an epoch", [role(1n, "established", 1), role(2n, "established", 1)]],
  [
    "leaders",
    "an older epoch late, by one who stood still",
    [role(1n, "leading", 1), role(2n, "established", 3), role(1n, "established", 2)],
    "right",
  ],
  [
    "leaders",
    "an older epoch by one who began later",
    [role(2n, "established", 3), role(1n, "leading", 1), role(1n, "established", 2)],
  ],
  ["leaders", "an older epoch later", [role(1n, "established", 2), role(2n, "established", 1)]],
  ["leaders", "a leader without a vote", [role(9n, "established", 1)]],
  [
    "leaders",
    "a proposal of another epoch",
    [role(1n, "established", 2), { ...closes(one), server }],
  ],

  [
    "sessionOrder",
    "a lost write done before what its client synced to",
    [call(1, 1, make("/a", "0")), lost(1), call(2, 1, sync), wrote(1, 1), seen(2, 2)],
    "right",
  ],
  [
    "sessionOrder",
    "a lost write done behind what its client synced to",
    [call(1, 1, make("/a", "0")), lost(1), call(2, 1, sync), seen(2, 1), wrote(1, 2), ...later],
  ],
  [
    "sessionOrder",
    "told that it has moved",
    [call(1, 1, get), { ...seen(1, 1), err: ErrorCode.SessionMoved }],
  ],

  ["replicas", "applied what is on disk", [applied(true)], "right"],
  ["replicas", "applied where nobody tells of disks", [applied(undefined)], "right"],
  ["replicas", "applied before it is on disk", [applied(false)]],

  ["replicas", "applied where a quorum holds it", [held(1n), held(2n), applied(true)], "right"],
  ["replicas", "applied where too few hold it", [held(2n), applied(true)]],
  [
    "replicas",
    "applied where a quorum holds it in its epoch",
    [held(1n), held(2n), entered(1n), entered(2n), applied(true)],
    "right",
  ],
  [
    "replicas",
    "applied where too few hold it in its epoch",
    [held(1n), held(2n), entered(1n), applied(true)],
  ],
  [
    "replicas",
    "begun with what a quorum holds",
    [held(1n), held(2n), loaded, role(1n, "established", 1)],
    "right",
  ],
  [
    "replicas",
    "begun with what too few hold",
    [held(1n), held(2n), loaded, found, role(1n, "established", 1)],
  ],
  [
    "replicas",
    "begun by a quorum that has the epoch on disk",
    [entered(1n), entered(2n), role(1n, "established", 1)],
    "right",
  ],
  ["replicas", "begun before it is on disk", [entered(1n), role(1n, "established", 1)]],

  [
    "ephemerals",
    "not let in any more",
    [ends(one), applied(true), asking(1), { ...asking(1), what: "expired" }],
    "right",
  ],
  [
    "ephemerals",
    "let in where the end has not come yet",
    [asking(1), attached(1), ends(one), applied(true)],
    "right",
  ],
  [
    "ephemerals",
    "let in where the end came while it was under way",
    [asking(1), ends(one), applied(true), attached(1)],
    "right",
  ],
  ["ephemerals", "let in after the end", [ends(one), applied(true), asking(1), attached(1)]],

  ["reads", "an ACL as it was set", [aclSet("a:b:1"), applied(true), aclTree("a:b:1")], "right"],
  [
    "reads",
    "an ACL that nobody tells",
    [aclSet("a:b:1"), applied(true), aclTree(undefined)],
    "right",
  ],
  ["reads", "another ACL than was set", [aclSet("a:b:1"), applied(true), aclTree("a:b:2")]],

  ["protocol", "nothing is misread", [], "right"],
  ["protocol", "wrong packet", [{ kind: "misread", reader: "s1", what: "two commits in one" }]],

  ["liveness", "a leader in time", [calm, role(1n, "established", 1, 5)], "right"],
  ["liveness", "a leader too late", [calm, role(1n, "established", 1, 500)]],
  [
    "liveness",
    "a leader that gives up",
    [calm, role(1n, "established", 1, 5), role(1n, "lost", 1, 300)],
  ],
  ["liveness", "no answer", [calm, { ...call(1, 1, get), at: 1 }]],
  [
    "liveness",
    "no answer to one that is gone",
    [calm, { ...call(1, 1, get), at: 1 }, { kind: "gone", client: 1, at: 2 }],
    "right",
  ],
];

for (const [checker, why, facts, isRight] of rows) {
  test(`${checker}: ${why}`, () => {
    let now = 0;
    const records = [...both, ...facts].map((fact) => {
      now = Math.max(now, typeof fact["at"] === "number" ? fact["at"] : now);
      return { ...fact, at: now } as unknown as HistoryRecord;
    });
    const bounds = { leaderMs: 100, replyMs: 100, expiryLateMs: 100, expiryEarlyMs: 0 };
    const voters = [server, toServerId(2n)];
    const setup = { tickMs: 10, voters, observers: [], completeTransactions: false, bounds };
    const violations = checkAll({ setup, records, endedAt: 1000 });
    const found = violations.some((violation) => violation.checker === checker);
    deepEqual(found, isRight !== "right", violations.map(({ what }) => what).join("; "));
  });
}
