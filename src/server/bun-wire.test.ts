/** Connections on Bun's sockets: what the system does not take at once, and how they end. */
import { deepEqual, equal } from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type BunWire, listenOnBun } from "./bun-wire.ts";

type Options = Parameters<Parameters<typeof listenOnBun>[0]["listen"]>[0];
type BunSocket = Parameters<Options["socket"]["open"]>[0];

/** A socket that takes as many bytes as the test says, and tells what was done with it. */
class Taken {
  declare data: BunWire;
  readonly remoteAddress = "::ffff:10.0.0.7";
  readonly remotePort = 5000;
  readonly told: string[] = [];
  room = Number.POSITIVE_INFINITY;

  write(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.room);
    this.room -= taken;
    this.told.push(`write ${taken}`);
    return taken;
  }

  shutdown = (): unknown => this.told.push("shutdown");
  terminate = (): unknown => this.told.push("terminate");
  pause = (): unknown => this.told.push("pause");
  resume = (): unknown => this.told.push("resume");
  setKeepAlive = (): unknown => this.told.push("keep alive");
}

function connected() {
  const socket = new Taken();
  let options: Options | undefined;
  const listen = (given: Options) => {
    options = given;
    return { port: 2181, hostname: "::", stop: () => {} };
  };
  const heard: string[] = [];
  const door = listenOnBun(
    { listen },
    { port: 2181, address: undefined, keepAlive: true },
    (accepted) =>
      accepted.serve({
        data: (bytes) => heard.push(`data ${bytes.length}`),
        drain: () => heard.push("drain"),
        close: () => heard.push("close"),
      }),
  );
  const handlers = options!.socket;
  handlers.open(socket as unknown as BunSocket);
  const event = (kind: "drain" | "close") => handlers[kind](socket as unknown as BunSocket);
  const data = (length: number) => {
    handlers.data(socket as unknown as BunSocket, new Uint8Array(length));
  };
  return { socket, wire: socket.data, door, heard, told: socket.told, event, data };
}

test("a connection comes in paused, with its address", () => {
  const { wire, door, told, data, heard } = connected();
  deepEqual([wire.address, wire.port], ["10.0.0.7", 5000]);
  deepEqual(door.address, { address: "::", family: "IPv6", port: 2181 });
  deepEqual(told, ["pause", "keep alive"]);
  data(3);
  deepEqual(heard, ["data 3"]);
});

test("what the system does not take waits, in its order, and its leaving is told once", () => {
  const { socket, wire, told, heard, event } = connected();
  told.length = 0;
  equal(wire.write(new Uint8Array(10)), true);
  socket.room = 4;
  equal(wire.write(new Uint8Array(10)), false);
  equal(wire.write(new Uint8Array(5)), false);
  deepEqual([wire.waiting, wire.isFull], [11, true]);
  socket.room = 8;
  event("drain");
  deepEqual([wire.waiting, heard.length], [3, 0]);
  socket.room = 100;
  event("drain");
  event("drain");
  deepEqual([wire.waiting, wire.isFull, heard], [0, false, ["drain"]]);
  deepEqual(told, ["write 10", "write 4", "write 6", "write 2", "write 3"]);
});

test("a connection that is finished sends the rest, then its end, and hears no more", (t) => {
  const { socket, wire, told, heard, event, data } = finishing(t);
  socket.room = 1;
  wire.write(new Uint8Array(2));
  wire.finish();
  deepEqual(told, ["write 1", "resume"]);
  data(9);
  socket.room = 1;
  event("drain");
  deepEqual(told.slice(2), ["write 1", "shutdown"]);
  event("close");
  event("close");
  deepEqual(heard, ["close"]);
  t.mock.timers.tick(60_000);
  wire.finish();
  wire.pause();
  wire.destroy();
  equal(wire.write(new Uint8Array(1)), true);
  equal(told.length, 4, "nothing is asked of a socket that is closed");
});

test("one that does not read its rest is ended after some time", (t) => {
  const { socket, wire, told } = finishing(t);
  socket.room = 0;
  wire.write(new Uint8Array(2));
  wire.finish();
  t.mock.timers.tick(5000);
  equal(told.at(-1), "terminate");
});

function finishing(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const world = connected();
  world.told.length = 0;
  return world;
}
