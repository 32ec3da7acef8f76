/** Reads beside a thread that changes the tree all the time. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type ChangingTree, dataOf, HASH_SEED } from "../../../test/support/changing-tree.ts";
import { encoded, frame } from "../../../test/support/raw-session.ts";
import { JuteReader } from "../../jute/reader.ts";
import { JuteWriter } from "../../jute/writer.ts";
import { GetDataResponse, ReadRequest, ReplyHeader, RequestHeader } from "../../records/client.ts";
import { OpCode } from "../../records/op-codes.ts";
import { LocalReads } from "./local-reads.ts";
import type { ToReader } from "./messages.ts";
import { SharedWords } from "./shared-words.ts";

const THREAD = new URL("../../../test/support/changing-tree.js", import.meta.url);
const CHANGES = 30_000;

const request = (xid: number, watch = false): Uint8Array =>
  frame(
    encoded(RequestHeader, { xid, type: OpCode.getData }),
    encoded(ReadRequest, { path: "/n", watch }),
  );

/** A reader in this thread, of a tree in another one. */
function readerOf(changes: number) {
  const { port1, port2 } = new MessageChannel();
  const words = new SharedWords(1);
  const data = { reader: 0, readers: 1, words: words.memory, hashSeed: HASH_SEED };
  const reads = new LocalReads({ ...data, frameBytesMax: 0, reportMs: 0, pollMs: 0 });
  const workerData: ChangingTree = { words: words.memory, port: port2, changes };
  const thread = new Worker(THREAD, { workerData, transferList: [port2], execArgv: [] });
  const takeMessages = (): boolean => {
    for (let next = receiveMessageOnPort(port1); next; next = receiveMessageOnPort(port1)) {
      const message = next.message as ToReader;
      reads.tookMessage();
      ok(message.kind === "memory");
      reads.show(message.pages, message.tables, message.fresh);
    }
    return true;
  };
  const asking = { to: new JuteWriter(), takeMessages };
  const answer = (bytes: Uint8Array): boolean => {
    asking.to.clear();
    return reads.answer(asking, bytes, 4, bytes.length);
  };
  return { asking, answer, thread, close: () => port1.close() };
}

test("what is read while it changes is whole, and never older than what was read before", async () => {
  const { asking, answer, thread, close } = readerOf(CHANGES);
  let isDone = false;
  thread.once("message", () => {
    isDone = true;
  });
  const ended = new Promise((resolve) => thread.once("exit", resolve));
  let [newest, answered, xid] = [0, 0, 0];
  while (!isDone) {
    for (let count = 0; count < 1000; count++) {
      if (!answer(request(++xid))) continue;
      const from = new JuteReader(asking.to.written(), 4);
      const header = ReplyHeader.read(from);
      equal(header.xid, xid);
      // The tree is empty before its first change.
      if (header.err !== 0) {
        equal(newest, 0);
        continue;
      }
      const { data, stat } = GetDataResponse.read(from);
      deepEqual(new Uint8Array(data!), dataOf(stat.version));
      ok(stat.version >= newest && header.zxid >= stat.mzxid, `${stat.version} after ${newest}`);
      newest = stat.version;
      answered++;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  ok(answer(request(++xid)));
  const last = GetDataResponse.read(new JuteReader(asking.to.written(), 4 + 16));
  equal(last.stat.version, CHANGES);
  ok(answered > 0);
  await ended;
  close();
});

test("a read with a watch, another operation and half a request are the server's", async () => {
  const { asking, answer, thread, close } = readerOf(0);
  await new Promise((resolve) => thread.once("exit", resolve));
  equal(answer(request(1)), true);
  const unserved = frame(encoded(RequestHeader, { xid: 1, type: OpCode.sync }), Uint8Array.of(0));
  for (const bytes of [
    request(1, true),
    unserved,
    request(1).subarray(0, 14),
    request(1).subarray(0, 6),
  ]) {
    equal(answer(bytes), false);
    equal(asking.to.at, 0);
  }
  close();
});
