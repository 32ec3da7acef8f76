/**
 * Codecs: how a record stands on the wire, told once for reading and writing. A record is a table
 * of its fields in order, so a protocol chapter fits a page.
 *
 * Null: the wire has null strings, buffers and vectors. `ustring` and `vector` refuse null; the
 * `OrNull` kinds keep it. Which fields may be null is the protocol's choice (specification 1.2-1.4,
 * 2.1).
 */
import { ProtocolError } from "../base/errors.ts";
import type { JuteReader } from "./reader.ts";
import type { JuteWriter } from "./writer.ts";

export interface Codec<T> {
  /**
   * The fewest bytes that a value takes: bounds the count of a vector before anything is
   * allocated.
   */
  readonly bytesMin: number;
  read(from: JuteReader): T;
  write(to: JuteWriter, value: T): void;
}

/** The value that a codec reads. */
export type Of<C> = C extends Codec<infer T> ? T : never;

export const int: Codec<number> = {
  bytesMin: 4,
  read: (from) => from.int(),
  write: (to, value) => to.int(value),
};

export const bool: Codec<boolean> = {
  bytesMin: 1,
  read: (from) => from.bool(),
  write: (to, value) => to.bool(value),
};

/** A 64-bit number; `long<Zxid>()` reads it as that brand. */
export const long = <T extends bigint = bigint>(): Codec<T> => ({
  bytesMin: 8,
  read: (from) => from.long() as T,
  write: (to, value) => to.long(value),
});

const TWO_32 = 0x1_0000_0000;
/** A 64-bit number of whole milliseconds, exact up to 2^53. In two halves: no bigint is made. */
export const millis: Codec<number> = {
  bytesMin: 8,
  read: (from) => from.int() * TWO_32 + (from.int() >>> 0),
  write(to, value) {
    to.int(Math.floor(value / TWO_32));
    to.int(value | 0);
  },
};

export const ustringOrNull: Codec<string | null> = {
  bytesMin: 4,
  read: (from) => from.ustring(),
  write: (to, value) => to.ustring(value),
};

export const bufferOrNull: Codec<Uint8Array | null> = {
  bytesMin: 4,
  read: (from) => from.buffer(),
  write: (to, value) => to.buffer(value),
};

export const ustring: Codec<string> = notNull(ustringOrNull);
export const buffer: Codec<Uint8Array> = notNull(bufferOrNull);

export function vectorOrNull<T>(element: Codec<T>): Codec<readonly T[] | null> {
  return {
    bytesMin: 4,
    read(from) {
      const count = from.count(element.bytesMin);
      if (count === null) return null;
      const values: T[] = [];
      for (let index = 0; index < count; index++) values.push(element.read(from));
      return values;
    },
    write(to, values) {
      if (values === null) return to.int(-1);
      to.int(values.length);
      for (const value of values) element.write(to, value);
    },
  };
}

export const vector = <T>(element: Codec<T>): Codec<readonly T[]> => notNull(vectorOrNull(element));

/** A bool that old peers leave out at the end of a record; absent is undefined. */
export const optionalBool: Codec<boolean | undefined> = {
  bytesMin: 0,
  read: (from) => (from.remaining > 0 ? from.bool() : undefined),
  write(to, value) {
    if (value !== undefined) to.bool(value);
  },
};

type Fields = Readonly<Record<string, Codec<unknown>>>;
type RecordOf<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> };

/** A record: its fields in order, without tag or length. */
export function record<F extends Fields>(fields: F): Codec<RecordOf<F>> {
  const list = Object.entries(fields);
  return {
    bytesMin: list.reduce((sum, [, codec]) => sum + codec.bytesMin, 0),
    read(from) {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of list) value[name] = codec.read(from);
      return value as RecordOf<F>;
    },
    write(to, value) {
      for (const [name, codec] of list) codec.write(to, value[name]);
    },
  };
}

function notNull<T>(codec: Codec<T | null>): Codec<T> {
  return {
    bytesMin: codec.bytesMin,
    read(from) {
      const value = codec.read(from);
      if (value === null) throw new ProtocolError("UNEXPECTED_NULL", { at: from.at });
      return value;
    },
    write: (to, value) => codec.write(to, value),
  };
}
