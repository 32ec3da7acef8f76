/**
 * Codecs for compressed snapshots: gzip from Node, raw Snappy blocks from a library.
 *
 * Node has no synchronous gzip stream, so each slice becomes a gzip member of its own (a gzip file
 * is any number of them, and Java's reader takes it), and reading puts the whole file together
 * first.
 */
import snappy from "snappyjs";
import { EMPTY_BYTES, joinBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { SnappyCompressor, SnappyDecompressor } from "../txnlog/snappy-framing.ts";
import type { Decompress, Decompressor } from "../txnlog/snapshot-reader.ts";
import type { Compressor } from "../txnlog/snapshot-writer.ts";

/** Few servers compress, and loading it takes a tenth of a start. */
const zlib = () => process.getBuiltinModule("node:zlib");

export type CompressionMethod = "" | "gz" | "snappy";

/** Makes a codec for each snapshot; undefined for plain files. */
export function compressorFor(method: CompressionMethod): (() => Compressor) | undefined {
  if (method === "gz") return gzip;
  if (method === "snappy") return () => new SnappyCompressor((block) => snappy.compress(block));
  return undefined;
}

export const decompress: Decompress = (compression) =>
  compression === "gz" ? gunzip() : new SnappyDecompressor((block) => uncompressBlock(block));

const gzip = (): Compressor => ({
  extension: ".gz",
  push: (bytes) => zlib().gzipSync(bytes),
  finish: () => EMPTY_BYTES,
});

function gunzip(): Decompressor {
  const parts: Uint8Array[] = [];
  return {
    push(bytes) {
      parts.push(bytes.slice());
      return EMPTY_BYTES;
    },
    finish: () => readable("gzip", () => zlib().gunzipSync(joinBytes(parts))),
  };
}

const uncompressBlock = (block: Uint8Array): Uint8Array =>
  readable("snappy", () => snappy.uncompress(block));

/** What a codec refuses is damage in the file. */
function readable(codec: string, read: () => Uint8Array): Uint8Array {
  try {
    return read();
  } catch (error) {
    throw new ProtocolError("BAD_VALUE", { codec, told: String(error) });
  }
}
