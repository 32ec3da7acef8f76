/**
 * The Stat as the data-tree digest reads it: 60 bytes in the digest's own order. From:
 * specification 6.
 *
 *   0 czxid  8 mzxid  16 pzxid  24 ctime  32 mtime  40 version  44 cversion (stored)  48 aversion
 *   52 ephemeralOwner (stored)
 */
import type { Millis, Zxid } from "../base/ids.ts";

export const DIGEST_STAT_BYTES = 60;

const CZXID = 0;
const MZXID = 8;
const PZXID = 16;
const CTIME = 24;
const MTIME = 32;
const VERSION = 40;
const CVERSION = 44;
const AVERSION = 48;
const OWNER = 52;

const getInt = (stat: Uint8Array, at: number): number =>
  (stat[at]! << 24) | (stat[at + 1]! << 16) | (stat[at + 2]! << 8) | stat[at + 3]!;

function setInt(stat: Uint8Array, at: number, value: number): void {
  stat[at] = value >>> 24;
  stat[at + 1] = value >>> 16;
  stat[at + 2] = value >>> 8;
  stat[at + 3] = value;
}

const WORDS = new DataView(new ArrayBuffer(8));

/** By way of `WORDS`: to shift a bigint makes another one. */
function setLong(stat: Uint8Array, at: number, value: bigint): void {
  WORDS.setBigInt64(0, value);
  setInt(stat, at, WORDS.getInt32(0));
  setInt(stat, at + 4, WORDS.getInt32(4));
}

function setMillis(stat: Uint8Array, at: number, value: Millis): void {
  setInt(stat, at, Math.floor(value / 0x1_0000_0000));
  setInt(stat, at + 4, value >>> 0);
}

export const DigestStat = {
  version: (stat: Uint8Array): number => getInt(stat, VERSION),
  cversion: (stat: Uint8Array): number => getInt(stat, CVERSION),
  aversion: (stat: Uint8Array): number => getInt(stat, AVERSION),
  mtime: (stat: Uint8Array): Millis =>
    getInt(stat, MTIME) * 0x1_0000_0000 + (getInt(stat, MTIME + 4) >>> 0),
  hasOwner: (stat: Uint8Array): boolean => (getInt(stat, OWNER) | getInt(stat, OWNER + 4)) !== 0,
  owner: (stat: Uint8Array): bigint =>
    (BigInt(getInt(stat, OWNER)) << 32n) | BigInt(getInt(stat, OWNER + 4) >>> 0),

  /** A new node; `stat` is all zero. */
  created(stat: Uint8Array, zxid: Zxid, time: Millis, owner: bigint): void {
    setLong(stat, CZXID, zxid);
    stat.copyWithin(MZXID, CZXID, CZXID + 8);
    stat.copyWithin(PZXID, CZXID, CZXID + 8);
    setMillis(stat, CTIME, time);
    stat.copyWithin(MTIME, CTIME, CTIME + 8);
    if (owner !== 0n) setLong(stat, OWNER, owner);
  },

  /** New data of version `version`. */
  changed(stat: Uint8Array, zxid: Zxid, time: Millis, version: number): void {
    setLong(stat, MZXID, zxid);
    setMillis(stat, MTIME, time);
    setInt(stat, VERSION, version);
  },

  /** A child came (`cversion`: the stored counter from then on) or went (undefined). */
  childChanged(stat: Uint8Array, zxid: Zxid, cversion: number | undefined): void {
    setLong(stat, PZXID, zxid);
    if (cversion !== undefined) setInt(stat, CVERSION, cversion);
  },

  setAversion: (stat: Uint8Array, version: number): void => setInt(stat, AVERSION, version),
} as const;
