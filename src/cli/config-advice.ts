/**
 * What may go wrong with a configuration file (zoo.cfg), with advice. It looks at the text alone;
 * whether a server takes the file is the server's own to tell.
 */

export type Verdict = {
  readonly verdict: "good" | "look" | "bad";
  readonly about: string;
  readonly advice: string;
};

type Config = ReadonlyMap<string, string>;
type Rule = (config: Config) => Verdict | undefined;

const bad = (about: string, advice: string): Verdict => ({ verdict: "bad", about, advice });
const look = (about: string, advice: string): Verdict => ({ verdict: "look", about, advice });

/** The last value of each key. Lines that begin with `#` or `!` are comments. */
function parseConfig(text: string): Config {
  const config = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, key, value] = /^\s*([^#!=:\s][^=:\s]*)\s*[=:\s]\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) config.set(key, value!);
  }
  return config;
}

const serversOf = (config: Config): readonly string[] =>
  [...config].filter(([key]) => /^server\.\d+$/.test(key)).map(([, value]) => value);
const voters = (config: Config): number =>
  serversOf(config).filter((server) => !/:observer\b/.test(server)).length;
const number = (config: Config, key: string): number | undefined =>
  config.has(key) ? Number(config.get(key)) : undefined;

const RULES: readonly Rule[] = [
  (config) =>
    config.has("dataDir") ? undefined : bad("dataDir", "is missing: say where snapshots go"),
  (config) =>
    config.has("clientPort") || config.has("secureClientPort") || serversOf(config).length > 0
      ? undefined
      : bad("clientPort", "is missing: clients have nowhere to connect to"),
  (config) =>
    /^\/(?:tmp|var\/tmp)(?:\/|$)/.test(config.get("dataDir") ?? "")
      ? bad("dataDir", "is in a folder for temporary files: the system may empty it")
      : undefined,
  (config) =>
    config.has("dataLogDir")
      ? undefined
      : look("dataLogDir", "is not set: on a disk of its own the log is not slowed by snapshots"),
  (config) =>
    (number(config, "autopurge.purgeInterval") ?? 0) > 0
      ? undefined
      : look("autopurge.purgeInterval", "is off: old snapshots and logs fill the disk"),
  (config) =>
    number(config, "maxClientCnxns") === 0
      ? look("maxClientCnxns", "is 0: one client can take all connections")
      : undefined,
  (config) =>
    (config.get("4lw.commands.whitelist") ?? "").split(",").some((word) => word.trim() === "*")
      ? look("4lw.commands.whitelist", "is *: anybody can ask for dumps; name the words you use")
      : undefined,
  (config) =>
    config.get("skipACL") === "yes"
      ? bad("skipACL", "is yes: whoever reaches the port may do everything")
      : undefined,
  (config) =>
    config.get("forceSync") === "no"
      ? bad("forceSync", "is no: a power failure loses writes that were acknowledged")
      : undefined,
  (config) =>
    (number(config, "tickTime") ?? 3000) < 1000
      ? look("tickTime", "is below 1000 ms: short stalls will end sessions")
      : undefined,
  (config) =>
    (number(config, "jute.maxbuffer") ?? 0) > 4 * 1024 * 1024
      ? look("jute.maxbuffer", "is over 4 MiB: large nodes hold up everybody else")
      : undefined,
  (config) =>
    voters(config) > 1 && voters(config) % 2 === 0
      ? look("server.N", `${voters(config)} voters survive no more failures than one less`)
      : undefined,
  (config) =>
    serversOf(config).length > 1 && !(config.has("initLimit") && config.has("syncLimit"))
      ? bad("initLimit, syncLimit", "are needed with several servers")
      : undefined,
];

/** The verdicts, the worst first; one that all is well where there is nothing to say. */
export function adviceFor(text: string): readonly Verdict[] {
  const config = parseConfig(text);
  const found = RULES.map((rule) => rule(config)).filter((verdict) => verdict !== undefined);
  if (found.length === 0) return [{ verdict: "good", about: "configuration", advice: "" }];
  return found.toSorted((left, right) => left.verdict.localeCompare(right.verdict));
}
