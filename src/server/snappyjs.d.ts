/** What this project uses of `snappyjs`, which brings no types. Both work on one raw Snappy block. */
declare module "snappyjs" {
  const snappy: {
    compress(block: Uint8Array): Uint8Array;
    uncompress(block: Uint8Array): Uint8Array;
  };
  // biome-ignore lint/style/noDefaultExport: it is a CommonJS module.
  export default snappy;
}
