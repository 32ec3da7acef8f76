/**
 * The words of a command: options anywhere among the arguments, one letter each, some with a value.
 * `--` ends the options. From: reference shell, which takes them by commons-cli.
 */
import { CliError } from "./command.ts";

/** By letter: whether the option stands alone or takes the next word. */
export type OptionTable = Readonly<Record<string, "flag" | "value">>;

export type Arguments = {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly words: readonly string[];
};

/** Throws `CliError` for an option that `table` does not have, or whose value is missing. */
export function parseArguments(words: readonly string[], table: OptionTable): Arguments {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--") {
      rest.push(...words.slice(at + 1));
      break;
    }
    if (!word.startsWith("-") || word.length === 1) rest.push(word);
    else if (table[word.slice(1)] === "value") {
      const value = words[++at];
      if (value === undefined) throw new CliError(`Missing argument for option: ${word.slice(1)}`);
      values.set(word.slice(1), value);
    } else for (const letter of flagsOf(word, table)) flags.add(letter);
  }
  return { flags, values, words: rest };
}

/** One flag, or several letters behind one dash. */
function flagsOf(word: string, table: OptionTable): readonly string[] {
  const letters = [...word.slice(1)];
  if (letters.every((letter) => table[letter] === "flag")) return letters;
  throw new CliError(`Unrecognized option: ${word}`);
}

/** The option's value as a whole number of 32 bits; `fallback` where it is not given. */
export function intOption(args: Arguments, name: string, fallback: number): number {
  const text = args.values.get(name);
  if (text === undefined) return fallback;
  const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if ((value | 0) !== value) throw new CliError(`-${name} argument must be an int value`);
  return value;
}
