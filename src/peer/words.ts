/**
 * Four-letter words: what stands at the head of a connection in place of a frame's length.
 * From: specification 2.14.
 */

/** The words of the reference, 3.4 to 3.9. */
export const WORDS = [
  "conf",
  "cons",
  "crst",
  "dirs",
  "dump",
  "envi",
  "gtmk",
  "hash",
  "isro",
  "mntr",
  "ruok",
  "srst",
  "srvr",
  "stat",
  "stmk",
  "wchc",
  "wchp",
  "wchs",
] as const;
export type FourLetterWord = (typeof WORDS)[number];
/** A word on a connection, or the interrupt that telnet sends; both end the connection. */
export type Word = FourLetterWord | "telnet close";

export const WORD_BYTES = 4;

const numberOf = (word: string): number =>
  [...word].reduce((number, letter) => (number << 8) | letter.charCodeAt(0), 0);

const BY_NUMBER: ReadonlyMap<number, Word> = new Map<number, Word>([
  ...WORDS.map((word) => [numberOf(word), word] as const),
  [0xfff4_fffd | 0, "telnet close"],
]);

/** The word that the first four of `bytes` spell; undefined for what must be a frame's length. */
export function wordAt(bytes: Uint8Array): Word | undefined {
  const first = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
  return BY_NUMBER.get(first);
}

/** Bytes that follow the word and belong to it: the mask of `stmk`. */
export const argumentBytesOf = (word: Word): number => (word === "stmk" ? 8 : 0);
