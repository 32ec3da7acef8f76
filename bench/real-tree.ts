/**
 * A tree with the shape of real ones, the same for everybody: paths of 115 bytes on average, the
 * last part of 24, data of 46, and one node that has a tenth of all as its children.
 *
 * Nodes stand on five levels below the root of the tree, each level's parents on the one above.
 */
import { FILL_ROOT } from "./jobs.ts";

/** Which part of all nodes stands on each level. With 24 bytes a part they make the mean path. */
const LEVEL_PARTS = [0.01, 0.04, 0.1, 0.24, 0.61];
const NAME_BYTES_MIN = 14;
const NAME_BYTES_SPREAD = 21;
const DATA_BYTES_SPREAD = 93;
/** The node with very many children is the first on the last level but one. */
const CROWD_PART = 0.1;
const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

export type Level = { readonly from: number; readonly count: number };

/** A number that looks like chance, the same for the same index. */
function scattered(index: number): number {
  let value = Math.imul(index + 1, 0x9e3779b1);
  value = Math.imul(value ^ (value >>> 15), 0x85ebca77);
  return (value ^ (value >>> 13)) >>> 0;
}

export class RealTree {
  readonly levels: readonly Level[];
  private readonly crowd: number;

  constructor(nodes: number) {
    let from = 0;
    this.levels = LEVEL_PARTS.map((part, at) => {
      const isLast = at === LEVEL_PARTS.length - 1;
      const count = isLast ? nodes - from : Math.max(1, Math.round(nodes * part));
      const level = { from, count };
      from += count;
      return level;
    });
    this.crowd = Math.floor(nodes * CROWD_PART);
  }

  path(index: number): string {
    const parent = this.parentOf(index);
    return `${parent === undefined ? FILL_ROOT : this.path(parent)}/${nameOf(index)}`;
  }

  dataBytes(index: number): number {
    return scattered(index ^ 0x5555) % DATA_BYTES_SPREAD;
  }

  private parentOf(index: number): number | undefined {
    const at = this.levels.findIndex(({ from, count }) => index < from + count);
    const above = this.levels[at - 1];
    if (above === undefined) return undefined;
    const place = index - this.levels[at]!.from;
    const isCrowded = at === this.levels.length - 1 && place < this.crowd;
    return isCrowded ? above.from : above.from + (scattered(index) % above.count);
  }
}

/** No two are the same: the number stands in front. */
function nameOf(index: number): string {
  const chance = scattered(index ^ 0xaaaa);
  const length = NAME_BYTES_MIN + (chance % NAME_BYTES_SPREAD);
  let name = `${index.toString(36)}-`;
  for (let at = name.length; at < length; at++)
    name += DIGITS[(chance >>> (at % 16)) % DIGITS.length];
  return name;
}
