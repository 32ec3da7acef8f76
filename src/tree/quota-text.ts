/**
 * The text in quota nodes: `count=N,bytes=N`, and where there is more `=;` before each further key
 * in order, with one `=` in front of all of them:
 * `count=1,bytes=2=;byteHardLimit=3;countHardLimit=4`.
 *
 * Clients write these nodes as they like, so text that has no meaning is a value here, never an
 * error.
 * From: specification 2.11; 3.8.0 asked what it reads and what it writes.
 */

/** Numbers by key, 64 bit signed; a missing one and -1 say the same: not set. */
export type QuotaNumbers = ReadonlyMap<string, bigint>;

/** Longer text, in bytes, is taken as absent: it is read again at every write below the quota. */
export const QUOTA_TEXT_BYTES_MAX = 1000;

const LONG_MAX = 2n ** 63n - 1n;
const UNSET = -1n;

const numberOf = (numbers: QuotaNumbers, key: string): bigint => numbers.get(key) ?? UNSET;

/** Undefined for text that has no meaning. A key that comes twice has its last number. */
export function parseQuota(text: string): QuotaNumbers | undefined {
  const numbers = new Map<string, bigint>();
  for (const pair of withoutTrailingBlanks(text.split(/[,;]+/))) {
    const [key = "", digits = ""] = pair.split("=");
    const value = parseLong(digits);
    if (value === undefined) return undefined;
    numbers.set(key, value);
  }
  return numbers;
}

export function formatQuota(numbers: QuotaNumbers): string {
  const text = `count=${numberOf(numbers, "count")},bytes=${numberOf(numbers, "bytes")}`;
  const others = [...numbers.keys()].filter((key) => key !== "count" && key !== "bytes").sort();
  if (others.length === 0) return text;
  return `${text}=${others.map((key) => `;${key}=${numbers.get(key)}`).join("")}`;
}

function withoutTrailingBlanks(pairs: readonly string[]): readonly string[] {
  let end = pairs.length;
  while (end > 0 && pairs[end - 1] === "") end--;
  return pairs.slice(0, end);
}

function parseLong(digits: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(digits)) return undefined;
  const value = BigInt(digits.startsWith("+") ? digits.slice(1) : digits);
  return value > LONG_MAX || value < -LONG_MAX - 1n ? undefined : value;
}
