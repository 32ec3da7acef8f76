/** When the host writes the log in place, and when on another thread. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { MemberEffect, MemberInput } from "../peer/links.ts";
import { type DiskOp, logFile } from "../txnlog/disk-ops.ts";
import { Host } from "./host.ts";
import { NoDisk } from "./no-disk.ts";

const file = logFile("log.1");
const BATCH: readonly DiskOp[] = [
  { kind: "write", file, offset: 0, bytes: new Uint8Array(100) },
  { kind: "sync", file },
];
const WARM_UP = 8;

/** A disk that tells how it was used, and takes as long as the test says. */
class ToldDisk extends NoDisk {
  readonly used: string[] = [];
  fails = false;
  tookMs = 0;

  override async run(): Promise<void> {
    this.used.push("thread");
  }

  override runInPlace(): void {
    this.used.push("in place");
    if (this.fails) throw new Error("no such device");
    clock += this.tookMs;
  }
}

let clock = 0;

/** A machine that writes a batch at each "continue", of so many records. */
class World {
  readonly disk = new ToldDisk();
  readonly told: string[] = [];
  records = 1;
  /** Requests are answered at once. */
  answers = false;
  ops = BATCH;
  private batch = 0;
  readonly host: Host;

  constructor() {
    const doors = { serve: () => {}, flush: () => {}, send: () => {} } as never;
    const events = {
      note: () => {},
      snapshotTaken: () => {},
      failed: (error: unknown, while_: string) => this.told.push(`${while_}: ${error}`),
    };
    const step = (input: MemberInput, out: MemberEffect[]): void => {
      if (input.kind === "logged") this.told.push(`logged ${input.batch}`);
      if (input.kind === "received" && this.answers) {
        out.push({ kind: "send", conn: input.conn, bytes: input.bytes });
      }
      if (input.kind !== "continue") return;
      const { records, ops } = this;
      out.push({ kind: "log", batch: ++this.batch, records, ops });
    };
    this.host = new Host({ step }, { disk: this.disk, sockets: doors, links: doors }, events, 0);
  }

  /** The same, when nothing has come in for some rounds of the event loop. */
  writeInQuiet(requests: number): string | undefined {
    const bytes = new Uint8Array();
    this.records = requests;
    for (let at = 0; at < requests; at++) {
      this.host.input({ kind: "received", now: 0, conn: at, bytes });
    }
    this.host.goOn(true);
    return this.disk.used.at(-1);
  }

  /** So many requests are read, then the log is written. Resolves when it is. */
  async write(requests = 1): Promise<string | undefined> {
    const bytes = new Uint8Array();
    for (let at = 0; at < requests; at++) {
      this.host.input({ kind: "received", now: 0, conn: at, bytes });
    }
    this.host.input({ kind: "continue", now: 0 });
    await new Promise(setImmediate);
    return this.disk.used.at(-1);
  }

  async warmUp(): Promise<this> {
    for (let at = 0; at < WARM_UP; at++) equal(await this.write(), "thread");
    this.told.length = 0;
    return this;
  }
}

test("after some lone writes the next are synced in place, and told in their order", async () => {
  const world = await new World().warmUp();
  equal(await world.write(), "in place");
  equal(await world.write(), "in place");
  deepEqual(world.told, ["logged 9", "logged 10"]);
});

test("a write with others to serve, or with others in its batch, goes to another thread", async () => {
  const world = await new World().warmUp();
  equal(await world.write(2), "thread");
  equal(await world.write(), "thread", "it has to be alone for some time again");
  const batched = await new World().warmUp();
  batched.records = 2;
  equal(await batched.write(), "thread");
});

test("a burst of writes that has ended is synced in place, if nobody else is served", () => {
  const world = new World();
  equal(world.writeInQuiet(20), "in place");
  world.answers = true;
  equal(world.writeInQuiet(20), "thread");
  world.answers = false;
  equal(world.writeInQuiet(20), "thread", "the one before is still under way");
});

test("another server that speaks is not kept waiting by a sync in place", () => {
  const world = new World();
  world.host.input({ kind: "linkReceived", now: 0, link: 1, bytes: new Uint8Array() });
  equal(world.writeInQuiet(20), "thread");
});

test("a batch that begins a file goes to another thread", async () => {
  const world = await new World().warmUp();
  world.ops = [{ kind: "create", file }, ...BATCH];
  equal(await world.write(), "thread");
  world.ops = BATCH;
  equal(await world.write(), "in place");
});

test("a slow disk is waited for on another thread", async (t) => {
  t.mock.method(performance, "now", () => clock);
  const world = await new World().warmUp();
  world.disk.tookMs = 5;
  equal(await world.write(), "in place", "once is no rule");
  equal(await world.write(), "in place");
  for (let at = 0; at < 256; at++) equal(await world.write(), "thread");
});

test("a disk that fails in place ends the server", async () => {
  const world = await new World().warmUp();
  world.disk.fails = true;
  await world.write();
  deepEqual(world.told, ["writing the log: Error: no such device"]);
  world.host.input({ kind: "continue", now: 0 });
  equal(world.disk.used.length, WARM_UP + 1, "nothing is done any more");
});
