/**
 * The 64-bit names of the protocol. Each is a branded bigint, so that one cannot be taken for
 * another; arithmetic on them happens in this file only.
 *
 * From: shared conventions of the reference's protocols; zxids compare as signed 64-bit numbers.
 */

declare const brand: unique symbol;

/**
 * A transaction's place in the history: epoch in the high 32 bits, counter in the low 32. Signed.
 * @example
 * const { stat } = await zk.getData("/config");
 * const zxid: Zxid = stat.mzxid; // a bigint
 */
export type Zxid = bigint & { readonly [brand]: "Zxid" };
/**
 * A session's name; its top byte is the id of the server that made it. Signed, any value.
 * @example const id: SessionId = zk.sessionId; // a bigint
 */
export type SessionId = bigint & { readonly [brand]: "SessionId" };
/** A server's number (`myid`). Signed 64 bit on the wire; 1 to 254 in configurations. */
export type ServerId = bigint & { readonly [brand]: "ServerId" };
/** Milliseconds: a duration, or a time since 1970 by the clock of whoever passes it in. */
export type Millis = number;

export const toZxid = (value: bigint): Zxid => BigInt.asIntN(64, value) as Zxid;
export const toSessionId = (value: bigint): SessionId => BigInt.asIntN(64, value) as SessionId;
export const toServerId = (value: bigint): ServerId => BigInt.asIntN(64, value) as ServerId;

export const ZXID_ZERO = 0n as Zxid;
/** The session id that asks for a new session. */
export const SESSION_NONE = 0n as SessionId;

/** The zxid of `counter` (0 to 2^32-1) in `epoch` (-2^31 to 2^31-1). */
export const makeZxid = (epoch: number, counter: number): Zxid =>
  BigInt.asIntN(64, (BigInt(epoch) << 32n) | BigInt(counter)) as Zxid;
export const epochOf = (zxid: Zxid): number => Number(zxid >> 32n);
export const counterOf = (zxid: Zxid): number => Number(zxid & 0xffff_ffffn);
/**
 * The zxid after `zxid` in the same epoch. The caller sees to it that the counter does not wrap.
 */
export const nextZxid = (zxid: Zxid): Zxid => BigInt.asIntN(64, zxid + 1n) as Zxid;

/**
 * `0x` and the unsigned hexadecimal digits of `id`, as the reference prints zxids and session ids.
 * @example console.log(describeId(0x1000a4d2b3c0000n)); // 0x1000a4d2b3c0000
 */
export const describeId = (id: bigint): string => `0x${BigInt.asUintN(64, id).toString(16)}`;
