/** What a learner compares with its leader's digests, and what it tells. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { makeZxid, SESSION_NONE, toServerId } from "../base/ids.ts";
import { Metrics } from "../base/metrics.ts";
import type { TxnEntry } from "../records/txn.ts";
import { DigestComparison } from "./digest-comparison.ts";

const entry = (counter: number, digest?: TxnEntry["digest"]): TxnEntry => ({
  header: { clientId: SESSION_NONE, cxid: 0, zxid: makeZxid(1, counter), time: 0 },
  txn: { kind: "error", err: 0 },
  ...(digest !== undefined && { digest }),
});
const DIGEST = 7n;

const rows: ReadonlyArray<
  readonly [
    why: string,
    enabled: boolean,
    entries: readonly TxnEntry[],
    counted: number,
    told: number,
  ]
> = [
  ["equal digests", true, [entry(3, { version: 2, tree: DIGEST })], 0, 0],
  ["another digest", true, [entry(3, { version: 2, tree: 8n })], 1, 1],
  [
    "another digest, and again",
    true,
    [entry(3, { version: 2, tree: 8n }), entry(4, { version: 2, tree: 9n })],
    2,
    1,
  ],
  ["what came before the broadcast", true, [entry(2, { version: 2, tree: 8n })], 0, 0],
  ["a digest of another version", true, [entry(3, { version: 3, tree: 8n })], 0, 0],
  ["none: the leader writes no digests", true, [entry(3)], 0, 0],
  ["comparing is off", false, [entry(3, { version: 2, tree: 8n })], 0, 0],
];

for (const [why, digestEnabled, entries, counted, told] of rows) {
  test(`a learner compares: ${why}`, () => {
    const digestMismatches = new Metrics().counter("digest_mismatches_count");
    const notes: unknown[] = [];
    const comparison = new DigestComparison(
      {
        settings: { digestEnabled },
        instruments: { digestMismatches },
        store: { loaded: { tree: { digest: DIGEST } } },
        note: (note) => notes.push(note),
      },
      toServerId(1n),
    );
    comparison.applied(entry(1, { version: 2, tree: 8n }));
    comparison.begin(makeZxid(1, 2));
    for (const each of entries) comparison.applied(each);
    deepEqual([digestMismatches.value, notes.length], [counted, told]);
  });
}
