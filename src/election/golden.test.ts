/**
 * The captured elections again: given what a server of Apache ZooKeeper 3.8.0 heard, ours sends the
 * same bytes to the server at the other end. What a script says was heard elsewhere is what the
 * capture implies.
 *
 * Frames that ours does not send are named with the reason: the reference repeats its last message
 * on a fresh connection, and answers observers while it looks, both with what is no longer true
 * (docs/divergences.md, `election-repeat` and `election-outdated`).
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { LinkBench } from "../../test/support/election-link.ts";
import { Elector, said, vote } from "../../test/support/electors.ts";
import { readStream, streamNames } from "../../test/support/golden.ts";
import { hexOf } from "../base/bytes.ts";
import { memberOf, quorumsOf } from "../quorum/ensemble.ts";
import { describeEnsemble, readEnsemble } from "../quorum/ensemble-text.ts";
import {
  decodeInitial,
  decodeNotification,
  encodeNotification,
  type Notification,
} from "../records/election.ts";

/** One side of a captured connection, played by our machine. */
class Replay {
  readonly elector: Elector;
  private readonly heardFrames: readonly Notification[];
  private readonly peer: number;
  private readonly sent: string[] = [];
  private isUp = false;

  constructor(stream: string, self: number, peer: number) {
    const frames = readStream(`fle/${stream}`).frames.slice(1);
    this.heardFrames = frames.map(({ bytes }) => decodeNotification(bytes, 4)!);
    const { config } = this.heardFrames[0]!;
    const ensemble = readEnsemble(config);
    ok(!("refused" in ensemble));
    const { role, id } = memberOf(ensemble, BigInt(self) as never)!;
    this.elector = new Elector(Number(id), { quorums: quorumsOf(ensemble), role, config });
    this.peer = peer;
  }

  /** The connection begins; what was said before went nowhere. */
  connected(): this {
    this.isUp = true;
    this.elector.reachable(this.peer, true);
    return this.collect();
  }

  /** Does something with the machine. */
  does(act: (elector: Elector) => void): this {
    act(this.elector);
    return this.collect();
  }

  /** Hears captured frames; 0 is the initial message. */
  hears(...frames: readonly number[]): this {
    for (const frame of frames) this.elector.hears(this.peer, this.heardFrames[frame - 1]!);
    return this.collect();
  }

  /** As `does`, where ours says something that was not captured. */
  says(act: (elector: Elector) => void, what: RegExp): this {
    act(this.elector);
    const lines = this.elector.take().filter((line) => line.startsWith(`to ${this.peer}`));
    equal(lines.length, 1);
    ok(what.test(lines[0]!), lines[0]);
    return this;
  }

  private collect(): this {
    const told = this.elector.takeTo(this.peer).map((n) => hexOf(encodeNotification(n)));
    if (this.isUp) this.sent.push(...told);
    return this;
  }

  /** What was sent is these captured frames. */
  sends(stream: string, frames: readonly number[]): void {
    const all = readStream(`fle/${stream}`).frames;
    deepEqual(
      this.sent,
      frames.map((frame) => hexOf(all[frame]!.bytes)),
    );
  }
}

type Script = readonly [
  stream: string,
  self: number,
  peer: number,
  play: (replay: Replay) => void,
  sends: readonly number[],
  /** Captured frames of this side that ours does not send. */
  leaves: readonly number[],
];

/** The histories of ensemble A by the time of the second election, and of the third. */
const [OLD, NEW] = [0x1b, 0x0a];

const scripts: readonly Script[] = [
  [
    ...(["a-2-to-1-first-election", 2, 1] as const),
    (at) =>
      at
        .does((e) => e.look())
        .connected()
        .hears(2, 3),
    [1],
    [],
  ],
  [
    ...(["a-2-to-1-first-election", 1, 2] as const),
    (at) =>
      at
        .does((e) => e.look())
        .connected()
        .hears(1),
    [2, 3],
    [],
  ],
  [
    ...(["a-2-to-1-old-leader-returns", 2, 1] as const),
    (at) =>
      at
        .does((e) => e.look(1, OLD))
        .connected()
        .does((e) => e.hears(3, said("looking", vote(3, 1, OLD), 2)))
        .hears(3, 4, 5),
    [1, 2],
    [],
  ],
  [
    ...(["a-2-to-1-old-leader-returns", 1, 2] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(3, 1, OLD), 2).synchronised(2))
        .connected()
        .hears(1, 2),
    [4, 5],
    [3],
  ],
  [
    ...(["a-3-rejoins", 3, 1] as const),
    (at) =>
      at
        .does((e) => e.look(2, NEW))
        .connected()
        .hears(1, 3),
    [2],
    [],
  ],
  [
    ...(["a-3-rejoins", 1, 3] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(2, 2, 7)).synchronised(3))
        .connected()
        .hears(2),
    [3],
    [1],
  ],
  [
    ...(["a-3-to-1-dials-back-then-reelection", 3, 1] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(2)).synchronised(1))
        .connected()
        .hears(2)
        .does((e) => e.look(1, OLD))
        .hears(4, 6),
    [3, 5],
    [1],
  ],
  [
    ...(["a-3-to-1-dials-back-then-reelection", 1, 3] as const),
    (at) =>
      at
        .does((e) => e.look(1, 0x15))
        .connected()
        .hears(1, 3)
        .does((e) => e.hears(2, said("leading", vote(2, 0, 0, 1))).synchronised(1))
        .does((e) => e.look(1, OLD))
        .hears(5),
    [2, 4, 6],
    [],
  ],
  [
    ...(["a-3-to-1-joins-later", 3, 1] as const),
    (at) =>
      at
        .does((e) => e.look())
        .connected()
        .hears(1, 3),
    [2],
    [],
  ],
  [
    ...(["a-3-to-1-joins-later", 1, 3] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(2)).synchronised(1))
        .connected()
        .hears(2),
    [3],
    [1],
  ],
  [
    ...(["a-3-to-2-joins-later", 3, 2] as const),
    (at) =>
      at
        .does((e) => e.look())
        .connected()
        .hears(2, 3),
    [1],
    [],
  ],
  [
    ...(["a-3-to-2-joins-later", 2, 3] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(2)).synchronised(1))
        .connected()
        .hears(1),
    [3],
    [2],
  ],
  [
    ...(["a-4-to-1-observer-reelection", 4, 1] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(2, 0, 0, 1)).look())
        .connected()
        // Server 3 answers as server 1 does: with an outcome that is over.
        .does((e) => e.hears(3, said("looking", vote(2, 0, 0, 1), 2)))
        .hears(3, 4)
        .does((e) => e.wait(200))
        .does((e) => e.look())
        .hears(6),
    [1, 2, 5],
    [],
  ],
  [
    ...(["a-4-to-1-observer-reelection", 1, 4] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(2)).look(1, OLD))
        .connected()
        .hears(1, 2)
        .says(
          (e) =>
            e
              .hears(2, said("looking", vote(3, 1, OLD), 2))
              .hears(3, said("looking", vote(3, 1, OLD), 2)),
          /following 3 .* round 2$/,
        )
        .says((e) => e.synchronised(2), /following 3 .* epoch 2 round 2$/)
        .hears(5),
    [6],
    [3, 4],
  ],
  [
    ...(["a-4-to-3-observer", 4, 3] as const),
    (at) =>
      at
        .does((e) => e.look())
        .connected()
        .hears(2)
        .does((e) => e.hears(2, said("leading", vote(2, 0, 0, 1))))
        .does((e) => e.look())
        .hears(4, 6)
        .does((e) => e.hears(1, said("looking", vote(2, 0, 0, 1), 2)).wait(200))
        .does((e) => e.look())
        .hears(8),
    [1, 3, 5, 7],
    [],
  ],
  [
    ...(["a-4-to-3-observer", 3, 4] as const),
    (at) =>
      at
        .does((e) => e.settle(vote(2)).synchronised(1))
        .connected()
        .hears(1)
        .does((e) => e.look(1, OLD))
        .hears(3, 5)
        .says(
          (e) =>
            e
              .reachable(2, true)
              .reachable(2, false)
              .reachable(2, false)
              .hears(1, said("looking", vote(3, 1, OLD), 2)),
          /leading 3 .* round 2$/,
        )
        .says((e) => e.synchronised(2), /leading 3 .* epoch 2 round 2$/)
        .hears(7),
    [2, 8],
    [4, 6],
  ],
  [
    ...(["c-multiaddress-init-v2", 2, 1] as const),
    (at) =>
      at
        .does((e) => e.look())
        .connected()
        .hears(1, 3),
    [2],
    [],
  ],
  [
    ...(["c-multiaddress-init-v2", 1, 2] as const),
    (at) =>
      at
        .does((e) => e.look())
        .connected()
        .hears(2),
    [1, 3],
    [],
  ],
];

for (const [stream, self, peer, play, sends, leaves] of scripts) {
  test(`${stream}: server ${self} answers server ${peer} as captured`, () => {
    const replay = new Replay(stream, self, peer);
    play(replay);
    replay.sends(stream, sends);
    const { frames } = readStream(`fle/${stream}`);
    const { sid: dialer } = decodeInitial(frames[0]!.bytes)!;
    const side = dialer === BigInt(self) ? "dialer" : "listener";
    const own = frames.flatMap(({ from }, at) => (at > 0 && from === side ? [at] : []));
    deepEqual([...sends, ...leaves].sort(), own.sort(), "every frame of this side is told of");
  });
}

for (const stream of streamNames("fle")) {
  test(`${stream}: introduces itself as captured, and is met as the rules say`, () => {
    const { bytes } = readStream(stream).frames[0]!;
    const { sid: dialer, addresses } = decodeInitial(bytes)!;
    const version = addresses.length > 1 ? -65535n : -65536n;
    const own = new LinkBench(Number(dialer), version, [...addresses]).connect(9);
    own.take();
    equal(own.tell("linkOpened", -1).take()[0], `send -1: ${hexOf(bytes)}`);
    const acceptor = new LinkBench(3).tell("linkAccepted", 1).receive(1, hexOf(bytes));
    const met: Record<string, readonly string[]> = {
      1: ["close 1", `dial -1: 1 at ${addresses[0]}`],
      2: ["close 1", `dial -1: 2 at ${addresses[0]}`],
      3: ["close 1"],
      4: ["4 is there"],
    };
    deepEqual(acceptor.take(), met[`${dialer}`]);
  });
}

test("both sides of every captured connection are played", () => {
  const played = scripts.map(([stream]) => stream);
  for (const name of streamNames("fle")) {
    const wanted = readStream(name).frames.length > 1 ? 2 : 0;
    equal(played.filter((stream) => name === `fle/${stream}`).length, wanted, name);
  }
});

for (const name of streamNames("fle")) {
  test(`${name}: the configurations are written as they were`, () => {
    for (const { bytes } of readStream(name).frames.slice(1)) {
      const { config } = decodeNotification(bytes, 4)!;
      const ensemble = readEnsemble(config);
      ok(!("refused" in ensemble));
      equal(describeEnsemble(ensemble), config);
    }
  });
}
