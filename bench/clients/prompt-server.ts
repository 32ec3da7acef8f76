/**
 * A server that answers at once, always the same and without looking: what a client can do when no
 * server holds it back. Knows the handshake, pings, getData and setData. A process of its own; its
 * parent is sent the port.
 */
import { createServer, type Socket } from "node:net";
import { toSessionId, toZxid } from "../../src/base/ids.ts";
import { FrameCutter } from "../../src/jute/frames.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import {
  ConnectResponse,
  GetDataResponse,
  ReplyHeader,
  RequestHeader,
  StatResponse,
} from "../../src/records/client.ts";
import type { Stat } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { encoded, frame } from "../../test/support/raw-session.ts";

const FRAME_BYTES_MAX = 0xf_ffff;
const DATA = new Uint8Array(Number.parseInt(process.argv[2] ?? "100", 10)).fill(0x64);
/** Where the xid is in a reply's frame. */
const XID_AT = 4;

const zxid = toZxid(0x1_0000_0001n);
const stat: Stat = {
  czxid: zxid,
  mzxid: zxid,
  ctime: Date.now(),
  mtime: Date.now(),
  version: 1,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0n,
  dataLength: DATA.length,
  numChildren: 0,
  pzxid: zxid,
};

const HEADER = encoded(ReplyHeader, { xid: 0, zxid, err: 0 });
const WELCOME = frame(
  encoded(ConnectResponse, {
    protocolVersion: 0,
    timeoutMs: 30_000,
    sessionId: toSessionId(1n),
    password: new Uint8Array(16),
    readOnly: false,
  }),
);
const REPLIES: ReadonlyMap<number, Uint8Array> = new Map([
  [OpCode.ping, frame(HEADER)],
  [OpCode.getData, frame(HEADER, encoded(GetDataResponse, { data: DATA, stat }))],
  [OpCode.setData, frame(HEADER, encoded(StatResponse, { stat }))],
]);

function serve(socket: Socket): void {
  const cutter = new FrameCutter(FRAME_BYTES_MAX);
  const out = new JuteWriter();
  let isKnown = false;
  const answer = (bytes: Uint8Array, start: number, end: number): boolean => {
    if (!isKnown) {
      out.raw(WELCOME);
      isKnown = true;
      return true;
    }
    const { xid, type } = RequestHeader.read(new JuteReader(bytes, start, end));
    const reply = REPLIES.get(type);
    if (reply === undefined) {
      socket.end();
      return false;
    }
    const at = out.at;
    out.raw(reply);
    out.view.setInt32(at + XID_AT, xid);
    return true;
  };
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: Uint8Array) => {
    cutter.push(chunk, answer);
    socket.write(out.taken());
    out.clear();
  });
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => process.send!(server.address()));
