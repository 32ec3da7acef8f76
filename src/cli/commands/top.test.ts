/** What servers answer, and the picture that `top` makes of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  parseCons,
  parseDumpCounts,
  parseMntr,
  parseWchp,
  parseWchs,
  troubleIn,
} from "../server-answers.ts";
import { type Look, linesOf, pictureOf } from "./top.ts";

const CONS = [
  " /127.0.0.1:35436[0](queued=0,recved=1,sent=0)",
  " /127.0.0.1:35422[1](queued=2,recved=207,sent=208,sid=0x1a,lop=GETD,est=1,to=30000," +
    "lcxid=0x1,lzxid=0x2,lresp=3,llat=0,minlat=0,avglat=4,maxlat=9)",
  " /0:0:0:0:0:0:0:1:35420[1](queued=0,recved=10,sent=11,sid=0x1b,lop=PING,est=1)",
].join("\n");
const DUMP =
  "SessionTracker dump:\n1 expire at x:\n\t0x1a\nephemeral nodes dump:\n" +
  "Sessions with Ephemerals (1):\n0x1a:\n\t/a\n\t/b\nConnections dump:\n\tip: /1:2 sessionId: 0x0\n";

describe("answers", () => {
  test("cons: those with a session", () => {
    const found = parseCons(CONS);
    assert.deepEqual(
      found.map(({ client, session, queued, received }) => [client, session, queued, received]),
      [
        ["127.0.0.1:35422", "0x1a", 2, 207],
        ["0:0:0:0:0:0:0:1:35420", "0x1b", 0, 10],
      ],
    );
    assert.deepEqual([found[0]?.lastOperation, found[0]?.meanMs, found[0]?.maxMs], ["GETD", 4, 9]);
    assert.deepEqual(parseCons("cons is not executed because it is not in the whitelist."), []);
  });
  test("dump, wchp, wchs", () => {
    assert.deepEqual([...parseDumpCounts(DUMP)], [["0x1a", 2]]);
    assert.deepEqual(
      [...parseWchp("/x\n\t0x1a\n\t0x1b\n/y\n\t0x1a\n")],
      [
        ["/x", 2],
        ["/y", 1],
      ],
    );
    assert.equal(parseWchs("1 connections watching 2 paths\nTotal watches:3\n"), 3);
    assert.equal(parseWchs("wchs is not executed because"), undefined);
  });
  test("mntr of a leader", () => {
    const answer =
      `zk_version\t3.8.0-${"a".repeat(40)}, built on 2022\nzk_server_state\tleader\n` +
      "zk_min_latency\t0\nzk_avg_latency\t0.5\nzk_max_latency\t7\nzk_synced_followers\t2\n";
    assert.deepEqual(parseMntr(answer), {
      mode: "leader",
      version: "3.8.0",
      synced: 2,
      latency: "0/0.5/7",
    });
  });
  test("words that are refused", () => {
    const refused = "mntr is not executed because it is not in the whitelist.";
    assert.deepEqual(parseMntr(`${refused}\n`), { trouble: refused });
    const idle = "This ZooKeeper instance is not currently serving requests";
    assert.equal(troubleIn(`${idle}\n`), idle);
    assert.equal(troubleIn("Mode: leader\n"), undefined);
  });
});

describe("the picture", () => {
  const look = (at: number, received: readonly number[]): Look => ({
    at,
    status: { server: "a:1", mode: "standalone" },
    connections: received.map((count, index) => ({
      client: `c:${index}`,
      session: `0x${index}`,
      queued: 0,
      received: count,
      lastOperation: "",
      meanMs: 0,
      maxMs: 0,
    })),
    ephemerals: new Map([["0x1", 3]]),
    watched: new Map([["/x", 2]]),
  });
  const told = (now: Look, before: readonly Look[], shown = 20) =>
    pictureOf([now], before, shown).connections.map((one) => [
      one.session,
      one.requests,
      one.perSecond,
    ]);

  test("the busiest since the look before come first", () => {
    const before = [look(1000, [100, 10])];
    assert.deepEqual(told(look(3000, [104, 30]), before), [
      ["0x1", 20, 10],
      ["0x0", 4, 2],
    ]);
    assert.deepEqual(told(look(3000, [104, 30]), before, 1), [["0x1", 20, 10]]);
  });
  test("at first, and after crst, all that was counted", () => {
    assert.deepEqual(told(look(0, [5]), []), [["0x0", 5, null]]);
    assert.deepEqual(told(look(1000, [5]), [look(0, [9])]), [["0x0", 5, 5]]);
  });
  test("watchers of several servers add up; trouble has its column", () => {
    const other = { ...look(0, []), status: { server: "b:1", trouble: "ECONNREFUSED" } };
    const picture = pictureOf([look(0, [1, 1]), other], [], 20);
    assert.deepEqual(picture.watched, [{ path: "/x", watchers: 4 }]);
    const lines = linesOf(picture);
    assert.match(lines[0]!, /^SERVER .* TROUBLE$/);
    assert.match(lines[2]!, /^b:1 .* ECONNREFUSED$/);
    assert.match(lines.join("\n"), /\nWATCHERS {2}PATH\n4 {9}\/x$/);
  });
});
