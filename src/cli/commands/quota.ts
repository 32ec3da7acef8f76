/** `setquota`, `listquota` and `delquota`: how many nodes and bytes there may be below a node. */
import type { Arguments } from "../arguments.ts";
import { CliError, type Command, usageOf } from "../command.ts";
import {
  checkBranch,
  deleteQuota,
  type Limits,
  limitsPath,
  limitsText,
  makeQuota,
  NO_LIMITS,
  parseLimits,
  QUOTA_ROOT,
  statsPath,
  textAt,
} from "../quota-nodes.ts";

const OPTIONS: ReadonlyArray<readonly [option: string, limit: keyof Limits]> = [
  ["n", "count"],
  ["b", "bytes"],
  ["N", "countHard"],
  ["B", "bytesHard"],
];
const LONG_MAX = 2n ** 63n - 1n;

/** The options of `given` that name a limit; two of them throw `CliError`. */
function onlyOne(given: { has(option: string): boolean }): (typeof OPTIONS)[number] | undefined {
  const [first, second] = OPTIONS.filter(([option]) => given.has(option));
  if (second === undefined) return first;
  throw new CliError(
    `The option '${second[0]}' was specified but an option from this group ` +
      `has already been selected: '${first![0]}'`,
  );
}

export const setQuota: Command = {
  name: "setquota",
  synopsis: "-n|-b|-N|-B val path",
  purpose: "Limits the nodes (`-n`) or bytes (`-b`) at and below a node; `-N`, `-B`: enforced.",
  options: { n: "value", b: "value", N: "value", B: "value" },
  argumentsMin: 0,
  needsSession: true,
  async run({ zk, print }, args) {
    const chosen = onlyOne(args.values);
    if (chosen === undefined) {
      throw new CliError(
        "Missing required option: [-n num soft quota, -b bytes soft quota, " +
          "-N num hard quota, -B bytes hard quota]",
      );
    }
    const path = args.words[0];
    if (path === undefined) throw new CliError(usageOf(setQuota));
    const value = limitOf(args, chosen);
    if (path.startsWith(QUOTA_ROOT)) {
      throw new CliError(`cannot set a quota under the path: ${QUOTA_ROOT}`);
    }
    if ((await zk.exists(path)) === undefined) throw new CliError(`${path} does not exist.`);
    await checkBranch(zk, path);
    const before = await textAt(zk, limitsPath(path));
    const known = before === undefined ? NO_LIMITS : parseLimits(before);
    const limits = { ...known, [chosen[1]]: value };
    if (before === undefined) await makeQuota(zk, path, limits);
    const there = parseLimits((await textAt(zk, statsPath(path))) ?? "");
    if (before !== undefined) await zk.setData(limitsPath(path), limitsText(limits));
    warnings(limits, there).forEach(print);
  },
};

function limitOf(args: Arguments, [option, limit]: (typeof OPTIONS)[number]): bigint {
  const text = args.values.get(option)!;
  const isNumber = /^[-+]?\d+$/.test(text);
  const value = isNumber ? BigInt(text.replace("+", "")) : LONG_MAX + 1n;
  const isCount = limit === "count" || limit === "countHard";
  // The reference counts nodes in 32 bits.
  const most = isCount ? 2n ** 31n - 1n : LONG_MAX;
  if (value > most || value < -most - 1n) {
    throw new CliError("NumberFormatException happens when parsing the option value");
  }
  if (isCount && value <= 0n) throw new CliError("the num quota must be greater than zero");
  if (value >= 0n) return value;
  throw new CliError("the bytes quota must be greater than or equal to zero");
}

function warnings(limits: Limits, there: Limits): readonly string[] {
  const isOver = (value: bigint, most: bigint): boolean => most > -1n && value > most;
  const told = (what: string, existing: bigint): string =>
    `[Warning]: the ${what} quota you create is less than the existing ${what}:${existing}`;
  const { count, bytes } = there;
  const lines: string[] = [];
  if (isOver(count, limits.count) || isOver(count, limits.countHard)) {
    lines.push(told("count", count));
  }
  if (isOver(bytes, limits.bytes) || isOver(bytes, limits.bytesHard)) {
    lines.push(told("bytes", bytes));
  }
  return lines;
}

export const listQuota: Command = {
  name: "listquota",
  synopsis: "path",
  purpose: "The limits at a node, and what there is.",
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show, note }, { words }) {
    const path = words[0]!;
    note(`absolute path is ${limitsPath(path)}`);
    const limits = await textAt(zk, limitsPath(path));
    if (limits === undefined) throw new CliError(`quota for ${path} does not exist.`);
    const stats = (await textAt(zk, statsPath(path))) ?? "";
    const { count, bytes } = parseLimits(stats);
    show(
      { path, limits: numbers(parseLimits(limits)), count: Number(count), bytes: Number(bytes) },
      [`Output quota for ${path} ${limits}`, `Output stat for ${path} ${stats}`],
    );
  },
};

const numbers = ({ count, bytes, countHard, bytesHard }: Limits) => ({
  count: Number(count),
  bytes: Number(bytes),
  countHard: Number(countHard),
  bytesHard: Number(bytesHard),
});

export const delQuota: Command = {
  name: "delquota",
  synopsis: "[-n|-b|-N|-B] path",
  purpose: "Takes one limit at a node away, or all.",
  options: { n: "flag", b: "flag", N: "flag", B: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, print }, { flags, words }) {
    const path = words[0]!;
    const chosen = onlyOne(flags);
    const limits = await textAt(zk, limitsPath(path));
    if (limits === undefined) return print(`Quota does not exist for ${path}`);
    if (chosen === undefined) return deleteQuota(zk, path);
    const left = { ...parseLimits(limits), [chosen[1]]: -1n };
    await zk.setData(limitsPath(path), limitsText(left));
  },
};
