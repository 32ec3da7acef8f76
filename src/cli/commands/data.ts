/** `get`, `set` and `stat`: a node's data and Stat. */
import { NoNodeError } from "../../client/index.ts";
import { intOption } from "../arguments.ts";
import { CliError, type Command } from "../command.ts";
import { hexLines } from "../hex.ts";
import { dataText, dataValue, deprecated, statLines, statValue } from "../texts.ts";

export const get: Command = {
  name: "get",
  synopsis: "[-s] [-w] [-b] [-x] path",
  purpose:
    "A node's data; `-s` with its Stat, `-w` watched, `-b` in base64, `-x` as bytes and text.",
  options: { s: "flag", w: "flag", b: "flag", x: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show, note, watch, signal }, { flags, words }) {
    if (words.length > 1) note(deprecated("get path [watch]", "get [-s] [-w] path"));
    const { data, stat } = await zk.getData(words[0]!, {
      watch: flags.has("w") || words.length > 1 ? watch : undefined,
      signal,
    });
    const lines = [...dataLines(data, flags)];
    if (flags.has("s")) lines.push(...statLines(stat));
    const value = { path: words[0]!, ...dataValue(data), stat: statValue(stat) };
    show(value, lines, data ?? new Uint8Array());
  },
};

function dataLines(data: Uint8Array | null, flags: ReadonlySet<string>): readonly string[] {
  if (data !== null && flags.has("b")) return [Buffer.from(data).toString("base64")];
  if (data !== null && flags.has("x")) return hexLines(data);
  return [dataText(data)];
}

export const set: Command = {
  name: "set",
  synopsis: "[-s] [-v version] [-b] path data",
  purpose: "Sets a node's data; with `-v` only at that version, with `-b` from base64.",
  options: { s: "flag", v: "value", b: "flag" },
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, show }, args) {
    const [path = "", text = ""] = args.words;
    const data = args.flags.has("b") ? fromBase64(text) : text;
    const stat = await zk.setData(path, data, intOption(args, "v", -1));
    if (args.flags.has("s")) show(statValue(stat), statLines(stat));
  },
};

function fromBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new CliError("the data is not base64");
  return new Uint8Array(Buffer.from(text, "base64"));
}

export const stat: Command = {
  name: "stat",
  synopsis: "[-w] path",
  purpose: "A node's Stat.",
  options: { w: "flag" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show, note, watch, signal }, { flags, words }) {
    const path = words[0]!;
    if (words.length > 1) note(deprecated("stat path [watch]", "stat [-w] path"));
    const isWatched = flags.has("w") || words.length > 1;
    const found = await zk.exists(path, { watch: isWatched ? watch : undefined, signal });
    if (found === undefined) {
      throw new NoNodeError({ operation: "exists", path, ambiguous: false });
    }
    show(statValue(found), statLines(found));
  },
};
