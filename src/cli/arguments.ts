/**
 * The words of a command: options anywhere among the arguments, some with a value. `--` ends the
 * options. From: reference shell, which takes them by commons-cli.
 */
import { CliError } from "./command.ts";
import { FORMATS, type Format, isFormat } from "./output.ts";

/** By name: whether the option stands alone, takes the next word, or does so again and again. */
export type OptionTable = Readonly<Record<string, "flag" | "value" | "list">>;

export type Arguments = {
  readonly flags: ReadonlySet<string>;
  /** Of an option given several times, the last; of a list, all with commas between. */
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
    const name = word.replace(/^--?/, "");
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (!word.startsWith("-") || word.length === 1) rest.push(word);
    else if (kind === "value" || kind === "list") {
      const value = words[++at];
      if (value === undefined) throw new CliError(`Missing argument for option: ${name}`);
      const before = kind === "list" ? values.get(name) : undefined;
      values.set(name, before === undefined ? value : `${before},${value}`);
    } else if (kind === "flag") flags.add(name);
    else for (const letter of lettersOf(word, table)) flags.add(letter);
  }
  return { flags, values, words: rest };
}

/** Several flags of one letter behind one dash. */
function lettersOf(word: string, table: OptionTable): readonly string[] {
  const letters = [...word.slice(1)];
  if (letters.every((letter) => table[letter] === "flag")) return letters;
  throw new CliError(`Unrecognized option: ${word}`);
}

/**
 * Takes `--output FORMAT` out of a command's words, and `-o FORMAT`; both up to `--` only. Throws
 * `CliError` for a format that is none.
 */
export function takeFormat(words: readonly string[]): {
  readonly format: Format | undefined;
  readonly words: readonly string[];
} {
  const end = words.indexOf("--");
  const isWanted = (word: string): boolean => /^(?:-o|--output(?:=.*)?)$/.test(word);
  const at = words.slice(0, end < 0 ? undefined : end).findIndex(isWanted);
  if (at < 0) return { format: undefined, words };
  const [, inline] = words[at]!.split("=", 2);
  const rest = words.toSpliced(at, inline === undefined ? 2 : 1);
  return { format: formatOf(inline ?? words[at + 1]), words: rest };
}

function formatOf(word: string | undefined): Format {
  if (word !== undefined && isFormat(word)) return word;
  throw new CliError(`--output needs one of ${FORMATS.join(", ")}`);
}

/** The option's value as a whole number of 32 bits; `fallback` where it is not given. */
export const intOption = (args: Arguments, name: string, fallback: number): number =>
  intOf(args.values.get(name), fallback, `-${name}`);

/** As `intOption`, for a word; `name` is what the complaint calls it. */
export function intOf(text: string | undefined, fallback: number, name = "version"): number {
  if (text === undefined) return fallback;
  const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if ((value | 0) !== value) throw new CliError(`${name} argument must be an int value`);
  return value;
}
