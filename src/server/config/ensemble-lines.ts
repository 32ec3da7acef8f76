/**
 * The ensemble in a configuration: its server, group and weight lines, in zoo.cfg or in the file
 * that `dynamicConfigFile` names, and the place of this server in it by its `myid`.
 *
 * From: specification 5.7; 3.8.0 asked for what it refuses.
 */
import { join } from "node:path";
import { type ServerId, toServerId } from "../../base/ids.ts";
import { type Ensemble, memberOf } from "../../quorum/ensemble.ts";
import { EnsembleLines } from "../../quorum/ensemble-text.ts";
import { ConfigError } from "./config-error.ts";
import type { OptionValues } from "./options.ts";
import type { EnsembleConfig } from "./server-config.ts";
import { type ConfigInput, readConfigFile, type Settings } from "./settings.ts";

/** How the lines are written, for messages. */
const FORMS: Readonly<Record<string, string>> = {
  server: "server.<number>=<host>:<port>:<port>[:participant or :observer][;[<host>:]<clientPort>]",
  group: "group.<number>=<server number>[:<server number>]...",
  weight: "weight.<server number>=<whole number, at least 0>",
  version: "version=<hexadecimal number>",
};

/** The lines of the file, or of the dynamic one that it names. Throws `ConfigError`. */
export function readEnsemble(
  input: ConfigInput,
  settings: Settings,
  values: OptionValues,
): Ensemble {
  const inFile = [...settings.fromFile.values()].filter(
    ({ key }) => EnsembleLines.isKey(key) && key !== "version",
  );
  const other = values.dynamicConfigFile;
  if (other !== undefined && inFile[0] !== undefined) {
    throw new ConfigError({
      where: inFile[0].where,
      key: inFile[0].key,
      problem: "server lines stand here and dynamicConfigFile is set",
      remedy: `Keep them in ${other} only.`,
    });
  }
  const all = other === undefined ? inFile : [...readConfigFile(input, other).last.values()];
  const lines = new EnsembleLines();
  for (const { where, key, value } of all) {
    if (!EnsembleLines.isKey(key)) continue;
    const refused = lines.add(key, value);
    if (refused === undefined) continue;
    const kind = key.split(".")[0]!;
    const problem = `"${value}" is not a ${kind} line: ${refused.refused}`;
    throw new ConfigError({ where, key, problem, remedy: `Write: ${FORMS[kind]}.` });
  }
  const ensemble = lines.finish();
  if (!("refused" in ensemble)) return ensemble;
  const where = other ?? settings.configFile ?? "arguments";
  const remedy = "Put each participant into one group, and nobody else.";
  throw new ConfigError({ where, problem: ensemble.refused, remedy });
}

/** Throws `ConfigError` for what no server of these members can be started with. */
export function checkEnsemble(ensemble: Ensemble, values: OptionValues, where: string): void {
  const { members } = ensemble;
  const participants = members.filter(({ role }) => role === "participant").length;
  const refuse = (problem: string, remedy: string, key?: string) =>
    new ConfigError({ where, ...(key !== undefined && { key }), problem, remedy });
  if (members.length > 0 && participants === 0) {
    throw refuse("all server lines are observers", "Name at least one participant.");
  }
  if (members.length === 0 && !values.standaloneEnabled) {
    throw refuse("standaloneEnabled=false without server lines", "Add server.N lines.");
  }
  if (members.length > 1 && participants === 1 && values.standaloneEnabled) {
    throw refuse(
      "observers need an ensemble of at least two participants",
      "Add a participant, or set standaloneEnabled=false.",
    );
  }
  const several = members.find(({ addresses }) => addresses.length > 1);
  if (several !== undefined && !values.multiAddressEnabled) {
    throw refuse(
      "it has several addresses, and multiAddress.enabled is false",
      "Set multiAddress.enabled=true in all members, none of them older than 3.6, or keep one.",
      `server.${several.id}`,
    );
  }
  if (members.length <= 1 && values.standaloneEnabled) return;
  for (const key of ["initLimit", "syncLimit"] as const) {
    if (values[key] > 0) continue;
    throw refuse(
      "it is not set, and an ensemble needs it",
      `Add ${key}=${key === "initLimit" ? 10 : 5}.`,
      key,
    );
  }
}

type Around = {
  readonly values: OptionValues;
  readonly where: string;
  readonly notes: string[];
};

/** This server among the members. Throws `ConfigError` where it is none of them. */
export function placeIn(config: Ensemble, self: ServerId, around: Around): EnsembleConfig {
  const { values, where, notes } = around;
  const own = memberOf(config, self);
  if (own === undefined) {
    throw new ConfigError({
      where,
      problem: `myid says that this is server ${self}, and there is no line server.${self}`,
      remedy: "Correct the number in myid, or add the line.",
    });
  }
  // The other way round is how most write it: what the line says needs no key beside it.
  if (values.peerType === "observer" && own.role === "participant") {
    notes.push(`peerType=observer, and the line server.${self} says participant, which counts`);
  }
  return { self, own, config };
}

/** The number in `myid` in the data folder. Throws `ConfigError`. */
export function readMyId(input: ConfigInput, dataDir: string): ServerId {
  const path = join(dataDir, "myid");
  const remedy = "Write the number of this server's line, server.<number>, into it.";
  let text: string;
  try {
    text = input.readFile(path).trim();
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    const problem = `the number of this server cannot be read: ${told}`;
    throw new ConfigError({ where: path, problem, remedy }, { cause });
  }
  if (/^-?\d{1,18}$/.test(text)) return toServerId(BigInt(text));
  throw new ConfigError({ where: path, problem: `"${text}" is not a whole number`, remedy });
}
