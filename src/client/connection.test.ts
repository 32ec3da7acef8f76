/** Real sockets on this machine: several addresses of a name, and what a failure says. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type LookupFunction } from "node:net";
import { test } from "node:test";
import { type ConnectionEvents, dialTcp } from "./connection.ts";

/** Resolves to how it went. */
const outcome = (lookup: LookupFunction | undefined, name: string, port: number): Promise<string> =>
  new Promise((resolve) => {
    const events: ConnectionEvents = {
      opened() {
        resolve("opened");
        connection.close();
      },
      received() {},
      closed: (reason) => resolve(reason),
    };
    const connection = dialTcp(lookup)({ name, port }, events);
  });

test("a name is looked up at each dialing, and all of its addresses are tried", async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const at = server.address();
  assert(at !== null && typeof at === "object");
  const asked: string[] = [];
  const lookup: LookupFunction = (name, _, answer) => {
    asked.push(name);
    // Nobody listens on the first address.
    const addresses = ["127.0.0.2", "127.0.0.1"].map((address) => ({ address, family: 4 }));
    answer(null, addresses);
  };
  assert.equal(await outcome(lookup, "zk.example", at.port), "opened");
  assert.equal(await outcome(lookup, "zk.example", at.port), "opened");
  assert.deepEqual(asked, ["zk.example", "zk.example"]);
  server.close();
  await once(server, "close");
  assert.match(await outcome(undefined, "127.0.0.1", at.port), /ECONNREFUSED/);
  const nowhere: LookupFunction = (_name, _options, answer) => {
    answer(Object.assign(new Error("no such name"), { code: "ENOTFOUND" }), "");
  };
  assert.equal(await outcome(nowhere, "bad.example", 1), "no such name");
});
