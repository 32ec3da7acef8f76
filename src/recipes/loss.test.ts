/** When a session counts as lost: at its end, and when it was out of touch for too long. */
import { deepEqual } from "node:assert/strict";
import { mock, test } from "node:test";
import type { ZooKeeper } from "../client/zookeeper.ts";
import type { ClientState } from "../client-core/protocol.ts";
import { onSessionLoss } from "./loss.ts";

/** A session of 9 s whose state is what the test says. */
function setUp() {
  mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  let listener: ((state: ClientState) => void) | undefined;
  const zk = {
    state: "CONNECTED",
    timeoutMs: 9000,
    onState(one: (state: ClientState) => void) {
      listener = one;
      return () => {
        listener = undefined;
      };
    },
  };
  const stop = onSessionLoss(zk as unknown as ZooKeeper, (code) => told.push(code));
  return { told, stop, become: (state: ClientState) => listener?.(state) };
}

type Step = ClientState | number | "stop";
const rows: ReadonlyArray<readonly [why: string, steps: readonly Step[], told: string[]]> = [
  ["a short absence", ["CONNECTING", 2999, "CONNECTED", 9000], []],
  ["a long absence", ["CONNECTING", 3000], ["OUT_OF_TOUCH"]],
  ["absences do not add up", ["CONNECTING", 2000, "CONNECTED", "CONNECTING", 2999], []],
  ["it is told once", ["CONNECTING", 3000, "EXPIRED"], ["OUT_OF_TOUCH"]],
  ["expiry", ["CONNECTING", 1, "EXPIRED", 9000], ["SESSION_OVER"]],
  ["closing", ["CLOSED"], ["SESSION_OVER"]],
  ["nobody listens any more", ["CONNECTING", "stop", 9000, "EXPIRED"], []],
];
for (const [why, steps, want] of rows) {
  test(`loss: ${why}`, () => {
    const { told, stop, become } = setUp();
    for (const step of steps) {
      if (step === "stop") stop();
      else if (typeof step === "number") mock.timers.tick(step);
      else become(step);
    }
    deepEqual(told, want);
    mock.timers.reset();
  });
}
