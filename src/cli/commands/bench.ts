/** `bench`: a small load, to see what servers and network do. Not a measurement of a product. */
import { randomUUID } from "node:crypto";
import type { ZooKeeper } from "../../client/index.ts";
import { intOption } from "../arguments.ts";
import { CliError, type Command, type Context } from "../command.ts";
import { latenciesOf } from "../latencies.ts";
import { mapAtOnce } from "../nodes.ts";
import { childPath } from "../subtree.ts";
import { aligned } from "../table.ts";

const COUNT = 1000;
const AT_ONCE = 32;
const BYTES = 100;

type Load = { readonly paths: readonly string[]; readonly atOnce: number };
type Operation = readonly [name: string, run: (zk: ZooKeeper, path: string) => Promise<unknown>];

export const bench: Command = {
  name: "bench",
  synopsis: "[-n count] [-c at once] [-b bytes] [path]",
  purpose:
    "Creates, reads, writes and deletes `-n` nodes below a path (`/`), `-c` requests at once; " +
    "tells how many a second and how long they took. Leaves nothing behind.",
  options: { n: "value", c: "value", b: "value" },
  argumentsMin: 0,
  needsSession: true,
  async run(context, args) {
    const count = positive(intOption(args, "n", COUNT), "n");
    const atOnce = positive(intOption(args, "c", AT_ONCE), "c");
    const data = new Uint8Array(positive(intOption(args, "b", BYTES), "b"));
    const { zk, show } = context;
    const top = childPath(args.words[0] ?? "/", `quoll-bench-${randomUUID()}`);
    await zk.create(top);
    const paths = Array.from({ length: count }, (_, at) => `${top}/n${at}`);
    const operations: readonly Operation[] = [
      ["create", (on, path) => on.create(path, data)],
      ["getData", (on, path) => on.getData(path)],
      ["setData", (on, path) => on.setData(path, data)],
      ["exists", (on, path) => on.exists(path)],
      ["delete", (on, path) => on.delete(path)],
    ];
    const rows = [];
    try {
      for (const operation of operations) {
        rows.push(await measure(context, operation, { paths, atOnce }));
      }
    } finally {
      await cleanUp(zk, top);
    }
    const cells = rows.map((row) => Object.values(row).map(String));
    show(
      rows,
      aligned([["OPERATION", "COUNT", "PER S", "MEAN", "MEDIAN", "P99", "MAX MS"], ...cells]),
    );
  },
};

function positive(value: number, option: string): number {
  if (value < 1) throw new CliError(`-${option} must be > 0`);
  return value;
}

async function measure(
  { zk, signal, progress }: Context,
  [name, run]: Operation,
  { paths, atOnce }: Load,
) {
  const times: number[] = [];
  const timed = async (path: string): Promise<void> => {
    const sentAt = performance.now();
    await run(zk, path);
    times.push(performance.now() - sentAt);
    progress(`times ${name}`, times.length, paths.length);
  };
  const beganAt = performance.now();
  await mapAtOnce(paths, timed, signal, atOnce);
  const perSecond = Math.round((paths.length * 1000) / (performance.now() - beganAt));
  return { operation: name, count: paths.length, perSecond, ...latenciesOf(times) };
}

/** Also what a failure or Ctrl-C left. */
async function cleanUp(zk: ZooKeeper, top: string): Promise<void> {
  const names = await zk.getChildren(top);
  await Promise.all(names.map((name) => zk.delete(childPath(top, name))));
  await zk.delete(top);
}
