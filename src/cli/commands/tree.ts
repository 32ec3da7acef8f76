/** `tree`: what is below a node, drawn. */
import { intOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { type Place, walk } from "../nodes.ts";

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

export const tree: Command = {
  name: "tree",
  synopsis: "[-L depth] path",
  purpose: "Draws what is below a node, `-L` levels deep at most.",
  options: { L: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, row, signal, progress }, args) {
    const depthMax = intOption(args, "L", Number.MAX_SAFE_INTEGER);
    const places = await walk(zk, args.words[0]!, { signal, depthMax, progress });
    const lines = drawn(places);
    for (const [at, { path, depth }] of places.entries()) row({ path, depth }, lines[at]!);
  },
};

/** A line for each place; places come in the order of `walk`. */
export function drawn(places: readonly Place[]): readonly string[] {
  const lines: string[] = [];
  // From the end: whether a sibling follows, at each depth.
  const follows: boolean[] = [];
  for (const { path, depth } of places.toReversed()) {
    follows.length = depth + 1;
    if (depth === 0) lines.push(path);
    else {
      const bars = Array.from(follows.slice(1, depth), (more) => (more ? "│   " : "    "));
      lines.push(`${bars.join("")}${follows[depth] ? "├── " : "└── "}${nameOf(path)}`);
    }
    follows[depth] = true;
  }
  return lines.reverse();
}
