/** Specification 3.1: the connections of an election. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { hexOf } from "../../src/base/bytes.ts";
import { LINKS_MAX } from "../../src/election/links.ts";
import { INITIAL_V2 } from "../../src/records/election.ts";
import { frameOf, initialOf, LinkBench } from "../support/election-link.ts";
import { said, vote } from "../support/electors.ts";
import { readStream } from "../support/golden.ts";
import { statement } from "../support/statement.ts";

const first = said("looking", vote(1));
const second = said("looking", vote(2));
const third = said("looking", vote(3));

statement("3.1", "The side that dialed writes the initial message, in one write", () => {
  const bench = new LinkBench(2, undefined, ["127.0.0.1:40302"]).connect(1);
  deepEqual(bench.take(), ["dial -1: 1 at its address"]);
  const { bytes } = readStream("fle/a-2-to-1-first-election").frames[0]!;
  deepEqual(bench.tell("linkOpened", -1).take(), [`send -1: ${hexOf(bytes)}`, "1 is there"]);
});

statement("3.1", "Version -65535 tells all addresses", () => {
  const bench = new LinkBench(2, INITIAL_V2, ["127.0.0.1:40322", "127.0.0.2:40332"]).connect(1);
  bench.take();
  const { bytes } = readStream("fle/c-multiaddress-init-v2").frames[0]!;
  equal(bench.tell("linkOpened", -1).take()[0], `send -1: ${hexOf(bytes)}`);
});

statement("3.1", "A receiver accepts both versions, and a bare sid of older peers", () => {
  const forms = [initialOf(5), initialOf(5, "a:1", "b:2"), "0000000000000005"];
  for (const form of forms) {
    const bench = new LinkBench(2).tell("linkAccepted", 1).receive(1, form);
    deepEqual(bench.take(), ["5 is there"]);
  }
});

statement("3.1", "The initial message may come in pieces, with frames behind it", () => {
  const bench = new LinkBench(2).tell("linkAccepted", 1);
  const hex = `${initialOf(5)}${frameOf(first)}${frameOf(second)}`;
  for (let at = 0; at < hex.length; at += 2) bench.receive(1, hex.slice(at, at + 2));
  const whole = new LinkBench(2).tell("linkAccepted", 1).receive(1, hex);
  const want = [
    "5 is there",
    "heard 5: looking 1 0x0 epoch 0 round 1",
    "heard 5: looking 2 0x0 epoch 0 round 1",
  ];
  deepEqual(bench.take(), want);
  deepEqual(whole.take(), want);
});

statement("3.1", "Another negative first long: close", () => {
  const bench = new LinkBench(2).tell("linkAccepted", 1).receive(1, "ffffffffffff0002");
  deepEqual(bench.take(), ["close 1"]);
});

statement("3.1", "Wildcard addresses in the initial message are ignored", () => {
  const bench = new LinkBench(2).tell("linkAccepted", 1);
  bench.receive(1, initialOf(1, "0.0.0.0:3", "[::]:3", "a:3"));
  deepEqual(bench.take(), ["close 1", "dial -1: 1 at a:3"]);
});

statement("3.1", "A dialer with the smaller sid leaves the connection after its message", () => {
  const bench = new LinkBench(1).connect(2).tell("linkOpened", -1);
  deepEqual(bench.take(), ["dial -1: 2 at its address", `send -1: ${initialOf(1)}`]);
  // The acceptor closes; a dialer that did might lose what it sent. It waits, but not for ever.
  deepEqual(bench.wait(10_000).take(), ["close -1"]);
});

test("a server that takes the introduction, closes and does not dial is dialed once more", () => {
  const bench = new LinkBench(1).connect(2).tell("linkOpened", -1).tell("linkClosed", -1);
  bench.take();
  const { wakeAt } = bench.machine;
  deepEqual(bench.wait(wakeAt!).take(), ["dial -2: 2 at its address"]);
  deepEqual(bench.tell("linkClosed", -2).take(), ["2 is gone"]);
  bench.connect(2).tell("linkOpened", -3).tell("linkClosed", -3);
  bench.wait(wakeAt!).tell("linkOpened", -4).tell("linkClosed", -4);
  equal(bench.machine.wakeAt, undefined, "it is there and does not want us: once is enough");
});

test("a server that closes the introduction and dials is not dialed again", () => {
  const bench = new LinkBench(1).connect(2).tell("linkOpened", -1).tell("linkClosed", -1);
  bench.meet(1, 2).take();
  deepEqual(bench.wait(1_000).take(), []);
});

statement("3.1", "A dialer with the larger sid keeps the connection and starts exchanging", () => {
  const bench = new LinkBench(2).connect(1).tell("linkOpened", -1);
  bench.take();
  bench.send(1, first).receive(-1, frameOf(second));
  deepEqual(bench.take(), [
    `send -1: ${frameOf(first)}`,
    "await -1",
    "heard 1: looking 2 0x0 epoch 0 round 1",
  ]);
});

statement(
  "3.1",
  "A smaller sid dials: close that, dial back at its address, then close the earlier one",
  () => {
    const bench = new LinkBench(2).connect(1).tell("linkOpened", -1);
    bench.take();
    bench.tell("linkAccepted", 7).receive(7, initialOf(1, "new:3"));
    deepEqual(bench.take(), ["close 7", "dial -2: 1 at new:3"]);
    deepEqual(bench.tell("linkOpened", -2).take(), [
      `send -2: ${initialOf(2)}`,
      "close -1",
      "1 is there",
    ]);
  },
);

statement("3.1", "Without an address in the message: dial at the configured one", () => {
  const bench = new LinkBench(2).tell("linkAccepted", 1).receive(1, "0000000000000001");
  deepEqual(bench.take(), ["close 1", "dial -1: 1 at its address"]);
});

statement("3.1", "An address that does not answer: the next one, at last the configured", () => {
  const bench = new LinkBench(2).tell("linkAccepted", 1).receive(1, initialOf(1, "a:3", "b:3"));
  deepEqual(bench.take().slice(1), ["dial -1: 1 at a:3"]);
  deepEqual(bench.tell("linkClosed", -1).take(), ["dial -2: 1 at b:3"]);
  deepEqual(bench.wait(5000).take(), ["close -2", "dial -3: 1 at its address"]);
  deepEqual(bench.tell("linkClosed", -3).take(), ["1 is gone"]);
});

statement("3.1", "My own sid: close", () => {
  deepEqual(new LinkBench(2).meet(1, 2).take(), ["close 1"]);
});

statement("3.1", "A larger sid dials: keep that, close any earlier one of it", () => {
  const bench = new LinkBench(2).meet(1, 3).meet(2, 3);
  deepEqual(bench.take(), ["3 is there", "close 1", "3 is there"]);
  deepEqual(bench.tell("linkClosed", 1).receive(2, frameOf(third)).take(), [
    "heard 3: looking 3 0x0 epoch 0 round 1",
  ]);
});

statement("3.1", "Both dial: the one of the larger sid stays", () => {
  const small = new LinkBench(1).connect(2);
  small.take();
  // Its own attempt opens when the larger one has dialed already.
  deepEqual(small.meet(1, 2).tell("linkOpened", -1).take(), ["2 is there", "close -1"]);
  const large = new LinkBench(2).connect(1).tell("linkAccepted", 1);
  large.take();
  deepEqual(large.receive(1, initialOf(1)).take(), ["close 1"]);
  deepEqual(large.tell("linkOpened", -1).take(), [`send -1: ${initialOf(2)}`, "1 is there"]);
});

statement(
  "3.1",
  "sid Long.MAX_VALUE: a negative number of the acceptor's own, from -1 down",
  () => {
    const bench = new LinkBench(2);
    const anonymous = initialOf(2n ** 63n - 1n, "o:3");
    bench
      .tell("linkAccepted", 1)
      .receive(1, anonymous)
      .tell("linkAccepted", 2)
      .receive(2, anonymous);
    deepEqual(bench.take(), ["-1 is there", "-2 is there"]);
    deepEqual(bench.receive(2, frameOf(first)).take(), ["heard -2: looking 1 0x0 epoch 0 round 1"]);
  },
);

statement("3.1", "Other negative sids: close", () => {
  deepEqual(new LinkBench(2).tell("linkAccepted", 1).receive(1, initialOf(-3n)).take(), [
    "close 1",
  ]);
});

statement("3.1", "Connecting takes at most 5 s, one attempt at a time for each sid", () => {
  const bench = new LinkBench(2).connect(1).connect(1);
  deepEqual(bench.take(), ["dial -1: 1 at its address"]);
  equal(bench.machine.wakeAt, 5000);
  deepEqual(bench.wait(4999).connect(1).take(), []);
  deepEqual(bench.wait(1).take(), ["close -1", "1 is gone"]);
  deepEqual(bench.connect(1).take(), ["dial -2: 1 at its address"]);
});

statement("3.1", "Who is connected is not dialed, nor is this server itself", () => {
  const bench = new LinkBench(2).meet(1, 3);
  bench.take();
  deepEqual(bench.connect(3).connect(2).take(), []);
});

statement("3.1", "An initial message that does not come: close after 10 s", () => {
  const bench = new LinkBench(2).tell("linkAccepted", 1).receive(1, "ffff");
  equal(bench.machine.wakeAt, 10_000);
  deepEqual(bench.wait(10_000).take(), ["close 1"]);
  equal(bench.machine.wakeAt, undefined);
});

statement("3.1", "A connection that talks may be silent for ever", () => {
  const bench = new LinkBench(2).meet(1, 3);
  bench.take();
  equal(bench.machine.wakeAt, undefined);
  deepEqual(bench.wait(1e9).take(), []);
});

statement("3.1", "A frame's length of 0, below 0 or above 524288 ends the connection", () => {
  for (const length of ["00000000", "ffffffff", "00080001"]) {
    const bench = new LinkBench(2).meet(1, 3);
    bench.take();
    deepEqual(bench.receive(1, `${frameOf(first)}${length}`).take(), [
      "heard 3: looking 1 0x0 epoch 0 round 1",
      "close 1",
      "3 is gone",
    ]);
  }
});

statement("3.1", "A notification that is none is ignored, and the connection stays", () => {
  const bench = new LinkBench(2).meet(1, 3);
  bench.take();
  bench.receive(1, `00000003 010203 ${frameOf(first)}`);
  deepEqual(bench.take(), ["heard 3: looking 1 0x0 epoch 0 round 1"]);
});

statement("3.1", "One pending message for each peer; a newer one replaces it", () => {
  const bench = new LinkBench(2).meet(1, 3);
  bench.take();
  bench.send(3, first).send(3, second).send(3, third);
  deepEqual(bench.take(), [`send 1: ${frameOf(first)}`, "await 1"]);
  deepEqual(bench.tell("linkDrained", 1).take(), [`send 1: ${frameOf(third)}`, "await 1"]);
  deepEqual(bench.tell("linkDrained", 1).take(), []);
});

statement("3.1", "A fresh connection repeats nothing old (divergences: election-repeat)", () => {
  const bench = new LinkBench(2).meet(1, 3).send(3, first).send(3, second);
  bench.tell("linkClosed", 1).send(3, second);
  bench.take();
  deepEqual(bench.meet(2, 3).take(), ["3 is there"]);
});

statement("3.1", "A connection that is lost is told once; what comes late of it is nothing", () => {
  const bench = new LinkBench(2).meet(1, 3);
  bench.take();
  deepEqual(bench.tell("linkClosed", 1).take(), ["3 is gone"]);
  bench.tell("linkClosed", 1).receive(1, frameOf(first)).tell("linkDrained", 1);
  deepEqual(bench.take(), []);
});

statement("3.1", "Connections are bounded in number (divergences: election-connections)", () => {
  const bench = new LinkBench(2);
  for (let link = 1; link <= LINKS_MAX + 1; link++) bench.tell("linkAccepted", link);
  deepEqual(bench.take(), [`close ${LINKS_MAX + 1}`]);
});
