/**
 * What a command was asked for, in the format that was asked for.
 *
 *   text      the reference shell's lines
 *   raw       lines without decoration; a node's data as its bytes, with nothing behind them
 *   json      one value        ndjson    one value a line, as they come        table    columns
 */
import { tableLines } from "./table.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

export const FORMATS = ["text", "table", "json", "ndjson", "raw"] as const;
export type Format = (typeof FORMATS)[number];

export const isFormat = (word: string): word is Format =>
  (FORMATS as readonly string[]).includes(word);

export type OutputSinks = {
  line(text: string): void;
  bytes(bytes: Uint8Array): void;
};

/** The output of one command. Rows of a table and of a JSON value are kept until `end`. */
export class Output {
  private readonly format: Format;
  private readonly sinks: OutputSinks;
  private rows: Json[] | undefined;

  constructor(format: Format, sinks: OutputSinks) {
    this.format = format;
    this.sinks = sinks;
  }

  /** One of many results. */
  row(value: Json, line: string): void {
    if (this.format === "text" || this.format === "raw") this.sinks.line(line);
    else if (this.format === "ndjson") this.sinks.line(JSON.stringify(value));
    else (this.rows ??= []).push(value);
  }

  /** The only result. */
  show(value: Json, lines: readonly string[], raw?: Uint8Array): void {
    if (this.format === "raw" && raw !== undefined) return this.sinks.bytes(raw);
    for (const line of this.linesOf(value, lines)) this.sinks.line(line);
  }

  /** Prints what was kept. */
  end(): void {
    if (this.rows !== undefined) this.show(this.rows, []);
    this.rows = undefined;
  }

  private linesOf(value: Json, lines: readonly string[]): readonly string[] {
    switch (this.format) {
      case "text":
        return lines;
      case "raw":
        return isList(value) ? value.map(plain) : lines;
      case "ndjson":
        return (isList(value) ? value : [value]).map((one) => JSON.stringify(one));
      case "json":
        return [JSON.stringify(value, null, 2)];
      case "table":
        return tableLines(value);
    }
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const plain = (value: Json): string => (typeof value === "string" ? value : JSON.stringify(value));
