/**
 * The captured connections between Apache learners and leaders: our learner is given the leader's
 * side and must answer as the captured one did, and the other way round. What is driven from
 * outside, clients' requests, proposals, pings' times, is taken from the capture.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { readStream, streamNames } from "../../test/support/golden.ts";
import { proposalOf } from "../../test/support/zab-server.ts";
import { majorityOf } from "../../test/support/zab-world.ts";
import { hexOf, joinBytes } from "../base/bytes.ts";
import { counterOf, epochOf, makeZxid, type ServerId, toServerId, type Zxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { PacketType, QuorumPacket } from "../records/quorum.ts";
import { CommittedLog } from "./committed-log.ts";
import { describePacket } from "./describe.ts";
import type { LeaderEffect, LeaderInput, LearnerEffect, LearnerInput, Proposal } from "./io.ts";
import { Leader } from "./leader.ts";
import { Learner } from "./learner.ts";
import { PacketCutter } from "./packet-cutter.ts";
import {
  packets,
  readActivatedProposal,
  readConfig,
  readEpoch,
  readLearnerInfo,
  readProposal,
  readTouched,
  readValidity,
} from "./packets.ts";

const TIMING = { tickMs: 2000, initLimit: 10, syncLimit: 5 };

type Said = { readonly toLeader: boolean; readonly packet: QuorumPacket };

/** The packets of both sides in the order of the capture; snapshots are left out. */
function saidIn(name: string): readonly Said[] {
  return readStream(name).frames.flatMap(({ from, note, bytes }) => {
    if (note.startsWith("SNAPSHOT-STREAM")) return [];
    const cut = new PacketCutter().push(bytes);
    equal(cut.length, 1, note);
    return [{ toLeader: from === "dialer", packet: cut[0]! }];
  });
}

const text = (packet: QuorumPacket): string => {
  const writer = new JuteWriter();
  QuorumPacket.write(writer, packet);
  return `${describePacket(packet)} ${hexOf(writer.written())}`;
};

const isOf =
  (...types: readonly number[]) =>
  (packet: QuorumPacket) =>
    types.includes(packet.type);
const fromClients = isOf(PacketType.request, PacketType.revalidate);
const find = (said: readonly Said[], ...types: readonly number[]): QuorumPacket =>
  said.map(({ packet }) => packet).find(isOf(...types))!;

for (const name of streamNames("learner")) {
  test(`${name}: the cutter finds the packets in any chunks`, () => {
    for (const side of ["dialer", "listener"] as const) {
      const frames = readStream(name).frames.filter(({ from }) => from === side);
      const isStream = (note: string): boolean => note.startsWith("SNAPSHOT-STREAM");
      const stream = frames.find(({ note }) => isStream(note))?.bytes;
      const all = joinBytes(frames.map(({ bytes }) => bytes));
      for (const size of [1, 7, 100, all.length]) {
        const want = frames.filter(({ note }) => !isStream(note)).map(({ bytes }) => hexOf(bytes));
        deepEqual(cutIn(all, size, stream?.length ?? 0), want);
      }
    }
  });

  test(`${name}: our learner answers as the captured one`, () => {
    const said = saidIn(name);
    const asked = said.filter(({ toLeader }) => toLeader).map(({ packet }) => packet);
    const joined = said.findIndex(({ packet }) => packet.type === PacketType.newLeader);
    // The reference acknowledges each transaction of the synchronisation too, after UPTODATE
    // (4685).
    const synced = new Set(
      said
        .slice(0, joined)
        .flatMap(({ packet }) => (isOf(PacketType.commit)(packet) ? [packet.zxid] : [])),
    );
    const want = asked.filter(
      (packet) =>
        !fromClients(packet) && !(packet.type === PacketType.ack && synced.has(packet.zxid)),
    );
    const got = learnerAnswers(said);
    const isPing = isOf(PacketType.ping);
    // Pings and acknowledgements cross each other: each kind is compared by itself.
    const others = got.filter((p) => !isPing(p)).map(text);
    const wanted = want.filter((p) => !isPing(p)).map(text);
    if (others.length > wanted.length) others.pop(); // the capture ends before the last ACK
    deepEqual(others, wanted);
    deepEqual(got.filter(isPing).map(text), want.filter(isPing).map(text));
  });

  if (!name.includes("/b-")) {
    test(`${name}: our leader says what the captured one said`, () => {
      const said = saidIn(name);
      const want = said.filter(({ toLeader }) => !toLeader).map(({ packet }) => text(packet));
      deepEqual(leaderSays(said).map(text), want);
    });
  }
}

function cutIn(all: Uint8Array, size: number, streamBytes: number): readonly string[] {
  const cutter = new PacketCutter();
  const found: string[] = [];
  let skip = 0;
  const push = (bytes: Uint8Array): void => {
    for (const packet of cutter.push(bytes)) found.push(text(packet).split(" ").at(-1)!);
    if (!cutter.isStopped) return;
    const rest = cutter.takeRest();
    skip = streamBytes - rest.length;
    if (skip > 0) return;
    cutter.resume();
    push(rest.subarray(streamBytes));
  };
  for (let at = 0; at < all.length; at += size) {
    const chunk = all.subarray(at, at + size);
    if (!cutter.isStopped) push(chunk);
    else if (chunk.length < skip) skip -= chunk.length;
    else {
      cutter.resume();
      push(chunk.subarray(skip));
    }
  }
  return found;
}

/** Disk and loading take no time here. */
function learnerAnswers(said: readonly Said[]): readonly QuorumPacket[] {
  const info = find(said, PacketType.followerInfo, PacketType.observerInfo);
  const { serverId, configVersion } = readLearnerInfo(info);
  const epochAck = find(said, PacketType.ackEpoch);
  const told = readEpoch(epochAck);
  const accepted = epochOf(info.zxid);
  const pongs = said.filter(({ toLeader, packet }) => toLeader && isOf(PacketType.ping)(packet));
  const learner = new Learner({
    self: serverId,
    role: info.type === PacketType.followerInfo ? "follower" : "observer",
    leader: toServerId(100n),
    timing: TIMING,
    epochs: { accepted, current: told === -1 ? accepted : told },
    lastZxid: epochAck.zxid,
    configVersion,
    takeTouched: () => readTouched(pongs.shift()!.packet),
    now: 0,
  });
  const answers: QuorumPacket[] = [];
  const step = (input: LearnerInput): void => {
    const out: LearnerEffect[] = [];
    learner.step(input, out);
    for (const effect of out) {
      if (effect.kind === "send") answers.push(effect.packet);
      if (effect.kind === "saveEpoch") step({ kind: "epochSaved", now: 0 });
      if (effect.kind === "append") step({ kind: "durable", now: 0, upTo: effect.proposal.zxid });
      if (effect.kind === "install") step({ kind: "installed", now: 0 });
      if (effect.kind === "loadSnapshot" || effect.kind === "loadUpTo") {
        step({ kind: "loaded", now: 0, zxid: effect.zxid });
      }
      ok(effect.kind !== "lost", effect.kind === "lost" ? effect.why : "");
    }
  };
  step({ kind: "connected", now: 0 });
  for (const { toLeader, packet } of said) if (!toLeader) step({ kind: "packet", now: 0, packet });
  return answers;
}

const LINK = 1;

/**
 * A leader with the captured one's past; the learner is no voter, so that only the script decides.
 */
class Replay {
  readonly committed = new CommittedLog();
  lastApplied: Zxid;
  readonly sent: QuorumPacket[] = [];
  private readonly leader: Leader;
  private now = 0;

  constructor(said: readonly Said[]) {
    const first = find(said, PacketType.diff, PacketType.trunc, PacketType.snap);
    const epoch = epochOf(find(said, PacketType.leaderInfo).zxid);
    const self: ServerId = toServerId(100n);
    this.lastApplied = first.zxid;
    this.leader = new Leader({
      self,
      quorums: majorityOf([self]),
      timing: TIMING,
      epochs: { accepted: epoch - 1, current: epoch - 1 },
      lastZxid: epochOf(first.zxid) === epoch ? makeZxid(0, 0) : first.zxid,
      history: this,
      configText: readConfig(find(said, PacketType.newLeader)),
      configVersion: 0n,
      now: 0,
    });
    for (const kind of ["tick", "epochSaved", "epochSaved"] as const) this.step({ kind, now: 0 });
    const past = epochOf(first.zxid) === epoch ? counterOf(first.zxid) : 0;
    for (let counter = 1; counter <= past; counter++) {
      this.propose(proposalOf(makeZxid(epoch, counter)));
      this.step({ kind: "durable", now: 0, upTo: makeZxid(epoch, counter) });
    }
    this.remember(said, first);
  }

  /** What the learner is to be sent is in the committed log, behind where its own history ends. */
  private remember(said: readonly Said[], first: QuorumPacket): void {
    this.committed.clear();
    if (first.type === PacketType.snap) return;
    const at = first.type === PacketType.trunc ? first.zxid : find(said, PacketType.ackEpoch).zxid;
    if (counterOf(at) > 0) this.committed.add(proposalOf(at));
    for (const { packet } of said) {
      if (packet.type === PacketType.newLeader) return;
      if (packet.type === PacketType.proposal) this.committed.add(readProposal(packet));
    }
  }

  fromDisk(): undefined {
    return undefined;
  }

  propose(proposal: Proposal): void {
    this.step({ kind: "propose", now: this.now, proposal });
  }

  step(input: LeaderInput): void {
    const out: LeaderEffect[] = [];
    this.leader.step(input, out);
    for (const effect of out) {
      if (effect.kind === "send") this.sent.push(effect.packet);
      if (effect.kind === "commit" && effect.upTo > this.lastApplied)
        this.lastApplied = effect.upTo;
      ok(effect.kind !== "closeLink", effect.kind === "closeLink" ? effect.why : "");
    }
  }

  hear(packet: QuorumPacket): void {
    this.step({ kind: "packet", now: this.now, link: LINK, packet });
  }

  /** Our leader asks its followers first whether they still follow; the captured one did not. */
  sure(input: LeaderInput): void {
    this.step(input);
    const asked = this.sent.at(-1)!;
    if (asked.type !== PacketType.ping) return;
    this.sent.pop();
    this.hear(packets.pong(asked.zxid, []));
  }

  /** Does what made the captured leader say this. */
  cause(packet: QuorumPacket): void {
    const { now } = this;
    switch (packet.type) {
      case PacketType.proposal:
        return this.propose(readProposal(packet));
      case PacketType.commit:
        return this.step({ kind: "durable", now, upTo: packet.zxid });
      case PacketType.inform:
        this.propose(readProposal(packet));
        return this.step({ kind: "durable", now, upTo: packet.zxid });
      case PacketType.sync:
        return this.sure({ kind: "sync", now, asker: LINK });
      case PacketType.revalidate:
        return this.sure({ kind: "revalidated", now, asker: LINK, ...readValidity(packet) });
      case PacketType.ping:
        this.now += TIMING.tickMs / 2;
        return this.step({ kind: "tick", now: this.now });
      default:
    }
  }
}

function leaderSays(said: readonly Said[]): readonly QuorumPacket[] {
  const replay = new Replay(said);
  replay.step({ kind: "accepted", now: 0, link: LINK });
  const joined = said.findIndex(({ packet }) => packet.type === PacketType.newLeader);
  for (const [index, { toLeader, packet }] of said.entries()) {
    if (toLeader) replay.hear(packet);
    else if (index > joined) replay.cause(packet);
  }
  return replay.sent;
}

test("INFORMANDACTIVATE carries a transaction behind a server's number", () => {
  const found = saidIn("learner/b-reconfig-observer").filter(
    ({ packet }) => packet.type === PacketType.informAndActivate,
  );
  ok(found.length > 0);
  for (const { packet } of found) equal(readActivatedProposal(packet).zxid, packet.zxid);
});
