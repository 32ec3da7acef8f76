/**
 * The door of the configuration: from arguments, environment and zoo.cfg to the values a server
 * runs with, and the notes its administrator should read.
 *
 * Promises: every wrong value is a `ConfigError` that says where and what to write; a key that has
 * no effect is named in a note; secrets are in neither.
 * Leaves to others: reading files (`readFile`), resolving host names, making folders.
 * From: reference `QuorumPeerConfig` and `ServerConfig`, asked about 80 small files.
 */
import type { ServerId } from "../../base/ids.ts";
import type { Member } from "../../quorum/server-line.ts";
import { ConfigError } from "./config-error.ts";
import { checkEnsemble, placeIn, readEnsemble, readMyId } from "./ensemble-lines.ts";
import { notesOn } from "./notes.ts";
import { BadValue, propertyOf } from "./option.ts";
import type { AnyOption, OptionName, OptionValues } from "./options.ts";
import { AUTH_PROVIDER_PREFIX, OPTIONS } from "./options.ts";
import type { EnsembleConfig, LoadedConfig, ServerConfig } from "./server-config.ts";
import type { ConfigInput, Setting, Settings } from "./settings.ts";
import { gatherSettings } from "./settings.ts";

/** Throws `ConfigError`. */
export function loadConfig(input: ConfigInput): LoadedConfig {
  return loadConfigOf(input, readMyId);
}

/** As a member with this number; without one, what each of them has in common is checked. */
export function loadConfigOf(
  input: ConfigInput,
  idOf: ((input: ConfigInput, dataDir: string) => ServerId) | undefined,
): LoadedConfig {
  const settings = gatherSettings(input);
  const values = readValues(settings);
  const where = settings.configFile ?? "arguments";
  const members = readEnsemble(input, settings, values);
  checkEnsemble(members, values, where);
  const notes = notesOn(settings);
  const isEnsemble = members.members.length > 1 || !values.standaloneEnabled;
  const { dataDir } = values;
  const ensemble =
    isEnsemble && idOf !== undefined && dataDir !== undefined
      ? placeIn(members, idOf(input, dataDir), { values, where, notes })
      : undefined;
  const line = ensemble?.own ?? members.members[0];
  const config = settle({ settings, values, ensemble, line, where }, notes);
  return { config, notes };
}

/** What sets `option`, by the precedence that its door has. */
export function settingOf(option: AnyOption, settings: Settings): Setting | undefined {
  const property = propertyOf(option);
  const fromFile = option.door === "property" ? undefined : settings.fromFile.get(option.key);
  if (fromFile !== undefined || property === undefined) return fromFile;
  const also = option.alsoProperty;
  return (
    settings.properties.get(property) ??
    (also === undefined ? undefined : settings.properties.get(also))
  );
}

function readValues(settings: Settings): OptionValues {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const option: AnyOption = OPTIONS[name];
    const setting = settingOf(option, settings);
    values[name] = setting === undefined ? option.fallback : readSetting(option, setting);
  }
  // Each was read by its own row, which is what gives the field its type.
  return values as OptionValues;
}

/** The value of `option` in `setting`. Throws `ConfigError`. */
export function readSetting(option: AnyOption, setting: Setting): unknown {
  const value = option.read(setting.value);
  if (!(value instanceof BadValue)) return value;
  throw new ConfigError({
    where: setting.where,
    key: setting.key,
    problem: option.secret ? value.problem : `"${setting.value}" is ${value.problem}`,
    remedy: `Write: ${option.want}.`,
  });
}

type Read = {
  readonly settings: Settings;
  readonly values: OptionValues;
  readonly ensemble: EnsembleConfig | undefined;
  /** The own server line, if there is one. */
  readonly line: Member | undefined;
  readonly where: string;
};

/** Fills in what depends on several keys; adds a note for each value that is corrected. */
function settle({ settings, values, ensemble, line, where }: Read, notes: string[]): ServerConfig {
  const missing = (key: string, remedy: string) =>
    new ConfigError({ where, key, problem: "it is not set", remedy });
  if (values.dataDir === undefined) {
    throw missing("dataDir", "Add dataDir=<the folder for snapshots and logs>.");
  }
  const port = clientPortOf(values, line, settings, notes);
  if (port === undefined && values.secureClientPort === 0) {
    throw missing("clientPort", "Add clientPort=2181, or another port.");
  }
  checkTls(values, settings, where);
  if (ensemble !== undefined) checkMemberTls(values, where);
  const timeouts = {
    minSessionTimeoutMs: orTicks(values.minSessionTimeoutMs, 2, values.tickTimeMs),
    maxSessionTimeoutMs: orTicks(values.maxSessionTimeoutMs, 20, values.tickTimeMs),
  };
  if (timeouts.minSessionTimeoutMs > timeouts.maxSessionTimeoutMs) {
    const { minSessionTimeoutMs: least, maxSessionTimeoutMs: most } = timeouts;
    throw new ConfigError({
      where: settings.fromFile.get("minSessionTimeout")?.where ?? where,
      key: "minSessionTimeout",
      problem: `${least} ms is more than maxSessionTimeout, ${most} ms`,
      remedy: "Lower the one or raise the other; unset, they are 2 and 20 times tickTime.",
    });
  }
  if (values.enforceAuthSchemes.length > 0 && !values.enforceAuthEnabled) {
    notes.push("enforce.auth.schemes has no effect without enforce.auth.enabled=true");
  }
  // Clients without a quorum look for it with this word.
  const isro = values.readOnlyMode ? ["isro"] : [];
  const limitless = settings.configFile === undefined && !settings.fromFile.has("maxClientCnxns");
  return {
    ...values,
    ...timeouts,
    clientPort: port,
    dataDir: values.dataDir,
    dataLogDir: values.dataLogDir ?? values.dataDir,
    maxClientCnxns: limitless ? 0 : values.maxClientCnxns,
    snapRetainCount: raised(values.snapRetainCount, 3, "autopurge.snapRetainCount", notes),
    snapCount: raised(values.snapCount, 2, "snapCount", notes),
    fourLetterWords: [...new Set([...ALWAYS_ANSWERED, ...isro, ...values.fourLetterWords])],
    authProviders: authProvidersIn(settings),
    configFile: settings.configFile,
    ensemble,
  };
}

/** Scripts tell by it whether a server runs. Asked of 3.8.0. */
const ALWAYS_ANSWERED = ["srvr"];

/** Whoever asks for TLS must not get a server without it. */
function checkTls(values: OptionValues, settings: Settings, where: string): void {
  const address = settings.fromFile.get("secureClientPortAddress");
  if (address !== undefined && values.secureClientPort === 0) {
    throw new ConfigError({
      where: address.where,
      key: address.key,
      problem: "secureClientPort is not set",
      remedy: "Add secureClientPort=2281, or another port, or remove this line.",
    });
  }
  if (values.secureClientPort === 0 && !values.clientPortUnification) return;
  const lacks = (key: string, problem: string, remedy: string) =>
    new ConfigError({ where, key, problem, remedy });
  if (values.keyStoreLocation === undefined) {
    const remedy = "Name a PEM or PKCS12 file with the server's key and certificate.";
    throw lacks("ssl.keyStore.location", "it is not set, and TLS for clients is", remedy);
  }
  if (values.trustStoreLocation === undefined && values.tlsClientAuth !== "none") {
    throw lacks(
      "ssl.trustStore.location",
      `it is not set, and ssl.clientAuth is ${values.tlsClientAuth}`,
      "Name a file with the certificates of those who sign clients' certificates, " +
        "or set ssl.clientAuth=none to let in clients without any.",
    );
  }
}

/** Members prove themselves to each other: each needs both stores. */
function checkMemberTls(values: OptionValues, where: string): void {
  if (!values.sslQuorum && !values.memberPortUnification) return;
  const asked = `${values.sslQuorum ? "sslQuorum" : "portUnification"} is true`;
  const lacks = (key: string, what: string) =>
    new ConfigError({ where, key, problem: `it is not set, and ${asked}`, remedy: what });
  if (values.memberKeyStoreLocation === undefined) {
    const what = "Name a PEM or PKCS12 file with this member's key and certificate.";
    throw lacks("ssl.quorum.keyStore.location", what);
  }
  if (values.memberTrustStoreLocation === undefined) {
    const what = "Name a file with the certificates of those who sign members' certificates.";
    throw lacks("ssl.quorum.trustStore.location", what);
  }
}

/** Of a name in the file and as a property, the file's counts. */
function authProvidersIn({ fromFile, properties }: Settings): Setting[] {
  const found = new Map<string, Setting>();
  for (const [property, setting] of properties) {
    const key = property.replace(/^zookeeper\./, "");
    if (property !== key && key.startsWith(AUTH_PROVIDER_PREFIX)) found.set(key, setting);
  }
  for (const [key, setting] of fromFile) {
    if (key.startsWith(AUTH_PROVIDER_PREFIX)) found.set(key, setting);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, setting]) => setting);
}

function clientPortOf(
  values: OptionValues,
  line: Member | undefined,
  settings: Settings,
  notes: string[],
): number | undefined {
  if (values.clientPort !== 0) return values.clientPort;
  // 0 in the file is "not set", in the command line's form "any free port": both as in the
  // reference.
  if (settings.configFile === undefined) return 0;
  if (line?.client === undefined) return undefined;
  notes.push(`clientPort is not set; ${line.client.port} is taken from server.${line.id}`);
  return line.client.port;
}

const orTicks = (set: number, ticks: number, tickTimeMs: number): number =>
  set === -1 ? ticks * tickTimeMs : set;

function raised(value: number, least: number, key: string, notes: string[]): number {
  if (value >= least) return value;
  notes.push(`${key}: ${value} is too few; ${least} is used`);
  return least;
}
