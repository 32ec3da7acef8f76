/** Drives one machine of room zab by hand: packets in and effects out as short texts. */
import {
  counterOf,
  epochOf,
  makeZxid,
  type ServerId,
  toServerId,
  type Zxid,
} from "../../src/base/ids.ts";
import type { QuorumPacket } from "../../src/records/quorum.ts";
import { describeType } from "../../src/zab/describe.ts";
import type {
  LeaderEffect,
  LeaderInput,
  LearnerEffect,
  LearnerInput,
  Proposal,
} from "../../src/zab/io.ts";
import { Leader } from "../../src/zab/leader.ts";
import { Learner, type LearnerParts } from "../../src/zab/learner.ts";
import { epochZxid, packets } from "../../src/zab/packets.ts";
import { proposalOf, ZabServer } from "./zab-server.ts";
import { majorityOf } from "./zab-world.ts";

export const TIMING = { tickMs: 100, initLimit: 10, syncLimit: 5 };
/** Transaction `counter` of `epoch`. */
export const txn = (epoch: number, counter: number, type?: number): Proposal =>
  proposalOf(makeZxid(epoch, counter), type);

const place = (zxid: Zxid): string => `${epochOf(zxid)}.${counterOf(zxid)}`;
const packetText = ({ type, zxid }: QuorumPacket): string =>
  zxid === -1n ? describeType(type) : `${describeType(type)} ${place(zxid)}`;

function effectText(effect: LeaderEffect | LearnerEffect): string {
  switch (effect.kind) {
    case "send":
      return "to" in effect
        ? `${effect.to.join(",")}<${packetText(effect.packet)}`
        : packetText(effect.packet);
    case "commit":
      return `commit ${place(effect.upTo)}`;
    case "append":
    case "applyLoaded":
      return `${effect.kind} ${place(effect.proposal.zxid)}`;
    case "loadUpTo":
    case "loadSnapshot":
      return `${effect.kind} ${place(effect.zxid)}`;
    case "install":
      return [
        "install",
        place(effect.zxid),
        ...effect.pending.map((p) => `+${place(p.zxid)}`),
      ].join(" ");
    case "saveEpoch":
      return `save ${effect.file} ${effect.epoch}`;
    case "closeLink":
      return `close ${effect.link}: ${effect.why}`;
    case "lost":
    case "stepDown":
      return `${effect.kind}: ${effect.why}`;
    default:
      return effect.kind;
  }
}

type Without<T> = T extends unknown ? Omit<T, "now"> : never;

/** What `machine` answers. `now` stands still unless it is set. */
export class LearnerScript {
  readonly machine: Learner;
  now = 0;

  constructor(parts: Partial<LearnerParts> = {}) {
    this.machine = new Learner({
      self: toServerId(2n),
      role: "follower",
      leader: toServerId(1n),
      timing: TIMING,
      epochs: { accepted: 1, current: 1 },
      lastZxid: makeZxid(1, 5),
      configVersion: 0n,
      takeTouched: () => [],
      now: 0,
      ...parts,
    });
  }

  step(input: Without<LearnerInput>): readonly string[] {
    const out: LearnerEffect[] = [];
    this.machine.step({ ...input, now: this.now } as LearnerInput, out);
    return out.map(effectText);
  }

  hear(...heard: readonly QuorumPacket[]): readonly string[] {
    return heard.flatMap((packet) => this.step({ kind: "packet", packet }));
  }

  /** Until ACKEPOCH is sent. */
  discover(epoch: number): this {
    this.step({ kind: "connected" });
    this.hear(packets.leaderInfo(epoch));
    this.step({ kind: "epochSaved" });
    return this;
  }

  /** An empty DIFF, up to UPTODATE. */
  serve(epoch: number): this {
    this.discover(epoch).hear(packets.diff(makeZxid(1, 5)), packets.newLeader(epoch, ""));
    this.step({ kind: "epochSaved" });
    this.hear(packets.upToDate());
    return this;
  }
}

/** Server 1 of three leads; server n dials link n. */
export class LeaderScript {
  readonly server = new ZabServer(toServerId(1n));
  readonly machine: Leader;
  now = 0;

  constructor(
    log: readonly Proposal[],
    epochs = { accepted: 1, current: 1 },
    voters = [1n, 2n, 3n],
  ) {
    this.server.disk.log = log;
    this.server.recover(log.length);
    this.machine = new Leader({
      self: this.server.sid,
      quorums: majorityOf(voters),
      timing: TIMING,
      epochs,
      lastZxid: this.server.disk.last,
      history: this.server,
      configText: "version=0",
      configVersion: 0n,
      now: 0,
    });
  }

  step(input: Without<LeaderInput>): readonly string[] {
    const out: LeaderEffect[] = [];
    this.machine.step({ ...input, now: this.now } as LeaderInput, out);
    for (const effect of out) if (effect.kind === "commit") this.server.commit(effect.upTo);
    return out.map(effectText);
  }

  hear(link: number, ...heard: readonly QuorumPacket[]): readonly string[] {
    return heard.flatMap((packet) => this.step({ kind: "packet", link, packet }));
  }

  /** The learner of `link` says who it is. */
  dial(
    link: number,
    sid: ServerId,
    accepted = 1,
    role: "follower" | "observer" = "follower",
  ): readonly string[] {
    this.step({ kind: "accepted", link });
    const info = { serverId: sid, protocolVersion: 0x1_0000, configVersion: 0n };
    return this.hear(link, packets.info(role, accepted, info));
  }

  /** Links 2 and 3 follow in epoch 2, from `last`; the epoch is established. */
  establish(last: Zxid): this {
    for (const link of [2, 3]) this.dial(link, toServerId(BigInt(link)));
    this.step({ kind: "epochSaved" });
    for (const link of [2, 3]) this.hear(link, packets.ackEpoch(last, 1));
    this.step({ kind: "epochSaved" });
    for (const link of [2, 3]) this.hear(link, packets.ack(epochZxid(2)));
    return this;
  }

  propose(...proposals: readonly Proposal[]): readonly string[] {
    this.server.disk.log = [...this.server.disk.log, ...proposals];
    return proposals.flatMap((proposal) => this.step({ kind: "propose", proposal }));
  }
}
