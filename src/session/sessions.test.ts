/** Sessions: deadlines, crowds, closing; and session ids. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { toServerId, toSessionId } from "../base/ids.ts";
import { SessionIds } from "./session-ids.ts";
import { Sessions } from "./sessions.ts";

const TICK = 2000;
const A = toSessionId(1n);
const B = toSessionId(2n);

const rows: ReadonlyArray<
  readonly [why: string, now: number, timeoutMs: number, deadline: number]
> = [
  ["rounded up to the next bucket", 100, 4000, 6000],
  ["on a boundary it is still the next one", 0, 4000, 6000],
  ["just before a boundary", 1999, 4000, 6000],
];
for (const [why, now, timeoutMs, deadline] of rows) {
  test(`expiry: ${why}`, () => {
    const sessions = new Sessions(TICK, now);
    equal(sessions.add(A, timeoutMs, now).deadline, deadline);
    deepEqual(sessions.takeExpired(deadline - 1, 10), []);
    deepEqual(
      sessions.takeExpired(deadline, 10).map((s) => s.id),
      [A],
    );
  });
}

test("expiry: a touched session lives on, an untouched one goes", () => {
  const sessions = new Sessions(TICK, 0);
  const a = sessions.add(A, 4000, 0);
  sessions.add(B, 4000, 0);
  sessions.touch(a, 3000);
  deepEqual(
    sessions.takeExpired(6000, 10).map((s) => s.id),
    [B],
  );
  deepEqual(
    sessions.takeExpired(8000, 10).map((s) => s.id),
    [A],
  );
});

test("expiry: a crowd goes in slices, none twice", () => {
  const sessions = new Sessions(TICK, 0);
  for (let id = 1n; id <= 10n; id++) sessions.add(toSessionId(id), 4000, 0);
  const slices = [4, 4, 4].map((limit) => sessions.takeExpired(6000, limit).map((s) => s.id));
  deepEqual(
    slices.map((slice) => slice.length),
    [4, 4, 2],
  );
  deepEqual(slices.flat(), [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n, 10n]);
});

test("expiry: a closing session no longer expires and cannot be renewed", () => {
  const sessions = new Sessions(TICK, 0);
  const a = sessions.add(A, 4000, 0);
  sessions.startClosing(a);
  sessions.touch(a, 1000);
  deepEqual(sessions.takeExpired(100_000, 10), []);
});

test("expiry: goes on after an idle time without deadlines", () => {
  const sessions = new Sessions(TICK, 0);
  deepEqual(sessions.takeExpired(1_000_000, 10), []);
  const a = sessions.add(A, 4000, 1_000_000);
  deepEqual(
    sessions.takeExpired(a.deadline, 10).map((s) => s.id),
    [A],
  );
});

test("session ids: server number in the top byte, one more each", () => {
  const ids = new SessionIds(toServerId(1n), 1_700_000_000_000);
  const first = ids.next();
  equal(first >> 56n, 1n);
  equal(ids.next(), first + 1n);
});

test("session ids: behind the last number comes the first, of the same server", () => {
  const ids = new SessionIds(toServerId(1n), 2 ** 40 - 1);
  let last = ids.next();
  for (let count = 1; count < 1 << 16; count++) last = ids.next();
  equal(last, 0x01ff_ffff_ffff_ffffn);
  equal(ids.next(), 0x0100_0000_0000_0000n);
});
