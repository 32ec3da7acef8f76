/** CRC-32 and Adler-32: known values, zlib's answers, and carrying on over pieces. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import * as zlib from "node:zlib";
import fc from "fast-check";
import { ADLER32_START, adler32 } from "./adler32.ts";
import { bytesOfHex, EMPTY_BYTES, joinBytes, utf8 } from "./bytes.ts";
import { CRC32_START, crc32 } from "./crc32.ts";

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

const rows: ReadonlyArray<readonly [why: string, bytes: Uint8Array, crc: number, adler: number]> = [
  ["nothing", EMPTY_BYTES, 0, 1],
  ["one byte", utf8("a"), 0xe8b7be43, 0x00620062],
  ["the check value of the catalogues", utf8("123456789"), 0xcbf43926, 0x091e01de],
  ["a name", utf8("Wikipedia"), 0xadaac02e, 0x11e60398],
  ["an empty root node", filled(60, 0), 68323592, 0x003c0001],
  ["an empty /zookeeper", joinBytes([utf8("/zookeeper"), filled(60, 0)]), 1303661912, 0x06450404],
];
for (const [why, bytes, crc, adler] of rows) {
  test(`sums of ${why}`, () => {
    equal(crc32(bytes), crc);
    equal(adler32(bytes), adler);
  });
}

test("the checksum of the first record of a log of Apache ZooKeeper 3.8.0", () => {
  const entry = `01000017a8de0000 00000000 0000000000000001 000001a203f62a97 fffffff6
    00009c40 00000002 0000000051c6d660`;
  equal(adler32(bytesOfHex(entry)), 0xd7980b1b);
});

test("Adler-32 of many large bytes stays exact", () => {
  for (const length of [5551, 5552, 5553, 11104, 100_000]) {
    equal(adler32(filled(length, 0xff)), adler32OfTheBook(filled(length, 0xff)));
  }
});

test("any bytes, whole and in two pieces", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), (bytes, cut) => {
      const middle = Math.min(cut, bytes.length);
      equal(crc32(bytes), crc32OfTheBook(bytes));
      equal(adler32(bytes), adler32OfTheBook(bytes));
      const head = crc32(bytes, CRC32_START, 0, middle);
      equal(crc32(bytes, head, middle), crc32(bytes));
      const start = adler32(bytes, ADLER32_START, 0, middle);
      equal(adler32(bytes, start, middle), adler32(bytes));
    }),
  );
});

test("CRC-32 as zlib has it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) =>
      equal(crc32(bytes), zlib.crc32(bytes)),
    ),
  );
});

test("both sums as zlib writes them at the end of its streams", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
      const gzip = zlib.gzipSync(bytes);
      equal(crc32(bytes), gzip.readUInt32LE(gzip.length - 8));
      const deflate = zlib.deflateSync(bytes);
      equal(adler32(bytes), deflate.readUInt32BE(deflate.length - 4));
    }),
    { numRuns: 50 },
  );
});

/** The definition, one bit at a time. */
function crc32OfTheBook(bytes: Uint8Array): number {
  let state = 0xffff_ffff;
  for (const byte of bytes) {
    state ^= byte;
    for (let bit = 0; bit < 8; bit++) state = (state >>> 1) ^ (state & 1 ? 0xedb88320 : 0);
  }
  return ~state >>> 0;
}

/** The definition, reduced at every byte. */
function adler32OfTheBook(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 0x1_0000 + a;
}
