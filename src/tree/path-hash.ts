/**
 * The keyed hash of path bytes, four bytes at a time.
 *
 * Clients choose paths, so the seed must not be guessable: it sets the start and both multipliers,
 * because a fixed multiplier would let prepared paths collide under every start value.
 * From: the shape of MurmurHash3 (32 bit), with keyed constants.
 */
import { Prng } from "../base/prng.ts";

export class PathHash {
  private readonly start: number;
  private readonly first: number;
  private readonly second: number;

  constructor(seed: number) {
    const random = new Prng(seed);
    this.start = random.uint32() | 0;
    this.first = random.uint32() | 1;
    this.second = random.uint32() | 1;
  }

  /** A signed 32-bit hash of `bytes[from, to)`. */
  of(bytes: Uint8Array, from: number, to: number): number {
    let state = this.start;
    let at = from;
    for (const stop = to - 3; at < stop; at += 4) {
      const word =
        bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      state = this.step(state, word);
    }
    let rest = 0;
    for (; at < to; at++) rest = (rest << 8) | bytes[at]!;
    return finish(this.step(state, rest) ^ (to - from));
  }

  /** A signed 32-bit hash of two numbers. */
  ofPair(one: number, other: number): number {
    return finish(this.step(this.step(this.start, one), other));
  }

  private step(state: number, word: number): number {
    const spread = Math.imul(word, this.first);
    const mixed = state ^ Math.imul((spread << 15) | (spread >>> 17), this.second);
    return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0x3c6ef372) | 0;
  }
}

function finish(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return mixed ^ (mixed >>> 15);
}
