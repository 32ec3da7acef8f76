/**
 * Records between a learner and its leader. Packets follow each other on the stream without a
 * length before them. From: specification 4.
 */
import type { ServerId, Zxid } from "../base/ids.ts";
import { type Codec, int, long, type Of, record, vectorOrNull } from "../jute/codec.ts";
import { Id } from "./data.ts";

/** `data` and `authinfo` are null unless the packet's type says otherwise. */
export type QuorumPacket = {
  readonly type: number;
  readonly zxid: Zxid;
  readonly data: Uint8Array | null;
  readonly authinfo: readonly Id[] | null;
};

const Ids = vectorOrNull(Id);

/** Field by field and without a table: for each write there are several of them. */
export const QuorumPacket: Codec<QuorumPacket> = {
  bytesMin: 20,
  read: (from) => ({
    type: from.int(),
    zxid: from.long() as Zxid,
    data: from.buffer(),
    authinfo: Ids.read(from),
  }),
  write(to, { type, zxid, data, authinfo }) {
    to.int(type);
    to.long(zxid);
    to.buffer(data);
    Ids.write(to, authinfo);
  },
};

/** Packet types; "to leader" and "to learner" tell the direction. */
export const PacketType = {
  /** To leader: a write of a client, or its sync. */
  request: 1,
  /** To followers: a transaction to log. */
  proposal: 2,
  /** To leader: everything up to this zxid is durable here. */
  ack: 3,
  commit: 4,
  ping: 5,
  revalidate: 6,
  sync: 7,
  /** To observers: proposal and commit in one. */
  inform: 8,
  commitAndActivate: 9,
  newLeader: 10,
  followerInfo: 11,
  upToDate: 12,
  diff: 13,
  trunc: 14,
  snap: 15,
  observerInfo: 16,
  leaderInfo: 17,
  ackEpoch: 18,
  informAndActivate: 19,
} as const;

/** What a learner tells of itself first. */
export const LearnerInfo = record({
  serverId: long<ServerId>(),
  protocolVersion: int,
  configVersion: long(),
});
export type LearnerInfo = Of<typeof LearnerInfo>;

/** Both sides speak this version. */
export const LEARNER_PROTOCOL = 0x1_0000;
