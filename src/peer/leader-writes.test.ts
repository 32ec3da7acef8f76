/** What a leader counts as under way: the writes of its own clients, not those of learners. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { makeZxid, toServerId, toSessionId, type Zxid } from "../base/ids.ts";
import { OpCode } from "../records/op-codes.ts";
import type { WriteOperation } from "../requests/operation.ts";
import { operationOf } from "../requests/table.ts";
import { Sessions } from "../session/sessions.ts";
import { LeaderWrites } from "./leader-writes.ts";
import { PeerClock } from "./peer-clock.ts";

const [LEADER, LEARNER] = [toServerId(1n), toServerId(2n)];
const [OWN, FOREIGN] = [toSessionId(1n), toSessionId(2n)];
const CREATE = operationOf(OpCode.create) as WriteOperation;
const BODY = new Uint8Array(0);

test("requests of own clients are under way until they are applied; forwarded ones are not", () => {
  let last = makeZxid(1, 0);
  const propose = (): Zxid => {
    last = (last + 1n) as Zxid;
    return last;
  };
  const sessions = new Sessions(1000, 0);
  for (const [id, owner] of [
    [OWN, LEADER],
    [FOREIGN, LEARNER],
  ] as const) {
    sessions.add(id, 10_000, 0).owner = owner;
  }
  const writes = new LeaderWrites({
    writes: {
      request: propose,
      refuse: propose,
      createSession: () => void propose(),
      get lastProposed() {
        return last;
      },
    },
    self: LEADER,
    sessions,
    clock: new PeerClock(1000, { now: 0, wall: 0 }),
    sync: () => {},
    localSessions: false,
  });
  const own = { session: OWN, cxid: 1, ids: [] };
  const forwarded = { cxid: 1, opcode: OpCode.create, body: BODY, ids: null };
  const first = writes.request(own, 0, CREATE, {
    request: {},
    bytes: BODY,
    start: 0,
    end: BODY.length,
  });
  writes.forwarded(1, LEARNER, { ...forwarded, session: FOREIGN });
  const third = writes.refuse(own, 0, -101);
  writes.createSession({ session: toSessionId(3n), cxid: 0, ids: [] }, 0, 1000);
  equal(writes.outstandingCount, 3);
  writes.applied(first);
  writes.applied((first + 1n) as Zxid);
  equal(writes.outstandingCount, 2);
  writes.applied(third);
  writes.applied(last);
  equal(writes.outstandingCount, 0);
});
