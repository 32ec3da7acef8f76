/**
 * The words that the server's thread and its readers share: a sequence lock over the tree's memory,
 * and what tells a reader whether it knows all that it has to know.
 *
 * The server's thread makes the sequence odd before it changes the tree and even when everything
 * that the change causes has been posted to the readers, watch events too. A reader notes the even
 * sequence, reads, and asks whether it still stands: then nothing was torn. It answers when it has
 * taken all that was posted up to then; so no client sees a change before the event that tells of
 * it.
 *
 * Order in memory. The writer adds to the sequence and then loads it: on ARM no store moves in
 * front of a load that acquires, and that load not in front of the store that releases. The reader
 * exchanges a word of its own and then loads the sequence: the plain loads before cannot move
 * behind a store that releases. (Boehm, "Can Seqlocks Get Along with Programming Language Memory
 * Models?", 2012.)
 */
import type { Zxid } from "../../base/ids.ts";

const SEQUENCE = 0;
/** Readers that sleep until the sequence is even. */
const SLEEPERS = 1;
/** In 64-bit words. */
const ZXID = 1;
/** Each reader's words have a cache line of their own. */
const LINE_WORDS = 16;
const POSTED = 0;
const FENCE = 1;
/** Its bell was rung, and it has not heard yet. */
const RUNG = 2;

/** How often a reader looks before it sleeps, and how long it sleeps before it looks again. */
const LOOKS = 500;
const SLEEP_MS = 5;

export class SharedWords {
  readonly memory: SharedArrayBuffer;
  private readonly words: Int32Array;
  private readonly longs: BigInt64Array;

  /** `memory`: another thread's. */
  constructor(readers: number, memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(4 * LINE_WORDS * (1 + readers));
    this.words = new Int32Array(this.memory);
    this.longs = new BigInt64Array(this.memory);
  }

  // ---- the server's thread ----

  beginChange(): void {
    Atomics.add(this.words, SEQUENCE, 1);
    Atomics.load(this.words, SEQUENCE);
  }

  /** Everything that the change causes has been posted. */
  endChange(lastProcessed: Zxid): void {
    const { words } = this;
    this.longs[ZXID] = lastProcessed;
    Atomics.add(words, SEQUENCE, 1);
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, SEQUENCE);
  }

  /** A message for a reader is where it can take it. True: its bell is to be rung. */
  posted(reader: number): boolean {
    Atomics.add(this.words, lineOf(reader) + POSTED, 1);
    return Atomics.exchange(this.words, lineOf(reader) + RUNG, 1) === 0;
  }

  // ---- readers ----

  /** Waits until nothing changes; answers the sequence. */
  begin(): number {
    const { words } = this;
    for (let look = 0; look < LOOKS; look++) {
      const sequence = Atomics.load(words, SEQUENCE);
      if ((sequence & 1) === 0) return sequence;
    }
    Atomics.add(words, SLEEPERS, 1);
    let sequence = Atomics.load(words, SEQUENCE);
    while ((sequence & 1) !== 0) {
      Atomics.wait(words, SEQUENCE, sequence, SLEEP_MS);
      sequence = Atomics.load(words, SEQUENCE);
    }
    Atomics.sub(words, SLEEPERS, 1);
    return sequence;
  }

  /** Whether nothing has changed since `begin` answered `sequence`. */
  stillStands(reader: number, sequence: number): boolean {
    Atomics.exchange(this.words, lineOf(reader) + FENCE, 0);
    return Atomics.load(this.words, SEQUENCE) === sequence;
  }

  /** The bell was heard: what is posted after this rings it again. */
  heard(reader: number): void {
    Atomics.store(this.words, lineOf(reader) + RUNG, 0);
  }

  /** How many messages were posted to a reader; the number wraps to negative ones. */
  postedTo(reader: number): number {
    return Atomics.load(this.words, lineOf(reader) + POSTED);
  }

  get lastProcessed(): Zxid {
    return this.longs[ZXID] as Zxid;
  }
}

const lineOf = (reader: number): number => LINE_WORDS * (1 + reader);
