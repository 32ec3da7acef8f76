/**
 * Every frame that Apache ZooKeeper 3.8.0 and its clients exchanged in the captured client streams
 * is decoded by our records and encoded again, to the same bytes.
 */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { BODIES, NOTHING } from "../../test/support/bodies.ts";
import { type GoldenFrame, readStream, streamNames } from "../../test/support/golden.ts";
import { hexOf } from "../base/bytes.ts";
import type { Codec } from "../jute/codec.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import * as client from "./client.ts";
import { Xid } from "./constants.ts";
import { describeOp, OpCode } from "./op-codes.ts";

/** Follows one connection, so that a reply is read as the answer to its request. */
class Conversation {
  private readonly asked = new Map<number, number>();
  private greeted = { dialer: false, listener: false };

  /** The frame as our records write what they read. */
  again(frame: GoldenFrame): Uint8Array {
    const from = new JuteReader(frame.bytes, 4);
    const to = new JuteWriter();
    to.int(0);
    if (!this.greeted[frame.from]) {
      this.greeted[frame.from] = true;
      copy(frame.from === "dialer" ? client.ConnectRequest : client.ConnectResponse, from, to);
    } else if (frame.from === "dialer") this.request(from, to);
    else this.reply(from, to);
    equal(from.remaining, 0, `${frame.note}: bytes are left`);
    to.view.setInt32(0, to.at - 4);
    return to.taken();
  }

  private request(from: JuteReader, to: JuteWriter): void {
    const { xid, type } = copy(client.RequestHeader, from, to);
    this.asked.set(xid, type);
    copy(BODIES.get(type)?.[0] ?? NOTHING, from, to);
  }

  private reply(from: JuteReader, to: JuteWriter): void {
    const { xid, err } = copy(client.ReplyHeader, from, to);
    if (xid === Xid.event) {
      copy(client.WatcherEvent, from, to);
      return;
    }
    const type = xid === Xid.ping ? OpCode.ping : this.asked.get(xid)!;
    if (err === 0) copy(BODIES.get(type)![1], from, to);
  }
}

function copy<T>(codec: Codec<T>, from: JuteReader, to: JuteWriter): T {
  const value = codec.read(from);
  codec.write(to, value);
  return value;
}

for (const name of streamNames("client")) {
  test(`every frame of ${name} comes out as it went in`, () => {
    const talk = new Conversation();
    readStream(name).frames.forEach((frame, index) => {
      equal(hexOf(talk.again(frame)), hexOf(frame.bytes), `frame ${index}: ${frame.note}`);
    });
  });
}

test("the streams hold every operation but two that need a special server", () => {
  const seen = new Set<number>();
  for (const name of streamNames("client")) {
    const requests = readStream(name).frames.filter(({ from }) => from === "dialer");
    for (const { bytes } of requests.slice(1)) seen.add(new JuteReader(bytes, 8).int());
  }
  const missing = [...BODIES.keys()].filter((type) => !seen.has(type)).map(describeOp);
  equal(missing.join(" "), "reconfig sasl");
});
