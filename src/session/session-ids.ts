/**
 * Makes session ids: the server's number in the top byte, then a start taken from the clock, then
 * one more for each session. From: specification 2.2.
 *
 * The reference starts from the time since boot, so ids can repeat after a reboot; a wall clock has
 * the same layout and does not.
 */
import type { Millis, ServerId, SessionId } from "../base/ids.ts";
import { toSessionId } from "../base/ids.ts";
import { CONTAINER_OWNER } from "../records/constants.ts";

export class SessionIds {
  private last: bigint;

  /** `startedAt`: ms since 1970. */
  constructor(server: ServerId, startedAt: Millis) {
    const clock = BigInt.asUintN(64, BigInt(startedAt) << 24n) >> 8n;
    this.last = BigInt.asIntN(64, (BigInt.asUintN(8, server) << 56n) | clock);
  }

  /** The next id. Never the one that marks containers. */
  next(): SessionId {
    const id = this.last;
    this.last = BigInt.asIntN(64, id + 1n);
    return id === CONTAINER_OWNER || id === 0n ? this.next() : toSessionId(id);
  }
}
