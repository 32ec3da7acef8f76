/**
 * Quota as a write meets it: a hard limit refuses what would pass it, a soft one is only told of.
 *
 * Measured is what has been applied, not what is proposed: writes under way together, and those of
 * one multi, can pass a limit together, as in the reference. Where a hard limit is set the soft one
 * is silent.
 * From: specification 2.10, 2.11; 3.8.0 asked. It refuses also what makes less of too much; this
 * does not (divergences.md "quota-shrink").
 */
import { type Preparation, type Refused, refuse } from "./operation.ts";

/** What a write adds. What it takes away is never refused. */
type Growth = { readonly count: number; readonly bytes: number };

const DIMENSIONS = [
  { what: "count", hard: "countHardLimit" },
  { what: "bytes", hard: "byteHardLimit" },
] as const;

/** What the number of a missing key is: no limit, or nothing counted yet. */
const UNSET = -1n;

/** Undefined when the write may go on. Does nothing unless `enforceQuota` is set. */
export function checkQuota(at: Preparation, path: string, growth: Growth): Refused | undefined {
  if (!at.settings.enforceQuota) return undefined;
  const quota = at.view.quotaAt(path);
  if (quota === undefined) return undefined;
  for (const { what, hard } of DIMENSIONS) {
    if (growth[what] <= 0) continue;
    const hardLimit = quota.limits.get(hard) ?? UNSET;
    const isHard = hardLimit >= 0n;
    const limit = isHard ? hardLimit : (quota.limits.get(what) ?? UNSET);
    const total = (quota.used.get(what) ?? UNSET) + BigInt(growth[what]);
    if (limit < 0n || total <= limit) continue;
    at.quotaExceeded({ path: quota.path, what, limit, total, isHard });
    if (isHard) return refuse("QuotaExceeded");
  }
  return undefined;
}
