/**
 * Who should have which partition: fair shares, and everybody keeps what fits into his share. A
 * pure function of what stands in the tree, so that all members decide alike without a leader.
 */

/**
 * The partitions of each member. Shares differ by one at most; the larger ones go to those that
 * have the most already. What nobody has, or has beyond a share, goes to the first that lacks some.
 * `owners`: who has a partition now; those that are no members have nothing.
 * @example
 * const plan = planPartitions(["0", "1", "2"], ["a", "b"], new Map([["2", "b"]]));
 * console.log(plan.get("b")?.includes("2")); // true: who has one keeps it
 */
export function planPartitions(
  partitions: readonly string[],
  members: readonly string[],
  owners: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly string[]> {
  const plan = new Map<string, string[]>([...members].sort().map((member) => [member, []]));
  if (plan.size === 0) return plan;
  const had = (member: string): number =>
    partitions.filter((partition) => owners.get(partition) === member).length;
  const byWealth = [...plan.keys()].sort((a, b) => had(b) - had(a) || (a < b ? -1 : 1));
  const least = Math.floor(partitions.length / plan.size);
  const larger = new Set(byWealth.slice(0, partitions.length % plan.size));
  const share = (member: string): number => least + (larger.has(member) ? 1 : 0);
  const free: string[] = [];
  for (const partition of [...partitions].sort()) {
    const owner = owners.get(partition);
    const kept = owner === undefined ? undefined : plan.get(owner);
    if (kept !== undefined && kept.length < share(owner!)) kept.push(partition);
    else free.push(partition);
  }
  for (const [member, given] of plan) {
    given.push(...free.splice(0, share(member) - given.length));
  }
  return plan;
}
