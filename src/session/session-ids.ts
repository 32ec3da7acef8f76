/**
 * Makes session ids: the server's number in the top byte, then a start taken from the clock, then
 * one more for each session; behind the last number of the lower bytes comes the first, so that
 * the top byte stays. From: specification 2.2.
 *
 * The reference starts from the time since boot, so ids can repeat after a reboot; a wall clock has
 * the same layout and does not.
 */
import type { Millis, ServerId, SessionId } from "../base/ids.ts";
import { toSessionId } from "../base/ids.ts";
import { CONTAINER_OWNER } from "../records/constants.ts";

const NUMBERS = (1n << 56n) - 1n;

export class SessionIds {
  private readonly server: bigint;
  private last: bigint;

  /** `startedAt`: ms since 1970. */
  constructor(server: ServerId, startedAt: Millis) {
    this.server = BigInt.asUintN(8, server) << 56n;
    this.last = BigInt.asUintN(64, BigInt(startedAt) << 24n) >> 8n;
  }

  /** The next id. Never the one that marks containers. */
  next(): SessionId {
    const id = BigInt.asIntN(64, this.server | this.last);
    this.last = (this.last + 1n) & NUMBERS;
    return id === CONTAINER_OWNER || id === 0n ? this.next() : toSessionId(id);
  }
}
