/** A value as a table: a list of objects as columns, an object as names and values. */
import type { Json } from "./output.ts";

/** Values that are lists or objects themselves stand in their cell as JSON. */
export function tableLines(value: Json): readonly string[] {
  if (Array.isArray(value)) {
    if (!value.some(isObject)) return value.map(cell);
    const rows = value.filter(isObject);
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    const body = rows.map((row) => names.map((name) => cell(row[name] ?? null)));
    return aligned([names, ...body]);
  }
  if (!isObject(value)) return [cell(value)];
  return aligned(Object.entries(value).map(([name, one]) => [name, cell(one)]));
}

const isObject = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** One line: a line break in a value would break the table. */
function cell(value: Json): string {
  if (value === null) return "-";
  if (typeof value === "string") return JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"');
  return JSON.stringify(value);
}

/** Rows of equal length, each column as wide as its widest cell, two spaces between. */
export function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  return rows.map((row) =>
    row
      .map((text, at) => text.padEnd(widths[at]!))
      .join("  ")
      .trimEnd(),
  );
}
