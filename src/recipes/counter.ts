/**
 * A number in one node that many programs count up and down, in the layout of the program that
 * they share it with:
 *
 *   kazoo            Counter: decimal text, any size
 *   curator-long     DistributedAtomicLong: 8 bytes, the most significant first
 *   curator-int      SharedCount, and kazoo's Counter with support_curator: 4 bytes
 *
 * A node does not tell its layout: all who use one must name the same.
 */
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { AtomicValue, textCodec, type Updated, type ValueCodec } from "./atomic-value.ts";

/**
 * How the number stands in the node; all who use one must name the same.
 * @example
 * const layout: CounterLayout = "curator-long"; // 8 bytes; "kazoo": text; "curator-int": 4 bytes
 */
export type CounterLayout = "kazoo" | "curator-long" | "curator-int";

/**
 * How a counter is laid out, and where it begins.
 * @example const options: CounterOptions = { layout: "kazoo", initial: 100 };
 */
export type CounterOptions = {
  /** `kazoo` unless given. */
  readonly layout?: CounterLayout;
  /** What a missing or empty node counts as; 0 unless given. */
  readonly initial?: bigint | number;
};

/**
 * A number that many programs count up and down. Every count is made exactly once, also where
 * replies are lost.
 * @example
 * import { ZooKeeper } from "quoll/client";
 * import { Counter } from "quoll/recipes";
 * import { startServer } from "quoll/server";
 *
 * await using server = await startServer();
 * await using zk = await ZooKeeper.connect(server.connectString);
 * await using visits = new Counter(zk, "/app/visits");
 * await visits.increment();
 * const { before, after } = await visits.add(2);
 * console.log(before, after); // 1n 3n
 */
export class Counter implements AsyncDisposable {
  private readonly shared: AtomicValue<bigint>;

  /** `path` is the number's node; all who use it must name the same layout. */
  constructor(zk: ZooKeeper, path: string, options: CounterOptions = {}) {
    const codec = CODECS[options.layout ?? "kazoo"];
    this.shared = new AtomicValue(zk, path, codec, BigInt(options.initial ?? 0));
  }

  /**
   * The number as the server has it.
   * @example const visits: bigint = await new Counter(zk, "/app/visits").get();
   */
  get(options: WaitOptions = {}): Promise<bigint> {
    return this.shared.get(options);
  }

  /**
   * Rejects with `RangeError` where the sum does not fit the layout; nothing is written then.
   * @example const { after } = await new Counter(zk, "/app/visits").add(-5);
   */
  add(amount: bigint | number, options: WaitOptions = {}): Promise<Updated<bigint>> {
    const step = BigInt(amount);
    return this.shared.update((before) => before + step, options);
  }

  /**
   * As `add(1)`.
   * @example const { after } = await new Counter(zk, "/app/visits").increment();
   */
  increment(options: WaitOptions = {}): Promise<Updated<bigint>> {
    return this.add(1n, options);
  }

  /**
   * As `add(-1)`.
   * @example const { after } = await new Counter(zk, "/app/visits").decrement();
   */
  decrement(options: WaitOptions = {}): Promise<Updated<bigint>> {
    return this.add(-1n, options);
  }

  /**
   * Sets the number, whatever it was. Rejects with `RangeError` where it does not fit the layout.
   * @example const { before } = await new Counter(zk, "/app/visits").set(0);
   */
  set(value: bigint | number, options: WaitOptions = {}): Promise<Updated<bigint>> {
    return this.shared.set(BigInt(value), options);
  }

  /**
   * Sets the number if it is still `expected`. False: it was not.
   * @example const isOurs = await new Counter(zk, "/app/turn").compareAndSet(7, 8);
   */
  compareAndSet(
    expected: bigint | number,
    value: bigint | number,
    options: WaitOptions = {},
  ): Promise<boolean> {
    return this.shared.compareAndSet(BigInt(expected), BigInt(value), options);
  }

  /**
   * The number now and after each change; quick changes may be seen as one.
   * @example
   * const visits = new Counter(zk, "/app/visits");
   * for await (const count of visits.watch({ signal })) console.log(count);
   */
  watch(options: WaitOptions = {}): AsyncGenerator<bigint, void, void> {
    return this.shared.watch(options);
  }

  /** Takes this program's child node away. The number stays. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shared[Symbol.asyncDispose]();
  }
}

const decimal: ValueCodec<bigint> = {
  encode: (value) => value.toString(),
  decode(data) {
    const text = textCodec.decode(data);
    if (!/^-?\d+$/.test(text)) throw new RangeError(`"${text}" is no decimal number`);
    return BigInt(text);
  },
};

/** A signed number of `bytes` bytes, the most significant first. */
const binary = (bytes: 4 | 8): ValueCodec<bigint> => ({
  encode(value) {
    if (BigInt.asIntN(bytes * 8, value) !== value) {
      throw new RangeError(`${value} does not fit in ${bytes} bytes`);
    }
    const data = new Uint8Array(8);
    new DataView(data.buffer).setBigInt64(0, value);
    return data.slice(8 - bytes);
  },
  decode(data) {
    if (data.length !== bytes) throw new RangeError(`${data.length} bytes, expected ${bytes}`);
    const view = new DataView(data.buffer, data.byteOffset, bytes);
    return bytes === 8 ? view.getBigInt64(0) : BigInt(view.getInt32(0));
  },
});

const CODECS: Readonly<Record<CounterLayout, ValueCodec<bigint>>> = {
  kazoo: decimal,
  "curator-long": binary(8),
  "curator-int": binary(4),
};
