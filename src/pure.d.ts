/**
 * The outside names that the pure rooms (0-5, client-core) may use: nothing that reads a clock,
 * draws chance, waits, or touches the world. What is not listed here does not compile there.
 */

declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, target: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label: "utf-8", options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
