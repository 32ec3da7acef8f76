/**
 * What a configuration option is, and how its value is read from text.
 *
 * The reference has two kinds. A few keys are read from zoo.cfg alone ("file"). Every other key of
 * the file becomes the Java property `zookeeper.<key>`, which may as well be given as
 * `-Dzookeeper.<key>=...` ("both"). A few properties have no `zookeeper.` before them and so cannot
 * come from the file at all ("property"). From: specification of features, chapter 7, and the
 * strings in the 3.8.0 classes.
 */

export type Door = "file" | "both" | "property";

/** Why a text is not a value of its option. */
export class BadValue {
  readonly problem: string;
  constructor(problem: string) {
    this.problem = problem;
  }
}

export type Option<V> = {
  readonly key: string;
  readonly door: Door;
  readonly fallback: V;
  /** The default, in the words of the documentation. */
  readonly defaultText: string;
  /** What may be written, such as `whole number of ms, at least 1`. */
  readonly want: string;
  readonly help: string;
  readonly since: string;
  /** A second Java property that the reference also reads. */
  readonly alsoProperty?: string;
  /** The value is never printed. */
  readonly secret?: boolean;
  read(text: string): V | BadValue;
};

/** The Java property that sets an option, if one does. */
export function propertyOf(option: {
  readonly key: string;
  readonly door: Door;
}): string | undefined {
  switch (option.door) {
    case "file":
      return undefined;
    case "both":
      return `zookeeper.${option.key}`;
    case "property":
      return option.key;
  }
}

type Named = {
  readonly key: string;
  readonly door: Door;
  readonly help: string;
  readonly since?: string;
  readonly defaultText?: string;
  readonly alsoProperty?: string;
  readonly secret?: boolean;
};

const named = (spec: Named, fallback: string) => ({
  key: spec.key,
  door: spec.door,
  help: spec.help,
  since: spec.since ?? "3.4",
  defaultText: spec.defaultText ?? fallback,
  ...(spec.alsoProperty === undefined ? {} : { alsoProperty: spec.alsoProperty }),
  ...(spec.secret === undefined ? {} : { secret: spec.secret }),
});

type NumberSpec = Named & {
  readonly fallback: number;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** The value in the configuration is the written number times this. */
  readonly scale?: number;
};

const INT_MAX = 2 ** 31 - 1;
const INT_MIN = -(2 ** 31);

/**
 * A whole number of at most 32 bits. `fallback`, `min` and `max` are as written, before `scale`.
 */
export const int = (spec: NumberSpec): Option<number> => whole(spec, INT_MAX);

/** A whole number that the reference keeps in 64 bits; beyond 2^53 it is refused here. */
export const long = (spec: NumberSpec): Option<number> => whole(spec, Number.MAX_SAFE_INTEGER);

function whole(spec: NumberSpec, most: number): Option<number> {
  const min = spec.min ?? (spec.fallback < 0 ? -most - 1 : 0);
  const max = spec.max ?? most;
  const scaled = (written: number) => (written < 0 ? written : written * (spec.scale ?? 1));
  const of = spec.unit === undefined ? "" : ` of ${spec.unit}`;
  const range = max === most ? `, at least ${min}` : `, ${min} to ${max}`;
  const unit = spec.unit === undefined || spec.fallback < 0 ? "" : ` ${spec.unit}`;
  return {
    ...named(spec, `${spec.fallback}${unit}`),
    fallback: scaled(spec.fallback),
    want: `whole number${of}${min <= INT_MIN ? "" : range}`,
    read(text) {
      // Java's Integer.getInteger reads hexadecimal too, and people set jute.maxbuffer so.
      if (!/^[+-]?\d+$|^0[xX][0-9a-fA-F]+$/.test(text)) return new BadValue("not a whole number");
      const value = Number(text);
      if (value < min || value > max) return new BadValue("out of range");
      return scaled(value);
    },
  };
}

/** A part of a whole, written as a decimal such as `0.02`. */
export const part = (spec: Named & { readonly fallback: number }): Option<number> => ({
  ...named(spec, `${spec.fallback}`),
  fallback: spec.fallback,
  want: "number, 0 to 1",
  read(text) {
    if (!/^\d*\.?\d+$/.test(text)) return new BadValue("not a decimal number");
    const value = Number(text);
    return value <= 1 ? value : new BadValue("out of range");
  },
});

/** Strictly `true` or `false`, in any case of letters. */
export const flag = (spec: Named & { readonly fallback: boolean }): Option<boolean> => ({
  ...named(spec, String(spec.fallback)),
  fallback: spec.fallback,
  want: "true or false",
  read(text) {
    const lower = text.toLowerCase();
    if (lower === "true") return true;
    return lower === "false" ? false : new BadValue("neither true nor false");
  },
});

/** Strictly `yes` or `no`: the reference takes every other word for the default, silently. */
export const yesNo = (spec: Named & { readonly fallback: boolean }): Option<boolean> => ({
  ...named(spec, spec.fallback ? "yes" : "no"),
  fallback: spec.fallback,
  want: "yes or no",
  read(text) {
    if (text === "yes") return true;
    return text === "no" ? false : new BadValue("neither yes nor no");
  },
});

/** Any text but the empty one. */
export const text = (spec: Named & { readonly what: string }): Option<string | undefined> => ({
  ...named(spec, "none"),
  fallback: undefined,
  want: spec.what,
  read: (written) => (written === "" ? new BadValue("empty") : written),
});

export const choice = <const C extends string>(
  spec: Named & { readonly fallback: C; readonly of: readonly C[] },
): Option<C> => ({
  ...named(spec, spec.fallback === "" ? "empty" : spec.fallback),
  fallback: spec.fallback,
  want: spec.of.map((word) => (word === "" ? "nothing" : word)).join(", "),
  read: (written) =>
    spec.of.find((word) => word === written) ?? new BadValue("not one of the choices"),
});

/** One of a list, in any spelling that `find` knows. */
export const spelled = (
  spec: Named & {
    readonly fallback: string;
    readonly of: readonly string[];
    readonly find: (written: string) => string | undefined;
  },
): Option<string> => ({
  ...named(spec, spec.fallback),
  fallback: spec.fallback,
  want: spec.of.join(", "),
  read: (written) => spec.find(written) ?? new BadValue("not one of the choices"),
});

/** Words parted by commas; blanks around them are left out, empty words too. */
export const words = (
  spec: Named & { readonly fallback: readonly string[]; readonly what: string },
): Option<readonly string[]> => ({
  ...named(spec, spec.fallback.join(", ")),
  fallback: spec.fallback,
  want: spec.what,
  read: (written) =>
    written
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== ""),
});

const HOUR_MS = 3_600_000;
const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: HOUR_MS,
  d: 86_400_000,
  "": HOUR_MS,
};

/**
 * A time in hours, or with a unit as in 3.10: `90m`. In the configuration: ms; 0 or less is off.
 */
export const hours = (spec: Named & { readonly fallback: number }): Option<number> => ({
  ...named(spec, `${spec.fallback}`),
  fallback: spec.fallback * HOUR_MS,
  want: "whole number of hours, or a number followed by ms, s, m, h or d",
  read(written) {
    const found = /^([+-]?\d{1,9})(ms|s|m|h|d|)$/.exec(written);
    if (found === null) return new BadValue("not a time");
    return Math.max(0, Number(found[1]) * UNIT_MS[found[2]!]!);
  },
});

/** As `choice`, in any case of letters. */
export const word = <const C extends string>(spec: Parameters<typeof choice<C>>[0]): Option<C> => {
  const option = choice(spec);
  return { ...option, read: (written) => option.read(written.toLowerCase()) };
};
