/** The life of client sockets, on the real network of this machine. */
import { equal, ok } from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { Metrics } from "../base/metrics.ts";
import type { ConnectionId, PeerInput } from "../peer/io.ts";
import { type SocketEvents, Sockets } from "./sockets.ts";

const EVENTS: SocketEvents = {
  answer: (word) => `the answer to ${word}`,
  overrun: () => {},
  notAccepted: () => {},
  turnedAway: () => {},
};

/** Sockets that listen, what they fed, and a wait for the next input of a kind. */
async function listening() {
  const sockets = new Sockets(EVENTS, {
    limits: { maxCnxns: 0, maxClientCnxns: 0 },
    metrics: new Metrics(),
  });
  const inputs: PeerInput[] = [];
  const looks = new Set<() => void>();
  sockets.serve((input) => {
    inputs.push(input.kind === "received" ? { ...input, bytes: input.bytes.slice() } : input);
    for (const look of [...looks]) look();
  });
  const { port } = await sockets.listen({
    port: 0,
    address: "127.0.0.1",
    backlog: undefined,
    keepAlive: false,
  });
  const heard = (kind: PeerInput["kind"]): Promise<ConnectionId> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = inputs.find((input) => input.kind === kind);
        if (found === undefined || !("conn" in found)) return;
        looks.delete(look);
        resolve(found.conn);
      };
      looks.add(look);
      look();
    });
  return { sockets, inputs, heard, client: connect(port, "127.0.0.1") };
}

const ended = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.on("error", () => {}); // "close" follows
    socket.once("close", () => resolve());
  });

test("stopping does not wait for a connection that only sends the rest of its output", async () => {
  const { sockets, heard, client } = await listening();
  client.pause();
  const conn = await heard("opened");
  sockets.send(conn, new Uint8Array(20_000_000));
  sockets.close(conn);
  await sockets.stop();
  client.resume();
  await ended(client);
});

test("what is asked of a connection that is gone has no effect", async () => {
  const { sockets, inputs, heard, client } = await listening();
  const conn = await heard("opened");
  client.destroy();
  await heard("closed");
  sockets.send(conn, new Uint8Array(1));
  sockets.pause(conn);
  sockets.resume(conn);
  sockets.close(conn);
  sockets.close(conn);
  sockets.answerWord(conn, "ruok", 0n);
  await sockets.stop();
  await sockets.stop();
  equal(inputs.filter(({ kind }) => kind === "closed").length, 1);
});

test("a word is answered to a client that has closed its own side", async () => {
  const { sockets, heard, client } = await listening();
  let answer = "";
  client.on("data", (bytes) => {
    answer += bytes.toString();
  });
  client.end("ruok");
  const conn = await heard("received");
  sockets.answerWord(conn, "ruok", 0n);
  await ended(client);
  equal(answer, "the answer to ruok");
  await sockets.stop();
});

test("output that waits holds up reading, and reading goes on when it has left", async () => {
  const { sockets, inputs, heard, client } = await listening();
  client.pause();
  const conn = await heard("opened");
  sockets.send(conn, new Uint8Array(20_000_000));
  // The machine's own wish to read on does not override what waits.
  sockets.pause(conn);
  sockets.resume(conn);
  client.write("late");
  client.resume();
  await heard("received");
  ok(inputs.some(({ kind }) => kind === "received"));
  client.destroy();
  await heard("closed");
  await sockets.stop();
});
