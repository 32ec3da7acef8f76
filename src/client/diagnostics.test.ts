/** What a client tells about itself, by channels and to a logger. */
import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { test } from "node:test";
import { ServedClients } from "../../test/support/served-client.ts";

const NAMES = ["connecting", "connected", "disconnected", "ended", "request"] as const;
const nameOf = (name: (typeof NAMES)[number]): string => `quoll:client:${name}`;

/** A session in which a connection breaks and a request is refused. */
async function session(logger?: { info(text: string): void; warn(text: string): void }) {
  const { zk, cut } = new ServedClients().cuttable(logger === undefined ? {} : { logger });
  await zk.connected();
  await zk.getData("/none").catch(() => {});
  cut();
  await zk.sync("/", { retry: () => 0 });
  await zk.close();
}

test("channels and logger tell the same story", async (t) => {
  const told: string[] = [];
  for (const name of NAMES) {
    const listen = (message: unknown): void => {
      const { reason, readOnly, state, operation, error, ms } = message as Record<string, unknown>;
      assert(ms === undefined || (typeof ms === "number" && ms >= 0));
      const code = error === undefined ? undefined : (error as { code: string }).code;
      const words = [reason, readOnly, state, operation, code];
      told.push([name, ...words.filter((word) => word !== undefined)].join(" "));
    };
    channel(nameOf(name)).subscribe(listen);
    t.after(() => channel(nameOf(name)).unsubscribe(listen));
  }
  const lines: string[] = [];
  await session({
    info: (line) => lines.push(`info ${line}`),
    warn: (line) => lines.push(`warn ${line}`),
  });
  assert.deepEqual(told, [
    "connecting",
    "connected false",
    "request getData NoNode",
    "disconnected cut",
    "request sync ConnectionLoss",
    "connecting",
    "connected false",
    "request sync",
    "ended CLOSED",
  ]);
  const patterns = [
    /^info connected to \w:1, session 0x[0-9a-f]+$/,
    /^warn \w:1: cut$/,
    /^info connected to \w:1, session 0x/,
    /^info session 0x[0-9a-f]+ is over: CLOSED$/,
  ];
  assert.equal(lines.length, patterns.length);
  for (const [index, pattern] of patterns.entries()) assert.match(lines[index]!, pattern);
});

test("without listeners nothing is told", async () => {
  await session();
  for (const name of NAMES) assert.equal(channel(nameOf(name)).hasSubscribers, false);
});
