/**
 * When to take the next snapshot: after between half and all of `snapCount` records, or of the size
 * limit. The random half keeps the members of an ensemble from writing their snapshots at the same
 * moment.
 *
 * From: specification 5.2.
 */
import { assert } from "../base/assert.ts";

export type SnapshotLimits = {
  /** Records between snapshots (`snapCount`), at least 2. */
  readonly records: number;
  /** Bytes of log between snapshots (`snapSizeLimitInKb`); 0: no such limit. */
  readonly bytes: number;
};

export class SnapshotTrigger {
  private readonly limits: SnapshotLimits;
  private recordsMax = 0;
  private bytesMax = 0;
  private records = 0;
  private bytes = 0;

  /** `chance` is uniform over 0 to below 1. */
  constructor(limits: SnapshotLimits, chance: number) {
    this.limits = limits;
    this.restart(chance);
  }

  /** One more record of `bytes` bytes was appended. */
  count(bytes: number): void {
    this.records++;
    this.bytes += bytes;
  }

  get due(): boolean {
    if (this.records > this.recordsMax) return true;
    return this.limits.bytes > 0 && this.bytes > this.bytesMax;
  }

  /** A snapshot begins: counts from 0 on to a new limit, drawn with `chance`. */
  restart(chance: number): void {
    assert(chance >= 0 && chance < 1, "chance is from 0 to below 1");
    this.records = 0;
    this.bytes = 0;
    this.recordsMax = drawn(this.limits.records, chance);
    this.bytesMax = drawn(this.limits.bytes, chance);
  }
}

const drawn = (limit: number, chance: number): number => {
  const half = Math.floor(limit / 2);
  return half + Math.floor(half * chance);
};
