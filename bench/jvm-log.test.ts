/** What a JVM tells of its pauses, as OpenJDK 17 prints it. */
import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { parseJvmLog } from "./jvm-log.ts";

const LOG = `[0.059s][gc] Using G1
[0.650s][safepoint] Safepoint "ICBufferFull", Time since last: 567139358 ns, Reaching safepoint: 63102 ns, Cleanup: 139371 ns, At safepoint: 2290 ns, Total: 204763 ns
[0.711s][gc       ] GC(0) Pause Young (Normal) (G1 Evacuation Pause) 19M->7M(388M) 13.5ms
[0.711s][safepoint] Safepoint "G1CollectForAllocation", Time since last: 47785668 ns, Reaching safepoint: 4711 ns, Cleanup: 39274 ns, At safepoint: 13422167 ns, Total: 13466152 ns
[0.900s][gc       ] GC(1) Concurrent Mark Cycle 99.0ms
[1.443s][gc       ] GC(2) Pause Full (System.gc()) 344M->15M(68M) 21.25ms
`;

test("the longest safepoint, the longest pause of the collector, and all of those", () => {
  deepEqual(parseJvmLog(LOG), { pauseMs: 13.466152, gcPauseMs: 21.25, gcTotalMs: 34.75 });
});

test("a log without pauses", () => {
  deepEqual(parseJvmLog("[0.059s][gc] Using G1\n"), { pauseMs: 0, gcPauseMs: 0, gcTotalMs: 0 });
});
