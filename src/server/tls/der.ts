/**
 * Reads DER, the encoding of certificates and PKCS #12 files: a tag, a length, a body.
 *
 * Promises: no length is believed before it is compared with what is there; bodies are views.
 * Leaves to others: what the values mean, and the encodings of BER that DER does not allow.
 */

/** The tags that are read here, with the bits for class and form in them. */
export const Tag = {
  integer: 0x02,
  octets: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  /** [0], with values inside. */
  context0: 0xa0,
  /** [0] in place of the tag of an octet string. */
  implicit0: 0x80,
} as const;

export class MalformedDer extends Error {
  override readonly name = "MalformedDer";
  readonly code = "MalformedDer";
}

export type DerValue = {
  readonly tag: number;
  readonly body: Uint8Array;
  /** Tag and length included. */
  readonly whole: Uint8Array;
};

/** Reads one value after the other. Throws `MalformedDer`. */
export class DerReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** The tag of the next value; undefined at the end. */
  get nextTag(): number | undefined {
    return this.bytes[this.at];
  }

  next(): DerValue {
    const start = this.at;
    const tag = this.byte();
    if ((tag & 0x1f) === 0x1f) throw new MalformedDer("a tag of more than one byte");
    const length = this.length();
    if (length > this.bytes.length - this.at) throw new MalformedDer("longer than what is there");
    const from = this.at;
    this.at += length;
    const body = this.bytes.subarray(from, this.at);
    return { tag, body, whole: this.bytes.subarray(start, this.at) };
  }

  /** The next value's body; throws unless it has this tag. */
  take(tag: number): Uint8Array {
    const value = this.next();
    if (value.tag !== tag) throw new MalformedDer(`tag ${value.tag} where ${tag} is expected`);
    return value.body;
  }

  /** A reader of what is in the next value. */
  enter(tag: number): DerReader {
    return new DerReader(this.take(tag));
  }

  /** Object identifier as text: `2.5.4.3`. */
  oid(): string {
    return oidText(this.take(Tag.oid));
  }

  /** A count: a whole number from 0 to 2^31-1. */
  count(): number {
    const body = this.take(Tag.integer);
    const value = body.reduce((sum, byte) => sum * 256 + byte, 0);
    if (body.length === 0 || body[0]! > 127 || value > 0x7fff_ffff) {
      throw new MalformedDer("a number out of range");
    }
    return value;
  }

  private length(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    const size = first & 0x7f;
    if (size === 0 || size > 4) throw new MalformedDer("a length that DER does not allow");
    let length = 0;
    for (let i = 0; i < size; i++) length = length * 256 + this.byte();
    return length;
  }

  private byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new MalformedDer("cut off");
    return byte;
  }
}

/** The numbers of an object identifier, parted by dots. Numbers of any size are exact. */
function oidText(body: Uint8Array): string {
  const numbers: bigint[] = [];
  let number = 0n;
  for (const byte of body) {
    number = number * 128n + BigInt(byte & 0x7f);
    if (byte >= 0x80) continue;
    // The first two share one number: 40 times the first, which is at most 2, plus the second.
    const first = number < 80n ? number / 40n : 2n;
    if (numbers.length === 0) numbers.push(first, number - first * 40n);
    else numbers.push(number);
    number = 0n;
  }
  if (numbers.length === 0 || body.at(-1)! >= 0x80) throw new MalformedDer("an object identifier");
  return numbers.join(".");
}
