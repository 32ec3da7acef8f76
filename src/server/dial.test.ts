/** Dialing a server by several addresses, on real sockets. */
import { equal, match, ok } from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { test } from "node:test";
import { type Address, type DialResult, dialAny } from "./dial.ts";

const OPTIONS = { msMax: 5000, keepAlive: false };

const listen = (): Promise<readonly [Server, Address]> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.on("error", () => {}));
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      resolve([server, { host: "127.0.0.1", port }]);
    });
  });

const dial = (addresses: readonly Address[], options = OPTIONS): Promise<DialResult> =>
  new Promise((resolve) => dialAny(addresses, options, resolve));

/** A port that nobody listens on any more. */
async function deadAddress(): Promise<Address> {
  const [server, address] = await listen();
  await new Promise((resolve) => server.close(resolve));
  return address;
}

test("the next address is taken where one refuses", async () => {
  const [server, address] = await listen();
  const result = await dial([await deadAddress(), address]);
  ok("socket" in result);
  equal(result.socket.remotePort, address.port);
  result.socket.destroy();
  server.close();
});

test("when all refuse, the last reason is told", async () => {
  const result = await dial([await deadAddress(), await deadAddress()]);
  ok("why" in result);
  match(result.why, /ECONNREFUSED/);
});

test("a host that nobody knows, and no address at all", async () => {
  const unknown = await dial([{ host: "no-such-host.invalid", port: 1 }]);
  ok("why" in unknown);
  match(unknown.why, /no-such-host\.invalid|nobody answers/);
  const none = await dial([]);
  ok("why" in none);
  equal(none.why, "no address is known");
});

test("what was given up is told nothing", async () => {
  const [server, address] = await listen();
  let told = false;
  const giveUp = dialAny([address], OPTIONS, () => {
    told = true;
  });
  giveUp();
  const other = await dial([address]);
  ok("socket" in other);
  other.socket.destroy();
  equal(told, false);
  server.close();
});
