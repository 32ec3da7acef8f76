/**
 * Gathers what was set and where: arguments, JVM flags in the environment, zoo.cfg. Nothing is
 * judged here but the form.
 *
 * Precedence, as in the reference: a key of the file beats the Java property it stands for; among
 * flags the later one wins, JVMFLAGS after SERVER_JVMFLAGS, and the command line's own after both.
 */
import { ConfigError } from "./config-error.ts";
import { readJavaFlags, sortFlags } from "./java-flags.ts";
import { MalformedProperties, parseProperties } from "./properties.ts";

export type ConfigInput = {
  /**
   * The arguments after `server`: `[-D...] file`, or `port dataDir [tickTime] [maxClientCnxns]`.
   */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The text of a file. What it throws becomes the cause of a `ConfigError`. */
  readFile(path: string): string;
};

export type Setting = {
  /** As written: the key of the file, or the Java property. */
  readonly key: string;
  /** Without blanks around it. */
  readonly value: string;
  readonly where: string;
};

export type Settings = {
  readonly configFile: string | undefined;
  /** Keys of the file or of the command line's form; the last one of each. */
  readonly fromFile: ReadonlyMap<string, Setting>;
  /** Earlier ones that a later line of the file overrules. */
  readonly repeated: readonly Setting[];
  readonly properties: ReadonlyMap<string, Setting>;
  /** JVM flags without a meaning, by where they were found. */
  readonly ignoredFlags: ReadonlyMap<string, readonly string[]>;
};

const USAGE = "Usage: quoll server <zoo.cfg> | <port> <dataDir> [<tickTime>] [<maxClientCnxns>]";

export function gatherSettings(input: ConfigInput): Settings {
  const flags = input.argv.filter((word) => word.startsWith("-"));
  const words = input.argv.filter((word) => !word.startsWith("-"));
  const { properties, ignoredFlags } = gatherFlags(input.env, flags);
  const [only] = words;
  if (only !== undefined && words.length === 1) {
    const { last, repeated } = readConfigFile(input, only);
    return { configFile: only, fromFile: last, repeated, properties, ignoredFlags };
  }
  return {
    configFile: undefined,
    fromFile: fromArguments(words),
    repeated: [],
    properties,
    ignoredFlags,
  };
}

/** Reads a properties file; what was wrong with it is a `ConfigError`. */
export function readConfigFile(input: Pick<ConfigInput, "readFile">, path: string) {
  const last = new Map<string, Setting>();
  const repeated: Setting[] = [];
  for (const { key, value, line } of parseFile(input, path)) {
    const before = last.get(key.trim());
    if (before !== undefined) repeated.push(before);
    last.set(key.trim(), { key: key.trim(), value: value.trim(), where: `${path}:${line}` });
  }
  return { last, repeated };
}

function parseFile(input: Pick<ConfigInput, "readFile">, path: string) {
  try {
    return parseProperties(input.readFile(path));
  } catch (cause) {
    const malformed = cause instanceof MalformedProperties;
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError(
      {
        where: malformed ? `${path}:${cause.line}` : path,
        problem: malformed ? told : `the configuration cannot be read: ${told}`,
        remedy: malformed ? "Write \\\\ for one backslash." : `Name a file that exists. ${USAGE}`,
      },
      { cause },
    );
  }
}

function fromArguments(words: readonly string[]): Map<string, Setting> {
  if (words.length < 2 || words.length > 4) {
    const problem = `${words.length} arguments`;
    throw new ConfigError({ where: "arguments", problem, remedy: USAGE });
  }
  const keys = ["clientPort", "dataDir", "tickTime", "maxClientCnxns"];
  const found = words.map((value, at): [string, Setting] => [
    keys[at]!,
    { key: keys[at]!, value: value.trim(), where: `argument ${at + 1}` },
  ]);
  return new Map(found);
}

function gatherFlags(env: ConfigInput["env"], argv: readonly string[]) {
  const properties = new Map<string, Setting>();
  const ignoredFlags = new Map<string, readonly string[]>();
  const { SERVER_JVMFLAGS = "", JVMFLAGS = "" } = env;
  const sources = [
    ["SERVER_JVMFLAGS", readJavaFlags(SERVER_JVMFLAGS)],
    ["JVMFLAGS", readJavaFlags(JVMFLAGS)],
    ["arguments", sortFlags(argv)],
  ] as const;
  for (const [where, flags] of sources) {
    for (const [key, value] of flags.properties) {
      properties.set(key, { key, value: value.trim(), where });
    }
    if (flags.ignored.length > 0) ignoredFlags.set(where, flags.ignored);
  }
  return { properties, ignoredFlags };
}
