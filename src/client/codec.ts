/**
 * Values in place of bytes: a codec, and a view of a client that reads and writes through it.
 *
 *   const configs = zk.withCodec(json<Config>());
 *   const { value, stat } = await configs.get("/config");
 *   await configs.set("/config", { ...value, limit: 10 }, stat.version);
 *
 * Leaves to others: whether a value is what its type says; a codec's `decode` may check it.
 */
import { ANY_VERSION } from "../records/constants.ts";
import type { Stat } from "../records/data.ts";
import type { CallOptions } from "./options.ts";
import type { Data } from "./requests.ts";
import type { NewNodeOptions, ReadOptions, ZooKeeper } from "./zookeeper.ts";

/**
 * How values of one type stand in the data of a node. Either direction may throw.
 * @example
 * const dates: ValueCodec<Date> = {
 *   encode: (date) => date.toISOString(),
 *   decode: (data) => new Date(text.decode(data)),
 * };
 */
export interface ValueCodec<T> {
  encode(value: T): Data;
  /** `data` belongs to the codec. */
  decode(data: Uint8Array | null): T;
}

/**
 * The data of a node is not what the codec reads. `cause` says why.
 * @example if (error instanceof CodecError) console.error(error.path, error.cause);
 */
export class CodecError extends Error {
  readonly code = "Codec";
  /** The node whose data it is. */
  readonly path: string;
  constructor(path: string, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${path}: its data cannot be read: ${why}`, { cause });
    this.name = "CodecError";
    this.path = path;
  }
}

const readText = (data: Uint8Array | null): string =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data ?? new Uint8Array(0));

/**
 * Text as UTF-8. A node without data holds the empty text; bytes that are not UTF-8 are refused.
 * @example const { value } = await zk.withCodec(text).get("/greeting");
 */
export const text: ValueCodec<string> = { encode: (value) => value, decode: readText };

/**
 * JSON as UTF-8, of values that `JSON.stringify` knows. Empty data is no value. That the data is a
 * `T` is believed and not checked.
 * @example
 * const limits = zk.withCodec(json<{ readonly limit: number }>());
 * await limits.set("/config", { limit: 2 });
 */
export const json = <T>(): ValueCodec<T> => ({
  encode(value) {
    const words = JSON.stringify(value);
    if (words === undefined) throw new TypeError(`JSON has no form for a ${typeof value}`);
    return words;
  },
  decode: (data) => JSON.parse(readText(data)) as T,
});

/**
 * The value of a node, of which `T` is the type, and its Stat.
 * @example const { value, stat }: NodeValue<string> = await zk.withCodec(text).get("/greeting");
 */
export type NodeValue<T> = { readonly value: T; readonly stat: Stat };

/**
 * A client's nodes as values of one type; it has no session of its own.
 * @example
 * const greetings = zk.withCodec(text);
 * await greetings.create("/greeting", "hello");
 */
export class Values<T> {
  private readonly zk: Pick<ZooKeeper, "create" | "getData" | "setData">;
  private readonly codec: ValueCodec<T>;

  /** Made by `ZooKeeper.withCodec`. */
  constructor(zk: Pick<ZooKeeper, "create" | "getData" | "setData">, codec: ValueCodec<T>) {
    this.zk = zk;
    this.codec = codec;
  }

  /**
   * As `ZooKeeper.create`. Rejects with what `encode` throws.
   * @example const path = await zk.withCodec(json<number>()).create("/limit", 3);
   */
  async create(path: string, value: T, options: NewNodeOptions = {}): Promise<string> {
    return this.zk.create(path, this.codec.encode(value), options);
  }

  /**
   * As `getData`. Rejects with `CodecError` where the data is no value.
   * @example const { value, stat } = await zk.withCodec(json<number>()).get("/limit");
   */
  async get(path: string, options: ReadOptions = {}): Promise<NodeValue<T>> {
    const { data, stat } = await this.zk.getData(path, options);
    return { value: decoded(this.codec, path, data), stat };
  }

  /**
   * As `setData`. Rejects with what `encode` throws.
   * @example const stat = await zk.withCodec(json<number>()).set("/limit", 4);
   */
  async set(
    path: string,
    value: T,
    version: number = ANY_VERSION,
    options: CallOptions = {},
  ): Promise<Stat> {
    return this.zk.setData(path, this.codec.encode(value), version, options);
  }
}

/** The value in `data`. Throws `CodecError`. */
function decoded<T>(codec: ValueCodec<T>, path: string, data: Uint8Array | null): T {
  try {
    return codec.decode(data);
  } catch (error) {
    throw new CodecError(path, error);
  }
}
