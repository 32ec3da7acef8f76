/** Asking a four-letter word: answers, silence, refusals, limits. */
import { equal, rejects } from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { askFourLetterWord } from "./four-letter-client.ts";

async function withServer(
  serve: (socket: Socket) => void,
  use: (port: number) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  try {
    await use(typeof address === "object" && address !== null ? address.port : 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, "close");
  }
}

const ask = (port: number, timeoutMs = 5000) =>
  askFourLetterWord({ host: "127.0.0.1", port, word: "srvr", timeoutMs });

test("sends the word and returns all of the answer", async () => {
  const answer = `Mode: standalone\n${"x".repeat(300_000)}`;
  const serve = (socket: Socket) =>
    socket.once("data", (data) => socket.end(data.toString() === "srvr" ? answer : "?"));
  await withServer(serve, async (port) => equal(await ask(port), answer));
});

test("a connection closed without an answer is an empty text", async () => {
  const serve = (socket: Socket) => socket.once("data", () => socket.end());
  await withServer(serve, async (port) => equal(await ask(port), ""));
});

test("a server that says nothing is given up", async () => {
  await withServer(
    () => {},
    (port) => rejects(ask(port, 20), /srvr to 127\.0\.0\.1:\d+: no answer within 20 ms/),
  );
});

test("nobody listening is told", async () => {
  let closed = 0;
  await withServer(
    () => {},
    async (port) => {
      closed = port;
    },
  );
  await rejects(ask(closed), /ECONNREFUSED/);
});
