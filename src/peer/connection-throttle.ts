/**
 * How many handshakes a server takes: a bucket of tokens that time fills, and, while the bucket is
 * empty again and again, a growing chance of refusal (BLUE). A refused client is told nothing: its
 * connection is closed, and it tries another server.
 *
 * From: reference `BlueThrottle`; the names and defaults of its options, 3.8.0.
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";

export type ConnectionThrottleSettings = {
  /** Size of the bucket. 0: every handshake is taken. */
  readonly tokens: number;
  /** When more than `fillTimeMs` went by, `fillCount` tokens come for each of these spans. */
  readonly fillTimeMs: Millis;
  readonly fillCount: number;
  /** Least time between changes of the chance of refusal; -1: never any such refusal. */
  readonly freezeTimeMs: Millis;
  /** What it grows by while the bucket is empty, and shrinks by while it is full enough. */
  readonly dropIncrease: number;
  readonly dropDecrease: number;
  /** The part of the bucket that may be missing while it shrinks. */
  readonly decreaseRatio: number;
  /** Tokens for each kind of handshake; undefined: one for all. */
  readonly weights: Readonly<Record<HandshakeKind, number>> | undefined;
};

/** A new session, one that only this server knows, or one that comes back. */
export type HandshakeKind = "global" | "local" | "renew";

export class ConnectionThrottle {
  private readonly settings: ConnectionThrottleSettings;
  private readonly chance: Prng;
  private tokens: number;
  private filledAt: Millis;
  private changedAt: Millis;
  private drop = 0;

  constructor(settings: ConnectionThrottleSettings, chance: Prng, now: Millis) {
    this.settings = settings;
    this.chance = chance;
    this.tokens = settings.tokens;
    this.filledAt = this.changedAt = now;
  }

  /** The chance of refusal, 0 to 1, whatever the bucket holds. */
  get dropProbability(): number {
    return this.drop;
  }

  /** Tokens that are missing from a full bucket. */
  get deficit(): number {
    return this.settings.tokens - this.tokens;
  }

  /** Whether the handshake is taken. Takes its tokens if it is. */
  admits(kind: HandshakeKind, now: Millis): boolean {
    const { tokens, weights, freezeTimeMs } = this.settings;
    if (tokens === 0) return true;
    this.fill(now);
    if (freezeTimeMs !== -1) {
      this.change(now);
      if (this.chance.chance(this.drop)) return false;
    }
    const needed = weights === undefined ? 1 : weights[kind];
    if (this.tokens < needed) return false;
    this.tokens -= needed;
    return true;
  }

  private fill(now: Millis): void {
    const { tokens, fillTimeMs, fillCount } = this.settings;
    const since = now - this.filledAt;
    if (since <= fillTimeMs) return;
    this.tokens = Math.min(tokens, this.tokens + Math.trunc((since * fillCount) / fillTimeMs));
    this.filledAt = now;
  }

  private change(now: Millis): void {
    const { tokens, freezeTimeMs, dropIncrease, dropDecrease, decreaseRatio } = this.settings;
    if (now - this.changedAt <= freezeTimeMs) return;
    this.changedAt = now;
    if (this.deficit === tokens && this.drop < 1) {
      this.drop = Math.min(1, this.drop + dropIncrease);
    } else if (this.deficit <= Math.round(tokens * decreaseRatio)) {
      this.drop = Math.max(0, this.drop - dropDecrease);
    }
  }
}
