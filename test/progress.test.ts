/** How far long commands are: told on a terminal's standard error, never on standard output. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import test, { after, before } from "node:test";
import { runCli } from "../src/cli/main.ts";
import { ZooKeeper } from "../src/client/index.ts";
import { type EmbeddedServer, startServer } from "../src/server/index.ts";

/** As if so much time went by at each look at the clock; a session must bear some dozen of them. */
const LOOK_MS = 500;
const FOLDER = mkdtempSync(join(tmpdir(), "quoll-progress-"));
const CLEAR = "\r\u001b[K";
let server: EmbeddedServer;

before(async () => {
  server = await startServer({ config: { maxClientCnxns: 0 } });
  await using zk = await ZooKeeper.connect(server.connectString);
  for (const path of ["/a", "/a/b", "/a/c", "/a/b/d"]) await zk.create(path, "x");
});
after(async () => {
  await server.stop();
  rmSync(FOLDER, { recursive: true });
});

const rows: ReadonlyArray<readonly [line: string, told: readonly string[]]> = [
  [`export /a ${FOLDER}/a.json`, ["nodes found", "nodes read", "ACLs read"]],
  [`import ${FOLDER}/a.json /imported`, ["nodes written"]],
  ["cp -a /a /copied", ["nodes found", "nodes read", "ACLs read", "nodes written"]],
  ["diff /a /copied", ["nodes read", "ACLs read"]],
  ["mv /copied /moved", ["nodes read"]],
  ["setAcl -R /moved world:anyone:cdrwa", ["nodes found", "ACLs set"]],
  ["deleteall -b 1 /moved", ["nodes found", "nodes deleted"]],
  ["du /a", ["nodes found", "nodes read"]],
  ["find /a", ["nodes read"]],
  ["grep x /a", ["nodes read"]],
  ["tree /a", ["nodes found"]],
  ["bench -n 5", ["times create", "times getData", "times delete"]],
  [`check -d ${FOLDER}`, ["syncs"]],
];

for (const [line, told] of rows) {
  test(line.replaceAll(FOLDER, ""), async (t) => {
    let now = performance.now();
    t.mock.method(performance, "now", () => {
      now += LOOK_MS;
      return now;
    });
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const stderr = Object.assign(new PassThrough(), { isTTY: true });
    const io = { stdin, stdout, stderr, env: { NO_COLOR: "1" } };
    const code = await runCli(["-server", server.connectString, ...line.split(" ")], io);
    const noted = String(stderr.read());
    // A disk or a clock may be found wanting: that is no matter here.
    assert.ok(code === 0 || line.startsWith("check"), noted);
    const [, ...drawn] = noted.split(CLEAR);
    for (const what of told) {
      const bar = new RegExp(`^(?:\\[[#-]{20}\\] \\d+ of )?\\d+ ${what}$`);
      assert.ok(
        drawn.some((text) => bar.test(text)),
        `${what} in ${noted}`,
      );
    }
    assert.doesNotMatch(drawn.at(-1)!, /^\[|nodes found/, "taken away at the end");
    const printed = String(stdout.read() ?? "");
    assert.ok(!(printed.includes("\r") || printed.includes("\u001b")), printed);
  });
}
