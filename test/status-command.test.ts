/** `quoll status` and the help of the program's commands, as processes. */
import { equal, match } from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "../src/server/index.ts";
import { runCommand } from "./support/processes.ts";
import { QUOLL_MAIN } from "./support/subjects.ts";

const LIMIT_MS = 30_000;
const quoll = (...argv: readonly string[]) =>
  runCommand([process.execPath, QUOLL_MAIN, ...argv], { limitMs: LIMIT_MS });

test("quoll status opens no session with those that it asks", async () => {
  const server = await startServer();
  const up = await quoll("status", server.connectString);
  equal(up.code, 0);
  match(up.stdout, /^SERVER +MODE .*\n\S+ +standalone +\S+ +0x0 /);
  equal(up.stderr, "");
  const wide = await quoll("status", "-w", "list", server.connectString);
  match(wide.stdout, /^sessions +0$/m);
  await server.stop();
  const down = await quoll("status", server.connectString);
  equal(down.code, 1);
  match(down.stderr, /1 of 1 servers do not answer/);
});

for (const command of ["server", "start", "cli", "status", "lock", "elect", "digest", "version"]) {
  test(`quoll ${command} --help tells how, and does nothing`, async () => {
    const { code, stdout, stderr } = await quoll(command, "--help");
    match(stdout, new RegExp(`^Usage: quoll\n  ${command}\\b`));
    equal(stderr, "");
    equal(code, 0);
  });
}

for (const command of ["dev", "purge", "log", "snapshot"]) {
  for (const flag of ["--help", "-h"]) {
    test(`quoll ${command} ${flag} tells all that it takes, and does nothing`, async () => {
      const { code, stdout, stderr } = await quoll(command, flag);
      match(stdout, new RegExp(`^Usage: quoll ${command} .*\n`));
      equal(stderr, "");
      equal(code, 0);
    });
  }
}
