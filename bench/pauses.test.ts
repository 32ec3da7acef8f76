/** Pauses of servers, from a log and from the preload in a process of its own. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PauseWatch, together } from "./pauses.ts";

const PRELOAD = new URL("./pauses-preload.js", import.meta.url);

test("of several servers, the longest pause and the sum of sums", () => {
  const one = { pauseMs: 3, gcPauseMs: 2, gcTotalMs: 10 };
  const other = { pauseMs: 5, gcPauseMs: 1, gcTotalMs: 7 };
  deepEqual(together([one, other], 170), { pauseMs: 5, gcPauseMs: 2, gcShare: 0.1 });
  deepEqual(together([one, { pauseMs: 4 }], 170), { pauseMs: 4 });
  deepEqual(together([], 170), {});
});

test("of a log, what was written meanwhile", async (context) => {
  const home = await mkdtemp(join(tmpdir(), "quoll-test-pauses-"));
  context.after(() => rm(home, { recursive: true }));
  const path = join(home, "gc.log");
  await writeFile(path, "[1s][gc] GC(0) Pause Young 9.5ms\n");
  const watch = new PauseWatch([{ kind: "jvm-log", path }]);
  await watch.start();
  await appendFile(path, "[2s][gc] GC(1) Pause Young 1.5ms\n");
  const { gcShare = 0, ...longest } = await watch.stop();
  deepEqual(longest, { pauseMs: 0, gcPauseMs: 1.5 });
  ok(gcShare > 0);
});

test("a server that stands still for a while is found out", async (context) => {
  const home = await mkdtemp(join(tmpdir(), "quoll-test-pauses-"));
  const path = join(home, "pauses");
  const stand =
    "process.stdin.on('data', () => { const to = performance.now() + 80; " +
    "while (performance.now() < to); console.log('stood'); }); console.log('up');";
  const child = spawn(process.execPath, ["--import", fileURLToPath(PRELOAD), "-e", stand], {
    env: { ...process.env, QUOLL_BENCH_PAUSES: path },
    stdio: ["pipe", "pipe", "inherit"],
  });
  context.after(async () => {
    child.kill();
    await rm(home, { recursive: true });
  });
  const line = (): Promise<unknown> => new Promise((resolve) => child.stdout.once("data", resolve));
  await line();
  const watch = new PauseWatch([{ kind: "socket", path }]);
  await watch.start();
  const stood = line();
  child.stdin.write("now\n");
  await stood;
  const { pauseMs = 0, gcPauseMs } = await watch.stop();
  ok(pauseMs >= 70, `${pauseMs} ms`);
  equal(typeof gcPauseMs, "number");
});
