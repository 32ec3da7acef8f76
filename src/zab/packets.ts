/**
 * The packets between a learner and its leader: makes each, and reads what stands in its data.
 *
 * Promises: what cannot be read is a `ProtocolError`. Views into a packet's data are as long-lived
 * as the packet.
 * From: specification 4, table of packets; golden streams `learner`.
 */
import { textOf, utf8 } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { makeZxid, type SessionId, type Zxid } from "../base/ids.ts";
import { bool, type Codec, int, long, record } from "../jute/codec.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { LEARNER_PROTOCOL, LearnerInfo, PacketType, type QuorumPacket } from "../records/quorum.ts";
import type { Forwarded, Proposal, Touched } from "./io.ts";

/** The zxid of packets that have none to tell. */
const NO_ZXID = makeZxid(-1, 0xffff_ffff);
/** What ACKEPOCH tells instead of its epoch by one that has accepted this epoch before. */
export const NOT_COUNTED = -1;

const Session = record({ session: long<SessionId>(), timeoutMs: int });
const Validity = record({ session: long<SessionId>(), valid: bool });
const RequestHead = record({ session: long<SessionId>(), cxid: int, opcode: int });
const Designated = record({ designatedLeader: long() });
const SESSION_BYTES = 12;
/** Of an entry: clientId 8, cxid 4, then zxid; after it time 8 and type. */
const ENTRY_ZXID_AT = 12;
const ENTRY_TYPE_AT = 28;
const ENTRY_BYTES_MIN = 32;
const ERROR_TYPE = -1;

function bytesOf<T>(codec: Codec<T>, value: T, tail?: Uint8Array): Uint8Array {
  const writer = new JuteWriter(codec.bytesMin + (tail?.length ?? 0));
  codec.write(writer, value);
  if (tail !== undefined) writer.raw(tail);
  // The writer is not used again: what it has written need not be copied.
  return writer.written();
}

function readerOf(packet: QuorumPacket): JuteReader {
  if (packet.data === null) throw new ProtocolError("UNEXPECTED_NULL", { type: packet.type });
  return new JuteReader(packet.data);
}

const bare = (type: number, zxid: Zxid, data: Uint8Array | null = null): QuorumPacket => ({
  type,
  zxid,
  data,
  authinfo: null,
});

/** The zxid that stands for the beginning of `epoch`. */
export const epochZxid = (epoch: number): Zxid => makeZxid(epoch, 0);

/** Those that both sides send. */
export const packets = {
  info: (role: "follower" | "observer", acceptedEpoch: number, info: LearnerInfo): QuorumPacket =>
    bare(
      role === "follower" ? PacketType.followerInfo : PacketType.observerInfo,
      epochZxid(acceptedEpoch),
      bytesOf(LearnerInfo, info),
    ),
  leaderInfo: (epoch: number): QuorumPacket =>
    bare(PacketType.leaderInfo, epochZxid(epoch), bytesOf(int, LEARNER_PROTOCOL)),
  ackEpoch: (lastZxid: Zxid, currentEpoch: number): QuorumPacket =>
    bare(PacketType.ackEpoch, lastZxid, bytesOf(int, currentEpoch)),
  diff: (zxid: Zxid): QuorumPacket => bare(PacketType.diff, zxid),
  trunc: (zxid: Zxid): QuorumPacket => bare(PacketType.trunc, zxid),
  snap: (zxid: Zxid): QuorumPacket => bare(PacketType.snap, zxid),
  newLeader: (epoch: number, configText: string): QuorumPacket =>
    bare(PacketType.newLeader, epochZxid(epoch), utf8(configText)),
  ack: (zxid: Zxid): QuorumPacket => bare(PacketType.ack, zxid),
  upToDate: (): QuorumPacket => bare(PacketType.upToDate, NO_ZXID),
  proposal: (p: Proposal): QuorumPacket => bare(PacketType.proposal, p.zxid, p.entry),
  commit: (zxid: Zxid): QuorumPacket => bare(PacketType.commit, zxid),
  inform: (p: Proposal): QuorumPacket => bare(PacketType.inform, p.zxid, p.entry),
  ping: (zxid: Zxid): QuorumPacket => bare(PacketType.ping, zxid),
  pong: (zxid: Zxid, touched: readonly Touched[]): QuorumPacket => {
    const writer = new JuteWriter(touched.length * SESSION_BYTES);
    for (const [session, timeoutMs] of touched) Session.write(writer, { session, timeoutMs });
    return bare(PacketType.ping, zxid, writer.taken());
  },
  request: (forwarded: Forwarded): QuorumPacket => ({
    type: PacketType.request,
    zxid: NO_ZXID,
    data: bytesOf(RequestHead, forwarded, forwarded.body),
    authinfo: forwarded.ids,
  }),
  revalidate: (session: SessionId, timeoutMs: number): QuorumPacket =>
    bare(PacketType.revalidate, NO_ZXID, bytesOf(Session, { session, timeoutMs })),
  revalidated: (session: SessionId, valid: boolean): QuorumPacket =>
    bare(PacketType.revalidate, NO_ZXID, bytesOf(Validity, { session, valid })),
  sync: (): QuorumPacket => bare(PacketType.sync, makeZxid(0, 0)),
} as const;

export function readLearnerInfo(packet: QuorumPacket): LearnerInfo {
  return LearnerInfo.read(readerOf(packet));
}

/** The current epoch that an ACKEPOCH tells, or `NOT_COUNTED`. */
export const readEpoch = (packet: QuorumPacket): number => readerOf(packet).int();

/** The configuration's text of a NEWLEADER; empty where it has none. */
export function readConfig({ data }: QuorumPacket): string {
  return data === null || data.length <= 1 ? "" : textOf(data);
}

/** The transaction of a PROPOSAL or INFORM. */
export function readProposal(packet: QuorumPacket): Proposal {
  const { bytes } = readerOf(packet);
  return checkedProposal(packet.zxid, bytes);
}

/** The transaction of an INFORMANDACTIVATE, behind the leader that it designates. */
export function readActivatedProposal(packet: QuorumPacket): Proposal {
  const reader = readerOf(packet);
  Designated.read(reader);
  return checkedProposal(packet.zxid, reader.bytes.subarray(reader.at));
}

function checkedProposal(zxid: Zxid, entry: Uint8Array): Proposal {
  if (entry.length < ENTRY_BYTES_MIN) {
    throw new ProtocolError("RECORD_TOO_SHORT", { wanted: ENTRY_BYTES_MIN, got: entry.length });
  }
  const told = new JuteReader(entry, ENTRY_ZXID_AT).long();
  if (told !== zxid) throw new ProtocolError("BAD_VALUE", { packet: zxid, entry: told });
  return { zxid, entry };
}

/** Whether the transaction only says that a request was refused. */
export const isError = ({ entry }: Proposal): boolean =>
  new JuteReader(entry, ENTRY_TYPE_AT).int() === ERROR_TYPE;

export function readTouched({ data }: QuorumPacket): readonly Touched[] {
  const touched: Touched[] = [];
  if (data === null) return touched;
  const reader = new JuteReader(data);
  while (reader.remaining > 0) {
    const { session, timeoutMs } = Session.read(reader);
    touched.push([session, timeoutMs]);
  }
  return touched;
}

export function readRequest(packet: QuorumPacket): Forwarded {
  const reader = readerOf(packet);
  const { session, cxid, opcode } = RequestHead.read(reader);
  return { session, cxid, opcode, body: reader.bytes.subarray(reader.at), ids: packet.authinfo };
}

export const readSession = (
  packet: QuorumPacket,
): { readonly session: SessionId; readonly timeoutMs: number } => Session.read(readerOf(packet));

export const readValidity = (
  packet: QuorumPacket,
): { readonly session: SessionId; readonly valid: boolean } => Validity.read(readerOf(packet));
