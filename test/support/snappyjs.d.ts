/** The parts of `snappyjs` that tests use; the package brings no types. */
declare module "snappyjs" {
  export function compress(block: Uint8Array): Uint8Array;
  export function uncompress(block: Uint8Array, lengthMax?: number): Uint8Array;
}
