/**
 * What a server would say to a zoo.cfg, without starting one: every value by the table that the
 * server reads it by, the notes of its start, whether it would start, and advice.
 *
 * Promises: all faults are told, where a start tells the first one; a file without a `bad` verdict
 * of its form starts. JVM flags of the environment and `myid` are not looked at: they
 * are another machine's.
 */
import type { Member } from "../../quorum/server-line.ts";
import { adviceOn, type Verdict } from "./advice.ts";
import { ConfigError } from "./config-error.ts";
import { readEnsemble } from "./ensemble-lines.ts";
import { loadConfigOf, readSetting, settingOf } from "./load-config.ts";
import { notesOn } from "./notes.ts";
import type { AnyOption, OptionName, OptionValues } from "./options.ts";
import { OPTIONS } from "./options.ts";
import { type ConfigInput, gatherSettings, type Settings } from "./settings.ts";

/** The verdicts, the worst first; one that all is well where there is nothing to say. */
export function inspectConfig(file: string, readFile: ConfigInput["readFile"]): readonly Verdict[] {
  const input: ConfigInput = { argv: [file], env: {}, readFile };
  const found: Verdict[] = [];
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { key, where, problem, remedy } = error.fault;
      const about = key ?? "configuration";
      found.push({ verdict: "bad", about, advice: `${where}: ${problem}. ${remedy}` });
      return undefined;
    }
  };
  const settings = attempt(() => gatherSettings(input));
  if (settings !== undefined) {
    const read = readEach(input, settings, attempt);
    const notes = attempt(() => notesOn(settings));
    // Where each value is right, what several of them say together may still be wrong.
    const loaded = found.length > 0 ? undefined : attempt(() => loadConfigOf(input, undefined));
    for (const note of loaded?.notes ?? notes ?? []) {
      found.push({ verdict: "look", about: "configuration", advice: note });
    }
    found.push(...adviceOn(read));
  }
  if (found.length === 0) return [{ verdict: "good", about: "configuration", advice: "" }];
  return found.toSorted((left, right) => left.verdict.localeCompare(right.verdict));
}

type Attempt = <T>(work: () => T) => T | undefined;

/** All values; the defaults where a value is wrong. */
function readEach(
  input: ConfigInput,
  settings: Settings,
  attempt: Attempt,
): { readonly values: OptionValues; readonly servers: readonly Member[] } {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const option: AnyOption = OPTIONS[name];
    const setting = settingOf(option, settings);
    const read = setting === undefined ? undefined : attempt(() => readSetting(option, setting));
    values[name] = read ?? option.fallback;
  }
  const whole = values as OptionValues;
  return {
    values: whole,
    servers: attempt(() => readEnsemble(input, settings, whole))?.members ?? [],
  };
}
