/** The key derivation of PKCS #12, which its MAC and its older encryptions use. From: RFC 7292, B. */
import { createHash } from "node:crypto";

export type Derivation = {
  readonly hash: string;
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** What the bytes are for: 1 a key, 2 an initial vector, 3 a MAC. */
  readonly id: 1 | 2 | 3;
  readonly bytes: number;
};

/** Bytes that the hash takes at a time. */
const blockBytesOf = (hash: string): number => (hash === "sha384" || hash === "sha512" ? 128 : 64);

export function pkcs12Key(asked: Derivation): Uint8Array {
  const { hash, salt, iterations, id, bytes } = asked;
  const block = blockBytesOf(hash);
  const input = Buffer.concat([filled(salt, block), filled(passwordBytes(asked.password), block)]);
  const found: Uint8Array[] = [];
  let length = 0;
  while (length < bytes) {
    let digest = createHash(hash).update(Buffer.alloc(block, id)).update(input).digest();
    for (let i = 1; i < iterations; i++) digest = createHash(hash).update(digest).digest();
    found.push(digest);
    length += digest.length;
    const step = filled(digest, block).subarray(0, block);
    for (let at = 0; at < input.length; at += block) addOneMore(input, at, step);
  }
  return Buffer.concat(found).subarray(0, bytes);
}

/** UTF-16, high bytes first, with a zero at the end. */
function passwordBytes(password: string): Uint8Array {
  return Buffer.from(`${password}\0`, "utf16le").swap16();
}

/** `bytes` again and again, up to a whole number of blocks; none for none. */
function filled(bytes: Uint8Array, block: number): Buffer {
  if (bytes.length === 0) return Buffer.alloc(0);
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

/** Adds `step` and one to the block of `input` at `at`, as numbers. */
function addOneMore(input: Buffer, at: number, step: Uint8Array): void {
  let carry = 1;
  for (let i = step.length - 1; i >= 0; i--) {
    const sum = input[at + i]! + step[i]! + carry;
    input[at + i] = sum & 0xff;
    carry = sum >> 8;
  }
}
