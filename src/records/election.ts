/**
 * What servers that look for a leader say to each other: the initial message of a connection, and
 * notifications behind it.
 *
 *   connection   initial message, then frames in both directions
 *   frame        int length, notification
 *
 * From: specification 3.1, 3.2.
 */

import { textOf, utf8 } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { epochOf, type ServerId, type Zxid } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";

/** Whom a server wants to lead, and how much that one has seen. All signed 64 bit on the wire. */
export type Vote = {
  readonly leader: ServerId;
  readonly zxid: Zxid;
  readonly peerEpoch: bigint;
};

export type ServerState = "looking" | "following" | "leading" | "observing";

/** What servers tell each other (specification 3.2). */
export type Notification = Vote & {
  readonly state: ServerState;
  /** The sender's round. */
  readonly electionEpoch: bigint;
  /** 2 here; older senders have a smaller one. */
  readonly version: number;
  /** Text of the sender's committed configuration; empty where the message has none. */
  readonly config: string;
};

/** Largest frame between electing servers, in bytes. The reference's `maxBuffer`. */
export const NOTIFICATION_BYTES_MAX = 524_288;
/** The version that this server sends. */
export const NOTIFICATION_VERSION = 2;

/** In the order of their numbers on the wire. */
const STATES: readonly ServerState[] = ["looking", "following", "leading", "observing"];

/** Lengths of the forms before 3.4.7, and of the shortest that has a version. */
const OLDEST_BYTES = 28;
const WITH_EPOCH_BYTES = 40;

/**
 * The notification in `bytes[start, end)`, a frame without its length. Undefined for one to be
 * ignored: too short for its form, a configuration longer than it is, or a state that is none.
 */
export function decodeNotification(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
): Notification | undefined {
  const length = end - start;
  if (length !== OLDEST_BYTES && length < WITH_EPOCH_BYTES) return undefined;
  const from = new JuteReader(bytes, start, end);
  const state = STATES[from.int()];
  const leader = from.long() as ServerId;
  const zxid = from.long() as Zxid;
  const electionEpoch = from.long();
  if (state === undefined) return undefined;
  const peerEpoch = length === OLDEST_BYTES ? BigInt(epochOf(zxid)) : from.long();
  // Senders of 40 bytes may have left the last four unset.
  const version = length <= WITH_EPOCH_BYTES ? 0 : from.int();
  const config = version < NOTIFICATION_VERSION ? "" : readConfig(from);
  if (config === undefined) return undefined;
  return { leader, zxid, peerEpoch, state, electionEpoch, version, config };
}

function readConfig(from: JuteReader): string | undefined {
  if (from.remaining < 4) return undefined;
  const length = from.int();
  if (length < 0 || length > from.remaining) return undefined;
  return textOf(from.bytes, from.at, from.at + length);
}

/** The frame of a notification, length included. The caller owns the bytes. */
export function encodeNotification(notification: Notification): Uint8Array<ArrayBuffer> {
  const config = utf8(notification.config);
  const to = new JuteWriter(48 + config.length);
  to.int(0);
  to.int(STATES.indexOf(notification.state));
  to.long(notification.leader);
  to.long(notification.zxid);
  to.long(notification.electionEpoch);
  to.long(notification.peerEpoch);
  to.int(notification.version);
  to.buffer(config);
  const frame = to.taken();
  new DataView(frame.buffer).setInt32(0, frame.length - 4);
  return frame;
}

/** What the side that dialed says first. */
export type InitialMessage = {
  readonly sid: ServerId;
  /** The dialer's own election addresses, "host:port" each; older dialers tell none. */
  readonly addresses: readonly string[];
};

/** The form with one address, which all understand, and the one with several (3.6 and later). */
export const INITIAL_V1 = -65536n;
export const INITIAL_V2 = -65535n;
export type InitialVersion = typeof INITIAL_V1 | typeof INITIAL_V2;

/** Largest text of addresses in an initial message, in bytes. */
const ADDRESSES_BYTES_MAX = 2048;
/** Largest initial message, in bytes. */
export const INITIAL_BYTES_MAX = 20 + ADDRESSES_BYTES_MAX;

/** A host, in brackets where it has colons, and a port. */
const ADDRESS = /^(?:\[[^\][|]+\]|[^\][|:]+):\d{1,5}$/;

/** `addresses` is not empty; the form with one address tells the first. The caller owns the bytes. */
export function encodeInitial(
  { sid, addresses }: InitialMessage,
  version: InitialVersion,
): Uint8Array<ArrayBuffer> {
  const to = new JuteWriter();
  to.long(version);
  to.long(sid);
  to.buffer(utf8(version === INITIAL_V1 ? addresses[0]! : addresses.join("|")));
  return to.taken();
}

/**
 * The initial message at the head of `bytes`, and the number of bytes that it takes; undefined
 * while it is not complete. Throws `ProtocolError` at what can become none.
 */
export function decodeInitial(
  bytes: Uint8Array,
): (InitialMessage & { readonly byteLength: number }) | undefined {
  const from = new JuteReader(bytes);
  if (from.remaining < 8) return undefined;
  const first = from.long();
  if (first >= 0n) return { sid: first as ServerId, addresses: [], byteLength: 8 };
  if (first !== INITIAL_V1 && first !== INITIAL_V2) {
    throw new ProtocolError("UNKNOWN_TYPE", { initial: first });
  }
  if (from.remaining < 12) return undefined;
  const sid = from.long() as ServerId;
  const length = from.int();
  if (length < 1 || length > ADDRESSES_BYTES_MAX) {
    throw new ProtocolError("LENGTH_OUT_OF_RANGE", { length, limit: ADDRESSES_BYTES_MAX });
  }
  if (from.remaining < length) return undefined;
  const addresses = textOf(bytes, from.at, from.at + length).split("|");
  const wrong = addresses.find((address) => !ADDRESS.test(address));
  if (wrong !== undefined) throw new ProtocolError("BAD_VALUE", { address: wrong });
  return { sid, addresses, byteLength: from.at + length };
}
