/**
 * A server with a reader: a thread that holds the connections and answers their reads. One reader
 * is all that Node 20 allows; test:bun and test:readers run more.
 */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import test from "node:test";
import { utf8 } from "../src/base/bytes.ts";
import { GetDataResponse } from "../src/records/client.ts";
import { READ_ACL } from "../src/records/data.ts";
import { ErrorCode } from "../src/records/error-codes.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { askFourLetterWord } from "../src/server/four-letter-client.ts";
import { type EmbeddedServer, startServer } from "../src/server/index.ts";
import { create, granted, read, setData } from "./support/operations.ts";
import { ClosedError, decoded, RawSession } from "./support/raw-session.ts";

const withReader = (more: Readonly<Record<string, string | number>> = {}) =>
  startServer({ config: { "quoll.readers": 1, ...more } });

const word = (port: number, text: string): Promise<string> =>
  askFourLetterWord({ host: "127.0.0.1", port, word: text, timeoutMs: 10_000 });

const dataIn = (body: Uint8Array) => decoded(GetDataResponse, body);
const textIn = (body: Uint8Array): string =>
  new TextDecoder().decode(dataIn(body).data ?? undefined);

/** How many reads the reader has told of: it does so some times a tick. */
async function readsInReaders(server: EmbeddedServer, atLeast: number): Promise<number> {
  for (;;) {
    const [, told = "-1"] = /reads_in_readers\t(\d+)/.exec(await word(server.port, "mntr")) ?? [];
    if (Number(told) >= atLeast) return Number(told);
  }
}

test("reads are answered by the reader, and count as others do", async () => {
  await using server = await withReader();
  const session = await RawSession.open(server.port);
  await granted("create", create(session, "/n", utf8("1")));
  for (let count = 0; count < 10; count++) {
    const reply = await granted("get", read(session, OpCode.getData, "/n"));
    equal(textIn(reply.body), "1");
    equal(reply.zxid, session.lastZxid);
  }
  equal((await read(session, OpCode.exists, "/none")).err, ErrorCode.NoNode);
  equal((await read(session, OpCode.getChildren, "/")).err, 0);
  equal((await read(session, OpCode.getChildren2, "/n")).err, 0);
  equal(await readsInReaders(server, 13), 13);
  match(await word(server.port, "cons"), /recved=15,sent=15,.*lop=GETC/);
  await session.close();
});

test("replies keep the order of requests, and a client sees its own writes", async () => {
  await using server = await withReader();
  const session = await RawSession.open(server.port);
  await granted("create", create(session, "/n", utf8("")));
  session.arrivals.length = 0;
  const texts: Promise<string>[] = [];
  for (let count = 0; count < 200; count++) {
    void setData(session, "/n", utf8(`${count}`));
    const reads = [1, 2].map(() => read(session, OpCode.getData, "/n"));
    texts.push(...reads.map(async (reply) => textIn((await reply).body)));
    if (count % 20 === 0) await Promise.all(texts);
  }
  const seen = await Promise.all(texts);
  deepEqual(
    seen,
    seen.map((_, index) => `${index >> 1}`),
  );
  const xids = session.arrivals.map((each) => (each.kind === "reply" ? each.reply.xid : 0));
  deepEqual(
    xids,
    xids.map((_, index) => index + 2),
  );
  await session.close();
});

test("no client sees a change before the event that tells of it", async () => {
  await using server = await withReader();
  const writer = await RawSession.open(server.port);
  const watcher = await RawSession.open(server.port);
  await granted("create", create(writer, "/n", utf8("0")));
  for (let round = 1; round <= 100; round++) {
    await granted("watch", read(watcher, OpCode.getData, "/n", true));
    watcher.arrivals.length = 0;
    const change = setData(writer, "/n", utf8(`${round}`));
    for (let isSeen = false; !isSeen; ) {
      const replies = Array.from({ length: 20 }, () => read(watcher, OpCode.getData, "/n"));
      isSeen = textIn((await Promise.all(replies)).at(-1)!.body) === `${round}`;
    }
    const event = watcher.arrivals.findIndex(({ kind }) => kind === "event");
    const changed = watcher.arrivals.findIndex(
      (each) => each.kind === "reply" && textIn(each.reply.body) === `${round}`,
    );
    ok(event >= 0 && event < changed, `event ${event}, change ${changed} in round ${round}`);
    await change;
  }
  await Promise.all([writer.close(), watcher.close()]);
});

/** Data of the version `version` that shows whether it is whole: its length changes too. */
const dataOf = (version: number): Uint8Array =>
  new Uint8Array(1 + ((version * 37) % 600)).fill(version & 0xff);

test("what is read while it changes is whole, and never older than what was read before", async () => {
  await using server = await withReader();
  const writer = await RawSession.open(server.port);
  const reader = await RawSession.open(server.port);
  await granted("create", create(writer, "/n", dataOf(0)));
  const versions = 2000;
  let isDone = false;
  const writes = (async () => {
    for (let version = 1; version <= versions; version += 50) {
      const some = Array.from({ length: 50 }, (_, index) => dataOf(version + index));
      const others = some.map((_, index) => create(writer, `/n/${version + index}`, dataOf(7)));
      await Promise.all([...some.map((data) => setData(writer, "/n", data)), ...others]);
    }
    isDone = true;
  })();
  let newest = 0;
  while (!isDone) {
    const replies = Array.from({ length: 50 }, () => read(reader, OpCode.getData, "/n"));
    for (const reply of await Promise.all(replies)) {
      const { data, stat } = dataIn(reply.body);
      deepEqual(new Uint8Array(data!), dataOf(stat.version));
      equal(stat.dataLength, data!.length);
      ok(stat.version >= newest, `${stat.version} after ${newest}`);
      newest = stat.version;
    }
  }
  await writes;
  await Promise.all([writer.close(), reader.close()]);
});

test("what a reader cannot answer, the server does: lists, watches, much data, no permission", async () => {
  await using server = await withReader();
  const session = await RawSession.open(server.port);
  const secret = [{ perms: 31, scheme: "digest", id: "bob:x" }];
  await granted("create", create(session, "/secret", utf8("s"), 0, secret));
  await granted("create", create(session, "/public", utf8("p"), 0, READ_ACL));
  await granted("create", create(session, "/large", new Uint8Array(200_000)));
  equal((await read(session, OpCode.getData, "/secret")).err, ErrorCode.NoAuth);
  equal(textIn((await read(session, OpCode.getData, "/public")).body), "p");
  equal(dataIn((await read(session, OpCode.getData, "/large")).body).data!.length, 200_000);
  await granted("watch", read(session, OpCode.exists, "/", true));
  equal((await session.ping()).err, 0);
  equal(await readsInReaders(server, 0), 0);
  equal((await session.request(OpCode.getData, utf8("?"))).err, ErrorCode.MarshallingError);
  await session.close();
});

test("what breaks the protocol ends its connection, and no other", async () => {
  await using server = await withReader();
  const other = await RawSession.open(server.port);
  for (const length of [-1, 0x7fff_ffff]) {
    const session = await RawSession.open(server.port);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, length);
    await rejects(session.exchange(bytes), ClosedError);
  }
  const unknown = await RawSession.open(server.port);
  equal((await unknown.request(77, new Uint8Array(4))).err, ErrorCode.Unimplemented);
  await unknown.whenClosed();
  equal((await read(other, OpCode.getData, "/")).err, 0);
  match(await word(server.port, "ruok"), /imok/);
  await other.close();
});

test("bytes may come one by one", async () => {
  await using server = await withReader();
  const session = await RawSession.open(server.port);
  const whole: Uint8Array[] = [];
  const { socket } = session;
  const write = socket.write.bind(socket);
  socket.write = (bytes: string | Uint8Array) => whole.push(bytes as Uint8Array) > 0;
  const reply = read(session, OpCode.getData, "/zookeeper/config");
  for (const byte of whole[0]!) await new Promise((sent) => write(Uint8Array.of(byte), sent));
  equal((await reply).err, 0);
  socket.write = write;
  await session.close();
});

test("a server does without readers where each read has to be looked at, and says so", async () => {
  const lines: string[] = [];
  const config = { "quoll.readers": 1, request_throttle_max_requests: 5 };
  await using server = await startServer({ config, onLog: (line) => lines.push(line) });
  const session = await RawSession.open(server.port);
  equal((await read(session, OpCode.getData, "/")).err, 0);
  await session.close();
  equal(lines.filter((line) => line.includes("quoll.readers: there are none")).length, 1);
});
