/**
 * The codecs of compressed snapshots, for tests of rooms that are given them from outside. They are
 * the server's own.
 */
export { compressorFor, decompress } from "../../src/server/compression.ts";
