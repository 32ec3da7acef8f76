/** What is tried again, and what is said of it in the end. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ServedClients } from "../../test/support/served-client.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { BadVersionError, ConnectionLossError, keeperError, NoNodeError } from "./keeper-error.ts";
import { type Retry, retrying, retryPolicy } from "./retry.ts";

const error = (code: keyof typeof ErrorCode, ambiguous = false) =>
  keeperError(ErrorCode[code], { operation: "setData", path: "/a", ambiguous });
const AT_ONCE: Retry = { times: 3, baseMs: 0, maxMs: 0 };

/** Tries what fails with `failures` in turn and then succeeds; tells tries and outcome. */
async function tried(
  failures: readonly Error[],
  options: { readonly isRepeatable?: boolean; readonly retry?: Retry; signal?: AbortSignal } = {},
): Promise<string> {
  let tries = 0;
  const once = async (): Promise<string> => {
    const failure = failures[tries++];
    if (failure !== undefined) throw failure;
    return "done";
  };
  const { isRepeatable = false, retry = AT_ONCE, signal } = options;
  const outcome = await retrying(once, {
    policy: retryPolicy(retry),
    isRepeatable,
    signal,
  }).catch((told: unknown) => {
    if (!(told instanceof Error)) return String(told);
    const isDoubtful = "ambiguous" in told && told.ambiguous === true;
    return `${told.name}${isDoubtful ? ", ambiguous" : ""}`;
  });
  return `${tries}: ${outcome}`;
}

const lost = error("ConnectionLoss");
const doubtful = error("ConnectionLoss", true);

describe("retrying", () => {
  const rows: ReadonlyArray<
    readonly [
      why: string,
      failures: readonly Error[],
      options: { readonly isRepeatable?: boolean },
      want: string,
    ]
  > = [
    ["success is left alone", [], {}, "1: done"],
    ["a refusal is final", [error("NoNode")], { isRepeatable: true }, "1: NoNodeError"],
    ["other errors are final", [new TypeError("x")], { isRepeatable: true }, "1: TypeError"],
    ["what was not done is tried again", [lost, error("ThrottledOp")], {}, "3: done"],
    ["until the policy gives up", [lost, lost, lost, lost], {}, "4: ConnectionLossError"],
    ["a doubtful write is not", [doubtful], {}, "1: ConnectionLossError, ambiguous"],
    ["one with a version is", [doubtful], { isRepeatable: true }, "2: done"],
    [
      "its refusal may be of its own doing",
      [doubtful, error("BadVersion")],
      { isRepeatable: true },
      "2: BadVersionError, ambiguous",
    ],
    [
      "doubt does not go away",
      [doubtful, lost, lost, lost],
      { isRepeatable: true },
      "4: ConnectionLossError, ambiguous",
    ],
    [
      "not by the end of the session either",
      [doubtful, error("SessionExpired")],
      { isRepeatable: true },
      "2: SessionExpiredError, ambiguous",
    ],
  ];
  for (const [why, failures, options, want] of rows) {
    test(why, async () => assert.equal(await tried(failures, options), want));
  }
  test("aborting ends the wait with the signal's reason", async () => {
    const abort = new AbortController();
    const retry: Retry = () => {
      queueMicrotask(() => abort.abort("enough"));
      return 1e6;
    };
    assert.equal(await tried([lost], { retry, signal: abort.signal }), "1: enough");
  });
});

test("waits double up to a limit, less a random part", () => {
  const waits = (chance: number) =>
    [1, 2, 3, 4, 5].map((attempt) =>
      retryPolicy(
        { times: 4, baseMs: 100, maxMs: 300 },
        () => chance,
      )({
        error: error("ConnectionLoss"),
        attempt,
        elapsedMs: 0,
      }),
    );
  assert.deepEqual(waits(0), [100, 200, 300, 300, undefined]);
  assert.deepEqual(waits(1), [50, 100, 150, 150, undefined]);
  assert.throws(() => retryPolicy({ times: -1, baseMs: 0, maxMs: 0 }), RangeError);
});

test("a client's policy, a call's own, and none", async () => {
  const served = new ServedClients();
  const { zk, cut } = served.cuttable({ retry: AT_ONCE });
  await zk.create("/a");
  const broken = async <A>(ask: () => Promise<A>): Promise<A> => {
    await zk.connected();
    const call = ask();
    await new Promise<void>((resolve) => process.nextTick(resolve));
    cut("after the requests");
    return call;
  };
  await broken(() => zk.getData("/a"));
  await assert.rejects(
    broken(() => zk.getData("/a", { retry: "never" })),
    ConnectionLossError,
  );
  const told = await broken(() => zk.setData("/a", "x", 0)).catch((failure: unknown) => failure);
  assert(told instanceof BadVersionError && told.ambiguous);
  assert.equal((await zk.exists("/a"))?.version, 1);
  const gone = await broken(() => zk.delete("/a", 1)).catch((failure: unknown) => failure);
  assert(gone instanceof NoNodeError && gone.ambiguous);
  await assert.rejects(
    broken(() => zk.create("/b")),
    ConnectionLossError,
  );
  await zk.close();
});
