/** `du`: how much data there is where. */
import { intOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { statNodes } from "../nodes.ts";
import { aligned } from "../table.ts";

type Sum = { readonly path: string; readonly depth: number; bytes: number; nodes: number };

export const du: Command = {
  name: "du",
  synopsis: "[-d depth] path",
  purpose:
    "Bytes of data and nodes at and below a node and each node below it, `-d` levels deep (1).",
  options: { d: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, show, signal, progress }, args) {
    const depthMax = intOption(args, "d", 1);
    const places = await statNodes(zk, args.words[0]!, { signal, progress });
    const sums = sumsOf(
      places.map(({ path, depth, stat }) => ({ path, depth, bytes: stat.dataLength })),
    );
    const shown = sums.filter(({ depth }) => depth <= depthMax);
    const rows = shown.map(({ path, bytes, nodes }) => [`${bytes}`, `${nodes}`, path]);
    show(
      shown.map(({ path, bytes, nodes }) => ({ path, bytes, nodes })),
      aligned([["BYTES", "NODES", "PATH"], ...rows]),
    );
  },
};

/** For each place, in the order of `walk`, what is at it and below. */
export function sumsOf(
  places: readonly { readonly path: string; readonly depth: number; readonly bytes: number }[],
): readonly Sum[] {
  const sums: Sum[] = [];
  const above: Sum[] = [];
  for (const { path, depth, bytes } of places) {
    const sum: Sum = { path, depth, bytes: 0, nodes: 0 };
    above.length = depth;
    above.push(sum);
    for (const one of above) {
      one.bytes += bytes;
      one.nodes++;
    }
    sums.push(sum);
  }
  return sums;
}
