/** The committed log has no hole, and its ends are those of its list. Numbers: ZOOKEEPER-n. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { proposalOf } from "../../test/support/zab-server.ts";
import { makeZxid } from "../base/ids.ts";
import { CommittedLog } from "./committed-log.ts";

type Place = readonly [epoch: number, counter: number];

const rows: ReadonlyArray<readonly [why: string, added: readonly Place[], kept: readonly Place[]]> =
  [
    ["nothing (4352: no minimum of 0)", [], []],
    [
      "consecutive, across an epoch",
      [
        [1, 7],
        [1, 8],
        [2, 1],
      ],
      [
        [1, 7],
        [1, 8],
        [2, 1],
      ],
    ],
    [
      "4925: a hole makes a new beginning",
      [
        [1, 1],
        [1, 2],
        [1, 4],
      ],
      [[1, 4]],
    ],
    [
      "an epoch that does not begin at 1 makes a new beginning",
      [
        [1, 1],
        [2, 2],
      ],
      [[2, 2]],
    ],
    [
      "3526: going back makes a new beginning",
      [
        [2, 1],
        [2, 2],
        [1, 9],
      ],
      [[1, 9]],
    ],
    [
      "4575: a repeated zxid is left out",
      [
        [1, 1],
        [1, 1],
        [1, 2],
      ],
      [
        [1, 1],
        [1, 2],
      ],
    ],
  ];
for (const [why, added, kept] of rows) {
  test(why, () => {
    const log = new CommittedLog();
    for (const at of added) log.add(proposalOf(makeZxid(...at)));
    const zxids = kept.map((at) => makeZxid(...at));
    deepEqual(
      log.all.map(({ zxid }) => zxid),
      zxids,
    );
    equal(log.min, zxids[0]);
    equal(log.max, zxids.at(-1));
  });
}

test("keeps at least the last 500, and fewer than 1000", () => {
  const log = new CommittedLog();
  for (let counter = 1; counter <= 5000; counter++) {
    log.add(proposalOf(makeZxid(1, counter)));
    equal(log.all.length >= Math.min(counter, 500) && log.all.length < 1000, true);
  }
  deepEqual(
    log.after(makeZxid(1, 4998)).map(({ zxid }) => zxid),
    [4999, 5000].map((at) => makeZxid(1, at)),
  );
});
