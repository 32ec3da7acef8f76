/** Quota as clients meet it, by what Apache ZooKeeper 3.8.0 answered to the same requests. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { MachineWorld, type WorldClient } from "../../test/support/machine-world.ts";
import { textOf, utf8 } from "../base/bytes.ts";
import { JuteReader } from "../jute/reader.ts";
import * as client from "../records/client.ts";
import { OPEN_ACL } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { type MultiOp, readMultiResults } from "../records/multi.ts";
import { OpCode } from "../records/op-codes.ts";
import { MultiRequest } from "../requests/multi.ts";

const { Ok, QuotaExceeded, BadVersion } = ErrorCode;
const text = (length: number): Uint8Array => new Uint8Array(length).fill(0x78);

class Writer {
  readonly world: MachineWorld;
  readonly client: WorldClient;

  constructor(enforceQuota = true) {
    this.world = new MachineWorld({ enforceQuota });
    this.client = this.world.open();
  }

  ask(type: number, request: { path: string; data: Uint8Array | null }, version = -1): number {
    const xid =
      type === OpCode.create
        ? this.client.ask(type, client.CreateRequest, { ...request, acl: OPEN_ACL, flags: 0 })
        : this.client.ask(type, client.SetDataRequest, { ...request, version });
    return this.client.err(xid);
  }

  make(path: string, data: Uint8Array | null = null): number {
    return this.ask(OpCode.create, { path, data });
  }

  set(path: string, data: Uint8Array | null, version = -1): number {
    return this.ask(OpCode.setData, { path, data }, version);
  }

  quota(path: string, limits: string): void {
    equal(this.make(`/zookeeper/quota${path}`), Ok);
    equal(this.make(`/zookeeper/quota${path}/zookeeper_limits`, utf8(limits)), Ok);
    equal(this.make(`/zookeeper/quota${path}/zookeeper_stats`, text(0)), Ok);
  }

  limit(path: string, limits: string): void {
    equal(this.set(`/zookeeper/quota${path}/zookeeper_limits`, utf8(limits)), Ok);
  }

  stats(path: string): string {
    const request = { path: `/zookeeper/quota${path}/zookeeper_stats`, watch: false };
    const xid = this.client.ask(OpCode.getData, client.ReadRequest, request);
    const reply = client.GetDataResponse.read(new JuteReader(this.client.reply(xid).body));
    return textOf(reply.data ?? text(0));
  }

  get warnings(): number {
    return this.world.notes.filter(({ event }) => event === "quota exceeded").length;
  }
}

const hard = (count: number, bytes: number): string =>
  `count=-1,bytes=-1=;byteHardLimit=${bytes};countHardLimit=${count}`;

/** A node /a of 5 bytes with a child /a/1 without data. */
function world(limits: string, enforceQuota = true): Writer {
  const writer = new Writer(enforceQuota);
  equal(writer.make("/a", text(5)), Ok);
  equal(writer.make("/a/1"), Ok);
  writer.quota("/a", limits);
  return writer;
}

test("quota is checked before the version", () => {
  const writer = world(hard(-1, 10));
  equal(writer.set("/a/1", text(60), 9), QuotaExceeded);
  equal(writer.set("/a/1", text(1), 9), BadVersion);
});

const LIMITS: ReadonlyArray<readonly [why: string, limits: string, made: number, warned: number]> =
  [
    ["a hard limit of 0 is a limit", hard(0, -1), QuotaExceeded, 1],
    ["-1 is none", hard(-1, -1), Ok, 0],
    ["soft limits only warn", "count=1,bytes=1", Ok, 2],
    ["a hard limit silences the soft one", "count=1,bytes=-1=;countHardLimit=100", Ok, 0],
    ["soft count warns, hard bytes refuse", "count=1,bytes=1=;byteHardLimit=1", QuotaExceeded, 2],
    ["text without meaning is no limit", "count=zero", Ok, 0],
    ["no text is no limit", "", Ok, 0],
  ];
for (const [why, limits, made, warned] of LIMITS) {
  test(why, () => {
    const writer = world(limits);
    equal(writer.make("/a/2", text(1)), made);
    equal(writer.warnings, warned);
  });
}

test("a multi is measured with what was there before it", () => {
  const writer = world(hard(3, -1));
  const made = (path: string): MultiOp => ({
    kind: "create",
    request: { path, data: null, acl: OPEN_ACL, flags: 0 },
  });
  const results = (ops: readonly MultiOp[]): readonly string[] => {
    const xid = writer.client.ask(OpCode.multi, MultiRequest, ops);
    const { body } = writer.client.reply(xid);
    return readMultiResults(new JuteReader(body)).map((result) =>
      result.kind === "error" ? String(result.err) : result.kind,
    );
  };
  deepEqual(results([made("/a/2"), made("/a/3")]), ["create", "create"]);
  equal(writer.stats("/a"), "count=4,bytes=5");
  deepEqual(results([made("/b"), made("/a/4"), made("/c")]), [
    "0",
    String(QuotaExceeded),
    String(ErrorCode.RuntimeInconsistency),
  ]);
  equal(writer.stats("/a"), "count=4,bytes=5");
});

test("a data change under way is measured from the one before it", () => {
  const writer = world(hard(-1, 10));
  writer.world.diskIsQuick = false;
  const set = (length: number): number =>
    writer.client.ask(OpCode.setData, client.SetDataRequest, {
      path: "/a/1",
      data: text(length),
      version: -1,
    });
  // The second adds nothing to the first; the total applied so far is 5.
  const xids = [set(5), set(5), set(11)];
  while (writer.world.batchesHeld > 0) writer.world.sync();
  deepEqual(xids.map(writer.client.err), [Ok, Ok, QuotaExceeded]);
});

test("only the longest path's limits hold, and counts follow a closed session", () => {
  const writer = world(hard(2, -1));
  writer.quota("/a/1", hard(9, -1));
  equal(writer.make("/a/1/x"), Ok);
  const other = writer.world.open();
  other.ask(OpCode.create, client.CreateRequest, {
    path: "/a/1/e",
    data: text(3),
    acl: OPEN_ACL,
    flags: 1,
  });
  equal(writer.stats("/a/1"), "count=3,bytes=3");
  other.send(other.framed(99, OpCode.closeSession, new Uint8Array(0)));
  equal(writer.stats("/a/1"), "count=2,bytes=0");
  equal(writer.make("/a/2"), QuotaExceeded);
});
