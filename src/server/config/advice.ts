/**
 * Advice on a configuration that a server takes, but whose administrator may come to regret it. On
 * the values that the server itself has read, by its own tables; nothing is read here.
 */
import type { Member } from "../../quorum/server-line.ts";
import type { OptionValues } from "./options.ts";
import { OPTIONS } from "./options.ts";

export type Verdict = {
  /** `bad` is dangerous or does not start, `look` is worth a thought. */
  readonly verdict: "good" | "look" | "bad";
  readonly about: string;
  readonly advice: string;
};

type Read = { readonly values: OptionValues; readonly servers: readonly Member[] };
type Rule = (read: Read) => Omit<Verdict, "about"> | false;

const TICK_MS_SHORT = 1000;

const bad = (advice: string): Omit<Verdict, "about"> => ({ verdict: "bad", advice });
const look = (advice: string): Omit<Verdict, "about"> => ({ verdict: "look", advice });
const votersOf = (servers: readonly Member[]): number =>
  servers.filter(({ role }) => role === "participant").length;

const RULES: ReadonlyArray<readonly [about: string, rule: Rule]> = [
  [
    OPTIONS.dataDir.key,
    ({ values }) =>
      /^\/(?:tmp|var\/tmp)(?:\/|$)/.test(values.dataDir ?? "") &&
      bad("is in a folder for temporary files: the system may empty it"),
  ],
  [
    OPTIONS.dataLogDir.key,
    ({ values }) =>
      values.dataLogDir === undefined &&
      look("is not set: on a disk of its own the log is not slowed by snapshots"),
  ],
  [
    OPTIONS.purgeIntervalMs.key,
    ({ values }) =>
      values.purgeIntervalMs === 0 && look("is off: old snapshots and logs fill the disk"),
  ],
  [
    OPTIONS.maxClientCnxns.key,
    ({ values }) =>
      values.maxClientCnxns <= 0 && look("has no bound: one client can take all connections"),
  ],
  [
    OPTIONS.fourLetterWords.key,
    ({ values }) =>
      values.fourLetterWords.includes("*") &&
      look("is *: anybody can ask for dumps; name the words you use"),
  ],
  [
    OPTIONS.skipAcl.key,
    ({ values }) => values.skipAcl && bad("is yes: whoever reaches the port may do everything"),
  ],
  [
    OPTIONS.forceSync.key,
    ({ values }) =>
      !values.forceSync && bad("is no: a power failure loses writes that were acknowledged"),
  ],
  [
    OPTIONS.tickTimeMs.key,
    ({ values }) =>
      values.tickTimeMs < TICK_MS_SHORT &&
      look(`is below ${TICK_MS_SHORT} ms: short stalls will end sessions`),
  ],
  [
    "server.N",
    ({ servers }) => {
      const voters = votersOf(servers);
      return (
        voters > 1 && voters % 2 === 0 && look(`${voters} voters survive no more than one less`)
      );
    },
  ],
];

export const adviceOn = (read: Read): readonly Verdict[] =>
  RULES.flatMap(([about, rule]) => {
    const found = rule(read);
    return found === false ? [] : [{ verdict: found.verdict, about, advice: found.advice }];
  });
