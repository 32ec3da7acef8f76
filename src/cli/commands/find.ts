/** `find`: paths of nodes of a kind. */
import type { Stat } from "../../client/index.ts";
import { type Arguments, intOption } from "../arguments.ts";
import { CliError, type Command } from "../command.ts";
import { statNodes } from "../nodes.ts";
import { statValue } from "../texts.ts";

const MINUTE_MS = 60_000;

type Place = { readonly path: string; readonly stat: Stat };
type Test = (place: Place) => boolean;

export const find: Command = {
  name: "find",
  synopsis:
    "[-name glob] [-type p|e] [-size [+|-]bytes] [-mmin [+|-]minutes] [-maxdepth depth] path",
  purpose:
    "Paths at and below a node by name (`*`, `?`), type (persistent, ephemeral), bytes of data " +
    "or minutes since the last change; `+` more than, `-` less than.",
  options: { name: "value", type: "value", size: "value", mmin: "value", maxdepth: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, row, signal, progress }, args) {
    const isWanted = testOf(args, Date.now());
    const depthMax = intOption(args, "maxdepth", Number.MAX_SAFE_INTEGER);
    const places = await statNodes(zk, args.words[0]!, { signal, depthMax, progress });
    for (const place of places.filter(isWanted)) {
      row({ path: place.path, ...statValue(place.stat) }, place.path);
    }
  },
};

/** True for places that pass every option; `now` is in ms. Throws `CliError` for a wrong option. */
export function testOf({ values }: Pick<Arguments, "values">, now: number): Test {
  const tests: Test[] = [];
  const name = values.get("name");
  if (name !== undefined) {
    const pattern = globPattern(name);
    tests.push(({ path }) => pattern.test(path.slice(path.lastIndexOf("/") + 1)));
  }
  const type = values.get("type");
  if (type !== undefined) {
    if (type !== "p" && type !== "e") throw new CliError("-type needs p (persistent) or e");
    tests.push(({ stat }) => (stat.ephemeralOwner !== 0n) === (type === "e"));
  }
  const size = comparison("size", values.get("size"));
  if (size !== undefined) tests.push(({ stat }) => size(stat.dataLength));
  const age = comparison("mmin", values.get("mmin"));
  if (age !== undefined) {
    tests.push(({ stat }) => age(Math.floor((now - stat.mtime) / MINUTE_MS)));
  }
  return (place) => tests.every((test) => test(place));
}

function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${source.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su");
}

function comparison(
  option: string,
  text: string | undefined,
): ((value: number) => boolean) | undefined {
  if (text === undefined) return undefined;
  const [, sign, digits] = /^([-+]?)(\d{1,15})$/.exec(text) ?? [];
  if (digits === undefined) throw new CliError(`-${option} needs a number, or +number, -number`);
  const limit = Number(digits);
  if (sign === "+") return (value) => value > limit;
  if (sign === "-") return (value) => value < limit;
  return (value) => value === limit;
}
