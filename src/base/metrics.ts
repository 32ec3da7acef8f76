/**
 * Instruments: counters, summaries, summaries with percentiles, and sets of them by key. A registry
 * holds what was asked of it and reads it out under the names that the reference's `mntr` uses.
 *
 * Promises: `add` and `record` allocate nothing; percentiles are exact over the latest records.
 * Leaves to others: clocks (times come in as numbers), prefixes and text.
 * From: golden mntr.txt; 3.8.0 asked for what `srst` resets.
 */

/** One number to print: `decimal` ones keep a point, as in `0.0`. */
export type Reading = { readonly name: string; readonly value: number; readonly decimal: boolean };

export class Counter {
  #value = 0;

  add(amount = 1): void {
    this.#value += amount;
  }

  get value(): number {
    return this.#value;
  }

  reset(): void {
    this.#value = 0;
  }
}

/** Least, most, number and sum of what was recorded; all 0 before the first record. */
export class Summary {
  #min = 0;
  #max = 0;
  #count = 0;
  #sum = 0;

  record(value: number): void {
    if (this.#count === 0 || value < this.#min) this.#min = value;
    if (this.#count === 0 || value > this.#max) this.#max = value;
    this.#count++;
    this.#sum += value;
  }

  get min(): number {
    return this.#min;
  }

  get max(): number {
    return this.#max;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** To four digits after the point. */
  get avg(): number {
    return this.#count === 0 ? 0 : toFourDigits(this.#sum / this.#count);
  }

  reset(): void {
    this.#min = 0;
    this.#max = 0;
    this.#count = 0;
    this.#sum = 0;
  }
}

/**
 * Records that percentiles are taken over. The reference samples 1028 and weighs late ones more.
 */
const WINDOW = 1024;

/** A summary that also knows percentiles of its latest 1024 records. */
export class Percentiles extends Summary {
  readonly #latest = new Float64Array(WINDOW);

  override record(value: number): void {
    this.#latest[this.count % WINDOW] = value;
    super.record(value);
  }

  /**
   * The value that the `part` (0 to 1) of the latest records does not exceed; 0 without records.
   */
  percentile(part: number): number {
    const sorted = this.#latest.slice(0, Math.min(this.count, WINDOW)).sort();
    return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
  }
}

/** Instruments of one kind, told apart by a key such as the first part of a path. */
export class Keyed<I extends { reset(): void }> {
  readonly #byKey = new Map<string, I>();
  readonly #make: () => I;
  readonly #keysMax: number;

  /** Once there are `keysMax` keys, further ones share the key `other`: clients choose them. */
  constructor(make: () => I, keysMax: number) {
    this.#make = make;
    this.#keysMax = keysMax;
  }

  of(key: string): I {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    if (this.#byKey.size >= this.#keysMax && key !== "other") return this.of("other");
    const made = this.#make();
    this.#byKey.set(key, made);
    return made;
  }

  entries(): Iterable<readonly [string, I]> {
    return this.#byKey;
  }

  /** Sets all to 0; the keys stay, as in the reference. */
  reset(): void {
    for (const instrument of this.#byKey.values()) instrument.reset();
  }
}

/** Keys in one set. The reference has no limit, so that clients can fill its memory. */
const KEYS_MAX = 1000;

/**
 * Instruments by name. What nobody asked for is not read out: a 0 means that nothing happened,
 * never that nobody looks.
 */
export class Metrics {
  readonly #gauges = new Map<string, () => number>();
  readonly #counters = new Map<string, Counter>();
  readonly #summaries = new Map<string, Summary>();
  readonly #percentiles = new Map<string, Percentiles>();
  readonly #counterSets = new Map<string, Keyed<Counter>>();
  readonly #summarySets = new Map<string, Keyed<Summary>>();

  /** A number that is asked for when it is read out, and that `reset` leaves alone. */
  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** The instrument of that name; the same one each time. */
  counter(name: string): Counter {
    return getOrMake(this.#counters, name, () => new Counter());
  }

  summary(name: string): Summary {
    return getOrMake(this.#summaries, name, () => new Summary());
  }

  percentiles(name: string): Percentiles {
    return getOrMake(this.#percentiles, name, () => new Percentiles());
  }

  counterSet(name: string): Keyed<Counter> {
    return getOrMake(this.#counterSets, name, () => new Keyed(() => new Counter(), KEYS_MAX));
  }

  summarySet(name: string): Keyed<Summary> {
    return getOrMake(this.#summarySets, name, () => new Keyed(() => new Summary(), KEYS_MAX));
  }

  /** Everything, kind by kind, in the order it was asked for. */
  *readings(): Generator<Reading> {
    for (const [name, read] of this.#gauges) yield whole(name, read());
    for (const [name, { value }] of this.#counters) yield whole(name, value);
    for (const [name, set] of this.#counterSets) {
      for (const [key, { value }] of set.entries()) yield whole(`${key}_${name}`, value);
    }
    for (const [name, summary] of this.#summaries) yield* ofSummary(name, summary);
    for (const [name, percentiles] of this.#percentiles) {
      yield* ofSummary(name, percentiles);
      yield whole(`p50_${name}`, percentiles.percentile(0.5));
      yield whole(`p95_${name}`, percentiles.percentile(0.95));
      yield whole(`p99_${name}`, percentiles.percentile(0.99));
      yield whole(`p999_${name}`, percentiles.percentile(0.999));
    }
    for (const [name, set] of this.#summarySets) {
      for (const [key, summary] of set.entries()) yield* ofSummary(`${key}_${name}`, summary);
    }
  }

  /** Sets everything but gauges to 0. Names and keys stay. */
  reset(): void {
    for (const kind of [
      this.#counters,
      this.#summaries,
      this.#percentiles,
      this.#counterSets,
      this.#summarySets,
    ]) {
      for (const instrument of kind.values()) instrument.reset();
    }
  }
}

function getOrMake<I>(known: Map<string, I>, name: string, make: () => I): I {
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = make();
  known.set(name, made);
  return made;
}

function* ofSummary(name: string, summary: Summary): Generator<Reading> {
  yield { name: `avg_${name}`, value: summary.avg, decimal: true };
  yield whole(`min_${name}`, summary.min);
  yield whole(`max_${name}`, summary.max);
  yield whole(`cnt_${name}`, summary.count);
  yield whole(`sum_${name}`, summary.sum);
}

const whole = (name: string, value: number): Reading => ({ name, value, decimal: false });

const toFourDigits = (value: number): number => Math.round(value * 10_000) / 10_000;

/**
 * A reading's number as text. Decimal ones have at least one and at most four digits after the
 * point; the others are rounded to whole numbers, which is all that the reference records.
 */
export function describeReading({ value, decimal }: Reading): string {
  if (!decimal) return String(Math.round(value));
  return describeDecimal(value);
}

/** `0.0`, `1.5`, `2.1852`: at least one digit after the point and at most four. */
export function describeDecimal(value: number): string {
  const rounded = toFourDigits(value);
  return Number.isInteger(rounded) ? `${rounded}.0` : String(rounded);
}
