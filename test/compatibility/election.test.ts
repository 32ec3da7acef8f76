/** Specification 3.2 to 3.5: notifications, who is answered what, and how a round goes. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { bytesOfHex, hexOf } from "../../src/base/bytes.ts";
import { toServerId, toZxid } from "../../src/base/ids.ts";
import { NO_EPOCH, NO_SERVER, NO_ZXID } from "../../src/election/votes.ts";
import { bothOf } from "../../src/quorum/ensemble.ts";
import { decodeNotification, encodeNotification } from "../../src/records/election.ts";
import { Elector, quorumsOfLines, said, sid, vote } from "../support/electors.ts";
import { readStream } from "../support/golden.ts";
import { statement } from "../support/statement.ts";

const HEAD = "00000001 0000000000000003 0000000500000007 0000000000000009";
const read = (hex: string) => decodeNotification(bytesOfHex(hex));
const observers = quorumsOfLines(3, "server.4=o:1:2:observer");

statement("3.2", "Sent are state, leader, zxid, round, peerEpoch, version 2, configuration", () => {
  const { bytes } = readStream("fle/a-2-to-1-first-election").frames[1]!;
  const config = decodeNotification(bytes, 4)!.config;
  const told = said("looking", vote(2), 1, { config });
  equal(hexOf(encodeNotification(told)), hexOf(bytes));
});

statement("3.2", "Messages below 28 bytes are ignored", () => {
  equal(read(HEAD.slice(0, -2)), undefined);
});

statement("3.2", "28 bytes: peerEpoch is the epoch of the zxid, version 0", () => {
  const { peerEpoch, version } = read(HEAD)!;
  deepEqual([peerEpoch, version], [5n, 0]);
});

statement("3.2", "40 bytes: peerEpoch is there, version 0 whatever follows it", () => {
  const { peerEpoch, version } = read(`${HEAD} 0000000000000006 00000002`)!;
  deepEqual([peerEpoch, version], [6n, 0]);
});

statement("3.2", "A negative or too large configLength: the message is ignored", () => {
  equal(read(`${HEAD} 0000000000000006 00000002 ffffffff`), undefined);
  equal(read(`${HEAD} 0000000000000006 00000002 00000002 61`), undefined);
});

statement("3.2", "The configuration is UTF-8", () => {
  const { config } = read(`${HEAD} 0000000000000006 00000002 00000002 c3a9`)!;
  equal(config, "é");
});

statement("3.3", "The round starts at 0 and grows by one with each election", () => {
  const elector = new Elector(1, { quorums: quorumsOfLines(2) });
  deepEqual(elector.look().take(), ["to 2: looking 1 0x0 epoch 0 round 1"]);
  deepEqual(elector.look().take(), ["to 2: looking 1 0x0 epoch 0 round 2"]);
});

statement("3.3", "A voter's first vote: itself, its last logged zxid, its currentEpoch", () => {
  const elector = new Elector(1, { quorums: quorumsOfLines(2) }).look(4, 7, 5);
  deepEqual(elector.take(), ["to 2: looking 1 0x400000007 epoch 5 round 1"]);
});

statement("3.3", "A server that is no voter proposes Long.MIN_VALUE", () => {
  const elector = new Elector(9, { quorums: quorumsOfLines(1) }).look(4, 7);
  deepEqual(elector.take(), ["to 1: looking nobody 0x400000007 epoch 4 round 1"]);
});

statement("3.3", "An observer's zxid and peerEpoch are Long.MIN_VALUE too", () => {
  const elector = new Elector(4, { quorums: observers, role: "observer" }).look(4, 7);
  const [told] = elector.takeTo(1);
  deepEqual([told?.leader, told?.zxid, told?.peerEpoch], [NO_SERVER, NO_ZXID, NO_EPOCH]);
});

statement("3.3", "Voters are those of the committed and of the proposed configuration", () => {
  const quorums = bothOf(quorumsOfLines(2), quorumsOfLines(3));
  const elector = new Elector(1, { quorums }).look();
  deepEqual(elector.take(), [
    "to 2: looking 1 0x0 epoch 0 round 1",
    "to 3: looking 1 0x0 epoch 0 round 1",
  ]);
});

statement(
  "3.4",
  "Not looking, an observer is answered with currentVote, my round and state",
  () => {
    const elector = new Elector(1, { quorums: observers }).settle(vote(2, 1, 5), 6);
    elector.hears(4, said("looking", { leader: NO_SERVER, zxid: NO_ZXID, peerEpoch: NO_EPOCH }, 9));
    deepEqual(elector.take(), ["to 4: following 2 0x100000005 epoch 1 round 6"]);
  },
);

statement(
  "3.4",
  "Looking, a non-voter waits for its answer (divergences: election-outdated)",
  () => {
    const elector = new Elector(1, { quorums: observers }).settle(vote(2), 1).look();
    elector.take();
    const asks = said("looking", { leader: NO_SERVER, zxid: NO_ZXID, peerEpoch: NO_EPOCH }, 1);
    deepEqual(elector.hears(4, asks).hears(4, asks).take(), []);
    elector.hears(2, said("looking", vote(2), 2)).hears(3, said("looking", vote(2), 2));
    deepEqual(elector.take().slice(-2), [
      "elected: following 2",
      "to 4: following 2 0x0 epoch 0 round 2",
    ]);
  },
);

statement(
  "3.4",
  "Who asked before the epoch was known is told it (divergences: election-outdated)",
  () => {
    const elector = new Elector(1, { quorums: observers }).settle(vote(2));
    elector.hears(3, said("looking", vote(3)));
    deepEqual(elector.take(), ["to 3: following 2 0x0 epoch 0 round 1"]);
    deepEqual(elector.synchronised(1).take(), ["to 3: following 2 0x0 epoch 1 round 1"]);
    elector.hears(3, said("looking", vote(3))).take();
    deepEqual(elector.synchronised(1).take(), []);
  },
);

statement("3.4", "Only who looks is answered (divergences: election-chatter)", () => {
  const elector = new Elector(1, { quorums: observers }).settle(vote(2));
  elector.hears(4, said("observing", vote(2))).hears(3, said("following", vote(2)));
  deepEqual(elector.take(), []);
});

statement("3.4", "Looking, a voter of a smaller round is told my proposal and round", () => {
  const elector = new Elector(2).look().look();
  elector.take();
  elector.hears(3, said("looking", vote(3), 1));
  deepEqual(elector.take(), ["to 3: looking 2 0x0 epoch 0 round 2"]);
});

statement("3.4", "Not looking, a voter that looks is told currentVote with its own round", () => {
  const elector = new Elector(1).settle(vote(2, 1, 5), 6);
  elector.hears(3, said("looking", vote(3, 1, 9), 8));
  deepEqual(elector.take(), ["to 3: following 2 0x100000005 epoch 1 round 6"]);
});

statement("3.4", "A leader answers LEADING, an observer OBSERVING", () => {
  const leader = new Elector(2).settle(vote(2)).hears(3, said("looking", vote(3)));
  deepEqual(leader.take(), ["to 3: leading 2 0x0 epoch 0 round 1"]);
  const observer = new Elector(4, { quorums: observers, role: "observer" }).settle(vote(2));
  deepEqual(observer.hears(3, said("looking", vote(3))).take(), [
    "to 3: observing 2 0x0 epoch 0 round 1",
  ]);
});

statement("3.4", "Messages of servers that are no voters do not count", () => {
  const elector = new Elector(1).look();
  elector.take();
  elector.hears(8, said("looking", vote(2))).hears(9, said("looking", vote(3, 9)));
  deepEqual(elector.wait(199).take(), []);
});

statement("3.4", "Votes for servers that are no voters do not count", () => {
  const elector = new Elector(1).look();
  elector.take();
  elector.hears(2, said("looking", vote(9, 9))).hears(3, said("leading", vote(9, 9)));
  deepEqual(elector.wait(199).take(), []);
});

type Better = readonly [
  why: string,
  mine: readonly [number, number, number],
  theirs: ReturnType<typeof vote>,
  wins: boolean,
];
const order: readonly Better[] = [
  ["a later epoch", [1, 9, 1], vote(1, 1, 0, 2), true],
  ["an earlier epoch", [1, 0, 2], vote(3, 1, 9, 1), false],
  ["a larger zxid", [1, 4, 1], vote(1, 1, 5, 1), true],
  ["a smaller zxid", [1, 4, 1], vote(3, 1, 3, 1), false],
  ["a larger id", [1, 4, 1], vote(3, 1, 4, 1), true],
  ["a smaller id", [1, 4, 1], vote(1, 1, 4, 1), false],
];
statement("3.5", "Better is the later epoch, then the larger zxid, then the larger id", () => {
  for (const [why, mine, theirs, wins] of order) {
    const elector = new Elector(2).look(...mine);
    elector.take();
    elector.hears(3, said("looking", theirs));
    equal(
      elector.takeTo(1).some(({ leader }) => leader === theirs.leader),
      wins,
      why,
    );
  }
});

statement("3.5", "Epochs and zxids compare as signed numbers", () => {
  const elector = new Elector(2).lookWith(toZxid(-5n));
  elector.take();
  elector.hears(3, said("looking", { ...vote(1), zxid: toZxid(-6n) }));
  deepEqual(elector.take(), []);
  elector.hears(3, said("looking", { ...vote(1), zxid: toZxid(3n) }));
  equal(elector.take()[0], "to 1: looking 1 0x3 epoch 0 round 1");
});

const light = quorumsOfLines(3, "group.1=1:2:3", "weight.3=0");
statement("3.5", "A server of weight 0 is never the better vote, and does not count", () => {
  const elector = new Elector(1, { quorums: light }).look();
  elector.take();
  elector.hears(3, said("looking", vote(3, 9))).hears(3, said("looking", vote(1)));
  deepEqual(elector.wait(199).take(), []);
});

statement("3.5", "Weight 0 gives way to any other vote (divergences: election-weightless)", () => {
  const elector = new Elector(3, { quorums: light }).look(9);
  elector.take();
  elector.hears(1, said("looking", vote(1)));
  equal(elector.take()[0], "to 1: looking 1 0x0 epoch 0 round 1");
});

statement("3.5", "A larger round: take it, forget the votes, go on from the better vote", () => {
  const elector = new Elector(2, { quorums: quorumsOfLines(5) }).look(1, 4);
  elector.hears(1, said("looking", vote(2, 1, 4))).take();
  elector.hears(3, said("looking", vote(3, 1, 3), 7));
  equal(elector.take()[0], "to 1: looking 2 0x100000004 epoch 1 round 7");
  // The vote of 1 for 2 in round 1 counts no more.
  elector.hears(4, said("looking", vote(2, 1, 4), 7));
  deepEqual(elector.wait(199).take(), []);
});

statement("3.5", "A smaller round is ignored", () => {
  const elector = new Elector(1).look().look().look();
  elector.hears(2, said("looking", vote(1), 1)).hears(3, said("looking", vote(1), 2));
  equal(
    elector
      .wait(199)
      .take()
      .some((line) => line.startsWith("elected")),
    false,
  );
});

statement("3.5", "The same round, a better vote: take it and tell all", () => {
  const elector = new Elector(1).look();
  elector.take();
  deepEqual(elector.hears(3, said("looking", vote(3))).take(), [
    "to 2: looking 3 0x0 epoch 0 round 1",
    "to 3: looking 3 0x0 epoch 0 round 1",
  ]);
});

statement("3.5", "A zxid of -1, mine or theirs, is ignored", () => {
  const theirs = new Elector(1).look();
  theirs.take();
  theirs.hears(2, said("looking", { ...vote(2), zxid: toZxid(-1n) }));
  deepEqual(theirs.wait(199).take(), []);
  const mine = new Elector(1).lookWith(toZxid(-1n));
  mine.take();
  mine.hears(2, said("looking", vote(2))).hears(3, said("looking", vote(2)));
  deepEqual(mine.wait(199).take(), []);
  mine.hears(2, said("leading", vote(2))).hears(3, said("following", vote(2)));
  deepEqual(mine.take(), ["elected: following 2"]);
});

statement("3.5", "A quorum for the proposal settles for 200 ms, then it is elected", () => {
  const elector = new Elector(1).look().hears(2, said("looking", vote(2)));
  elector.take();
  deepEqual(elector.wait(199).take(), []);
  equal(elector.wait(1).take().at(-1), "elected: following 2");
});

statement("3.5", "A better vote while it settles: the round goes on with that", () => {
  const elector = new Elector(1)
    .look()
    .hears(2, said("looking", vote(2)))
    .wait(150);
  elector.take();
  elector.hears(3, said("looking", vote(3)));
  equal(
    elector
      .wait(199)
      .take()
      .some((line) => line.startsWith("elected")),
    false,
  );
  elector.hears(2, said("looking", vote(3)));
  deepEqual(elector.take(), ["elected: following 3"]);
});

statement(
  "3.5",
  "Votes that all voters share, but for those that are gone, need no settling (divergences: election-settle)",
  () => {
    const all = new Elector(1).look().hears(2, said("looking", vote(3)));
    equal(
      all
        .hears(3, said("looking", vote(3)))
        .take()
        .at(-1),
      "elected: following 3",
    );
    const gone = new Elector(1)
      .look()
      .reachable(3, true)
      .hears(2, said("looking", vote(2)))
      .reachable(3, false)
      .reachable(3, false);
    equal(gone.take().at(-1), "elected: following 2");
    // Who was never there may just be starting.
    const late = new Elector(1)
      .look()
      .hears(2, said("looking", vote(2)))
      .reachable(3, false);
    equal(late.wait(199).take().at(-1)?.startsWith("elected"), false);
  },
);

test("what a voter proposed a moment before this server began to look counts", () => {
  const proposed = said("looking", vote(3, 1), 2);
  const elector = new Elector(1).settle(vote(2)).hears(3, proposed);
  elector.take();
  const soon = elector.wait(199).look();
  deepEqual(soon.take(), [
    "to 2: looking 1 0x0 epoch 0 round 2",
    "to 3: looking 1 0x0 epoch 0 round 2",
    "to 2: looking 3 0x100000000 epoch 1 round 2",
    "to 3: looking 3 0x100000000 epoch 1 round 2",
  ]);
  const own = ["to 2: looking 1 0x0 epoch 0 round 2", "to 3: looking 1 0x0 epoch 0 round 2"];
  const settledSince = () => new Elector(1).settle(vote(2)).reachable(3, true).hears(3, proposed);
  const late = settledSince().wait(201);
  const lost = settledSince().reachable(3, false);
  const led = settledSince().hears(3, said("following", vote(2)));
  for (const other of [late, lost, led]) {
    other.take();
    deepEqual(other.look().take(), own, "it may be so no longer");
  }
});

statement("3.5", "Elected: LEADING if it is me, else FOLLOWING or OBSERVING", () => {
  const leader = new Elector(3)
    .look()
    .hears(2, said("looking", vote(3)))
    .wait(200);
  equal(leader.take().at(-1), "elected: leading 3");
  const observer = new Elector(4, { quorums: observers, role: "observer" }).look();
  observer
    .hears(2, said("looking", vote(3)))
    .hears(3, said("looking", vote(3)))
    .wait(200);
  equal(observer.take().at(-1), "elected: observing 3");
});

statement("3.5", "OBSERVING messages are ignored", () => {
  const elector = new Elector(1).look();
  elector.take();
  elector.hears(2, said("observing", vote(2))).hears(3, said("observing", vote(2)));
  deepEqual(elector.wait(199).take(), []);
});

statement("3.5", "FOLLOWING and LEADING of a quorum in my round: elected with that vote", () => {
  const elector = new Elector(3).look(9).hears(1, said("following", vote(2), 1));
  elector.take();
  deepEqual(elector.hears(2, said("leading", vote(2, 0, 0, 1), 1)).take(), [
    "elected: following 2",
  ]);
  deepEqual(elector.machine.currentVote?.peerEpoch, 1n);
});

statement("3.5", "Of another round: elected with that vote, and the round is taken over", () => {
  const elector = new Elector(3).look(9).hears(1, said("following", vote(2, 1), 7));
  elector.take();
  deepEqual(elector.hears(2, said("leading", vote(2, 1), 8)).take(), ["elected: following 2"]);
  equal(elector.machine.currentVote?.electionEpoch, 8n);
  equal(elector.look().takeTo(1)[0]?.electionEpoch, 9n);
});

statement("3.5", "Votes of other rounds are the same if leader and peerEpoch are", () => {
  const elector = new Elector(3).look().hears(1, said("following", vote(2, 1, 0, 1), 7));
  elector.take();
  deepEqual(elector.hears(2, said("leading", vote(2, 1, 9, 2), 8)).take(), []);
  elector.hears(1, said("following", vote(2, 0, 4, 2), 7));
  deepEqual(elector.take(), ["elected: following 2"]);
});

statement("3.5", "If one of them has version 0, the same leader is enough", () => {
  const elector = new Elector(3).look();
  elector.hears(1, said("following", vote(2, 1, 0, 1), 7, { version: 0 })).take();
  deepEqual(elector.hears(2, said("leading", vote(2, 1, 9, 2), 8)).take(), [
    "elected: following 2",
  ]);
});

statement(
  "3.5",
  "In my round the same leader is enough, of LOOKING votes all must be equal",
  () => {
    const five = { quorums: quorumsOfLines(5) };
    const settled = new Elector(5, five).look();
    settled.hears(1, said("following", vote(2, 1, 0, 1))).hears(3, said("following", vote(2, 2)));
    settled.take();
    deepEqual(settled.hears(2, said("leading", vote(2, 3))).take(), ["elected: following 2"]);
    const looking = new Elector(1).look(1, 1).hears(2, said("looking", vote(3, 1, 2)));
    looking.hears(3, said("looking", vote(3, 1, 3)));
    equal(
      looking
        .wait(199)
        .take()
        .some((line) => line.startsWith("elected")),
      false,
    );
  },
);

statement("3.5", "checkLeader: somebody else must say itself that it leads", () => {
  const elector = new Elector(3).look();
  elector.take();
  elector.hears(1, said("following", vote(2))).hears(2, said("following", vote(2)));
  deepEqual(elector.take(), []);
  deepEqual(elector.hears(2, said("leading", vote(2))).take(), ["elected: following 2"]);
});

statement("3.5", "checkLeader: I lead only in my present round", () => {
  const late = new Elector(3).look();
  late.take();
  late.hears(1, said("following", vote(3), 4)).hears(2, said("following", vote(3), 4));
  deepEqual(late.take(), []);
  const now = new Elector(3).look();
  now.take();
  now.hears(1, said("following", vote(3), 1)).hears(2, said("following", vote(3), 1));
  deepEqual(now.take(), ["elected: leading 3"]);
});

statement("3.5", "Two configurations: a quorum of each", () => {
  const quorums = bothOf(quorumsOfLines(1), quorumsOfLines(3));
  const elector = new Elector(2, { quorums }).look().hears(3, said("looking", vote(3)));
  elector.take();
  deepEqual(elector.wait(199).take(), []);
  deepEqual(elector.hears(1, said("looking", vote(3))).take(), ["elected: following 3"]);
});

statement("3.5", "The proposal is told again after 200, 400, 800 ms ... 60 s", () => {
  const elector = new Elector(1, { quorums: quorumsOfLines(2) }).look();
  const times: number[] = [];
  elector.take();
  for (let at = 0; at < 400_000; at += 100) {
    if (elector.wait(100).take().length > 0) times.push(elector.now);
  }
  deepEqual(times.slice(0, 4), [200, 600, 1400, 3000]);
  equal(times.at(-1)! - times.at(-2)!, 60_000);
});

statement("3.5", "Voters that cannot be reached are connected to", () => {
  const elector = new Elector(1).look();
  deepEqual(elector.takeConnects(), ["2", "3"]);
  elector.reachable(2, true).reachable(3, false).take();
  deepEqual(elector.wait(600).takeConnects(), ["3", "3"]);
  deepEqual(elector.wait(1000).takeConnects(), ["3"]);
});

statement(
  "3.5",
  "Synchronised in epoch e, currentVote has that peerEpoch, and nothing else changes",
  () => {
    const elector = new Elector(1).settle(vote(2, 1, 5), 6).synchronised(3);
    elector.hears(3, said("looking", vote(3)));
    deepEqual(elector.take(), ["to 3: following 2 0x100000005 epoch 3 round 6"]);
  },
);

statement("3.5", "A server without a vote follows whom a quorum has elected", () => {
  const elector = new Elector(9).look(9).hears(1, said("following", vote(2)));
  elector.take();
  deepEqual(elector.hears(2, said("leading", vote(2))).take(), ["elected: following 2"]);
});

statement("3.5", "An observer's vote is told to voters and never counted", () => {
  const elector = new Elector(4, { quorums: observers, role: "observer" }).look();
  elector.take();
  elector.hears(1, said("looking", vote(3)));
  deepEqual(elector.take().length, 3);
  deepEqual(elector.wait(199).take(), []);
  equal(
    elector
      .hears(toServerId(2n), said("looking", vote(3)))
      .wait(200)
      .take().length > 0,
    true,
  );
});

statement("3.5", "A lone voter elects itself at once", () => {
  const elector = new Elector(1, { quorums: quorumsOfLines(1) }).look();
  deepEqual(elector.take(), ["elected: leading 1"]);
  equal(elector.machine.wakeAt, undefined);
  equal(elector.machine.currentVote?.leader, sid(1));
});
