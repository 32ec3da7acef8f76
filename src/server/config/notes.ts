/**
 * What an administrator is told about a configuration when the server starts. The standard: a key
 * that does nothing says so. Values are never repeated, since some are secrets.
 */

import { WORDS } from "../../peer/words.ts";
import { ConfigError } from "./config-error.ts";
import { propertyOf } from "./option.ts";
import type { AnyOption } from "./options.ts";
import { AUTH_PROVIDER_PREFIX, OPTIONS } from "./options.ts";
import type { IdleOption, WaitsFor } from "./options-later.ts";
import { IDLE_OPTIONS, idleOptionFor, WAITS_FOR } from "./options-later.ts";
import type { Setting, Settings } from "./settings.ts";

const WORKING: readonly AnyOption[] = Object.values(OPTIONS);
const KNOWN_WORDS: ReadonlySet<string> = new Set([...WORDS, "*"]);

/** One line each. Throws `ConfigError` for protection that is asked for and not there. */
export function notesOn(settings: Settings): string[] {
  const notes: string[] = [];
  const waiting = new Map<WaitsFor, string[]>();
  for (const setting of settings.repeated) {
    const last = settings.fromFile.get(setting.key)?.where;
    notes.push(`${setting.where}: ${setting.key} is set again at ${last}, which counts`);
  }
  for (const setting of settings.fromFile.values()) noteOnKey(setting, notes, waiting);
  for (const setting of settings.properties.values()) {
    noteOnProperty(setting, settings, notes, waiting);
  }
  for (const [waitsFor, keys] of waiting) {
    notes.push(`no effect yet, waiting for ${WAITS_FOR[waitsFor]}: ${keys.join(", ")}`);
  }
  for (const [where, flags] of settings.ignoredFlags) {
    notes.push(`${where}: flags for a JVM are ignored: ${flags.join(" ")}`);
  }
  for (const path of ["dataDir", "dataLogDir"]) noteOnPath(settings.fromFile.get(path), notes);
  noteOnWords(settings, notes);
  noteOnTls(settings, notes);
  return notes;
}

/** Stores alone make no TLS: who named them may believe that there is some. */
function noteOnTls(settings: Settings, notes: string[]): void {
  const setting = (key: string): Setting | undefined =>
    settings.fromFile.get(key) ?? settings.properties.get(`zookeeper.${key}`);
  const store = setting(OPTIONS.keyStoreLocation.key);
  const port = settings.fromFile.get(OPTIONS.secureClientPort.key)?.value ?? "0";
  const isUnified = setting(OPTIONS.clientPortUnification.key)?.value.toLowerCase() === "true";
  if (store === undefined || Number(port) !== 0 || isUnified) return;
  notes.push(
    `${store.where}: ${store.key} has no effect without secureClientPort or ` +
      "client.portUnification: clients are served without TLS",
  );
}

type Waiting = Map<WaitsFor, string[]>;

function noteOnKey(setting: Setting, notes: string[], waiting: Waiting): void {
  const { key, where } = setting;
  if (/^(?:server|group|weight)\./.test(key) || key.startsWith(AUTH_PROVIDER_PREFIX)) return;
  const option = WORKING.find((row) => row.key === key) ?? idleOptionFor(key);
  if (option === undefined) {
    notes.push(`${where}: ${key} is not known and has no effect${hint(key)}`);
  } else if (option.door === "property") {
    notes.push(
      `${where}: ${key} has no effect in the file, as in the reference; it is a Java property: ` +
        `put -D${key}=... into SERVER_JVMFLAGS`,
    );
  } else if ("state" in option) {
    noteOnIdle(option, setting, notes, waiting);
  }
}

function noteOnProperty(
  setting: Setting,
  settings: Settings,
  notes: string[],
  waiting: Waiting,
): void {
  const { key: property, where } = setting;
  if (property.startsWith(`zookeeper.${AUTH_PROVIDER_PREFIX}`)) return;
  const key = property.replace(/^zookeeper\./, "");
  const working = WORKING.find(
    (row) => propertyOf(row) === property || row.alsoProperty === property,
  );
  const overruling = working?.door === "both" ? settings.fromFile.get(key) : undefined;
  if (overruling !== undefined) {
    notes.push(`${where}: -D${property} is overruled by ${overruling.where}`);
  }
  if (working !== undefined) return;
  const idle = property === key ? idleProperty(key) : idleOptionFor(key);
  if (idle !== undefined && idle.door !== "file") {
    noteOnIdle(idle, setting, notes, waiting);
  } else if (idle !== undefined || WORKING.some((row) => row.key === key)) {
    notes.push(`${where}: -D${property} has no effect; ${key} is read from zoo.cfg only`);
  } else {
    notes.push(`${where}: -D${property} is not known and has no effect`);
  }
}

const idleProperty = (key: string): IdleOption | undefined =>
  IDLE_OPTIONS.find((row) => row.door === "property" && row.key === key);

function noteOnIdle(option: IdleOption, setting: Setting, notes: string[], waiting: Waiting): void {
  const { key, where } = setting;
  const value = setting.value.toLowerCase();
  if (value === option.refused?.toLowerCase()) {
    throw new ConfigError({
      where,
      key,
      problem: "this asks for protection that this version does not give",
      remedy: "Remove the line only if it is right to run without.",
    });
  }
  if (value === option.already?.toLowerCase()) return;
  if (option.state.kind === "refused") {
    const remedy = "Remove the line only if it is right to run without.";
    throw new ConfigError({ where, key, problem: option.state.why, remedy });
  }
  if (option.state.kind === "meaningless") {
    notes.push(`${where}: ${key} has no effect: ${option.state.why}. ${option.help}`);
    return;
  }
  const keys = waiting.get(option.state.waitsFor) ?? [];
  waiting.set(option.state.waitsFor, [...keys, `${key} (${where})`]);
}

/** What was probably meant by an unknown key. */
function hint(key: string): string {
  const bare = key.replace(/^zookeeper\./i, "").toLowerCase();
  const meant = [...WORKING, ...IDLE_OPTIONS].find((row) => row.key.toLowerCase() === bare);
  return meant === undefined ? "" : `; in the file it is written ${meant.key}`;
}

function noteOnPath(setting: Setting | undefined, notes: string[]): void {
  if (setting === undefined || /^\.{0,2}[/\\]|^[A-Za-z]:/.test(setting.value)) return;
  notes.push(
    `${setting.where}: ${setting.key} is relative to the working directory; ` +
      "begin it with ./ if that is meant",
  );
}

function noteOnWords(settings: Settings, notes: string[]): void {
  const { key } = OPTIONS.fourLetterWords;
  const setting = settings.fromFile.get(key) ?? settings.properties.get(`zookeeper.${key}`);
  const unknown = setting?.value
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "" && !KNOWN_WORDS.has(word));
  if (setting === undefined || unknown === undefined || unknown.length === 0) return;
  notes.push(`${setting.where}: ${key} names unknown words: ${unknown.join(", ")}`);
}
