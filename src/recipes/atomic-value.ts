/**
 * A value in one node that many programs change: read, compute, write if nobody was quicker.
 *
 *   const config = new AtomicValue(zk, "/app/limits", jsonCodec, { perMinute: 60 });
 *   await config.update((old) => ({ ...old, perMinute: old.perMinute * 2 }));
 *   for await (const limits of config.watch({ signal })) apply(limits);
 *
 * Promises: no update is lost and none is made twice, also where replies are lost. Layout: the node
 * holds what the codec makes; while a program that has updated lives, an ephemeral child
 * `receipt-<uuid>` stands below it.
 */
import { BadVersionError, NodeExistsError, NoNodeError } from "../client/keeper-error.ts";
import { op } from "../client/multi.ts";
import type { WaitOptions } from "../client/options.ts";
import type { Data } from "../client/requests.ts";
import type { ReadOptions, ZooKeeper } from "../client/zookeeper.ts";
import { observe } from "./observe.ts";
import { Receipts } from "./receipts.ts";
import { ensureNode, ensurePath, throughLoss } from "./through-loss.ts";

/**
 * How a value stands in a node. `decode` throws for bytes that are none.
 * @example
 * const dates: ValueCodec<Date> = {
 *   encode: (date) => date.toISOString(),
 *   decode: (data) => new Date(new TextDecoder().decode(data)),
 * };
 */
export type ValueCodec<V> = {
  encode(value: V): Data;
  /** `data` is never empty: an empty node holds the initial value. */
  decode(data: Uint8Array): V;
};

/**
 * Text as UTF-8; bytes that are not UTF-8 are refused.
 * @example const banner = new AtomicValue(zk, "/app/banner", textCodec, "");
 */
export const textCodec: ValueCodec<string> = {
  encode: (value) => value,
  decode: (data) => new TextDecoder("utf-8", { fatal: true }).decode(data),
};

/**
 * JSON. The type is what the program says it is: a reader of foreign nodes should check it.
 * @example const limits = new AtomicValue(zk, "/app/limits", jsonCodec<readonly number[]>(), []);
 */
export const jsonCodec = <V>(): ValueCodec<V> => ({
  encode: (value) => JSON.stringify(value),
  decode: (data) => JSON.parse(textCodec.decode(data)) as V,
});

/**
 * What an update has done.
 * @example const grown = ({ before, after }: Updated<bigint>): boolean => after > before;
 */
export type Updated<V> = {
  readonly before: V;
  readonly after: V;
};

/**
 * A value in one node that many programs change, one after the other. Every update is made exactly
 * once, also where replies are lost: a child of the node, gone with the session, tells.
 * @example
 * const hosts = new AtomicValue(zk, "/app/hosts", jsonCodec<readonly string[]>(), []);
 * const { after } = await hosts.update((known) => [...known, "10.0.0.1"]);
 */
export class AtomicValue<V> implements AsyncDisposable {
  private readonly zk: ZooKeeper;
  private readonly path: string;
  private readonly codec: ValueCodec<V>;
  private readonly initial: V;
  private readonly receipts: Receipts;

  /** `initial` is what a node that is missing or empty holds. */
  constructor(zk: ZooKeeper, path: string, codec: ValueCodec<V>, initial: V) {
    this.zk = zk;
    this.path = path;
    this.codec = codec;
    this.initial = initial;
    this.receipts = new Receipts(zk, path);
  }

  /**
   * The value as the server has it.
   * @example const banner = await new AtomicValue(zk, "/app/banner", textCodec, "").get();
   */
  async get(options: WaitOptions = {}): Promise<V> {
    return (await this.read(options)).value;
  }

  /**
   * Sets the value to what `change` makes of it, and calls it again with the newer value where
   * somebody else was quicker. What `change` throws ends the update; nothing is written then.
   * @example
   * const hosts = new AtomicValue(zk, "/app/hosts", jsonCodec<readonly string[]>(), []);
   * await hosts.update((known) => known.filter((host) => host !== "10.0.0.1"));
   */
  async update(change: (before: V) => V, options: WaitOptions = {}): Promise<Updated<V>> {
    for (;;) {
      const { value: before, version } = await this.read(options);
      if (version === undefined) {
        await this.make(options);
        continue;
      }
      const after = change(before);
      if (await this.write(after, version, options)) return { before, after };
    }
  }

  /**
   * Sets the value, whatever it was.
   * @example
   * const { before } = await new AtomicValue(zk, "/app/banner", textCodec, "").set("closed");
   */
  set(value: V, options: WaitOptions = {}): Promise<Updated<V>> {
    return this.update(() => value, options);
  }

  /**
   * Sets the value if it is still `expected`, as `isSame` sees it. False: it was not.
   * @example
   * const state = new AtomicValue(zk, "/app/state", textCodec, "off");
   * if (await state.compareAndSet("off", "on")) console.log("switched on, by us");
   */
  async compareAndSet(
    expected: V,
    value: V,
    options: WaitOptions & { readonly isSame?: (a: V, b: V) => boolean } = {},
  ): Promise<boolean> {
    const isSame = options.isSame ?? Object.is;
    for (;;) {
      const { value: now, version } = await this.read(options);
      if (!isSame(now, expected)) return false;
      if (version === undefined) await this.make(options);
      else if (await this.write(value, version, options)) return true;
    }
  }

  /**
   * The value now and after each change; quick changes may be seen as one.
   * @example
   * const banner = new AtomicValue(zk, "/app/banner", textCodec, "");
   * for await (const text of banner.watch({ signal })) console.log(text);
   */
  watch(options: WaitOptions = {}): AsyncGenerator<V, void, void> {
    return observe(async (watch) => (await this.look({ ...options, watch })).value, options);
  }

  /** Takes this program's child away. The value stays. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.receipts.close();
  }

  private read(
    options: WaitOptions,
  ): Promise<{ readonly value: V; readonly version: number | undefined }> {
    return throughLoss(() => this.look(options), options);
  }

  private async look(
    options: ReadOptions,
  ): Promise<{ readonly value: V; readonly version: number | undefined }> {
    for (;;) {
      try {
        const { data, stat } = await this.zk.getData(this.path, options);
        const isEmpty = data === null || data.length === 0;
        return { value: isEmpty ? this.initial : this.codec.decode(data), version: stat.version };
      } catch (error) {
        if (!(error instanceof NoNodeError)) throw error;
      }
      // A watch for the creation, if one is wanted; it may have come between the two reads.
      if ((await this.zk.exists(this.path, options)) !== undefined) continue;
      return { value: this.initial, version: undefined };
    }
  }

  private async make(options: WaitOptions): Promise<void> {
    const parent = this.path.slice(0, this.path.lastIndexOf("/")) || "/";
    await ensurePath(this.zk, parent, options);
    await ensureNode(this.zk, this.path, this.codec.encode(this.initial), options);
  }

  /** False: the node has changed since `version`. */
  private async write(value: V, version: number, options: WaitOptions): Promise<boolean> {
    try {
      const ops = [op.setData(this.path, this.codec.encode(value), version)];
      await this.receipts.multi(ops, options);
      return true;
    } catch (error) {
      const isOvertaken = error instanceof BadVersionError && error.element?.index === 0;
      if (isOvertaken || error instanceof NoNodeError || error instanceof NodeExistsError) {
        return false;
      }
      throw error;
    }
  }
}
