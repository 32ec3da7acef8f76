/**
 * Partitions divided among members: a newcomer gets its share.
 *
 *   node dist/examples/partitions.js [connect string]
 *
 * Prints:
 *   aaaa
 *   aabb
 */
import { ZooKeeper } from "quoll/client";
import { Partitions, Sessions } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using sessions = new Sessions(() => new ZooKeeper(connectString));
await using others = new Sessions(() => new ZooKeeper(connectString));

const stop = new AbortController();
const { signal } = stop;
const partitions = ["0", "1", "2", "3"];
const holds = new Map<string, string>();
const member = (of: Sessions, id: string): Promise<unknown> => {
  const work = async (partition: string, until: AbortSignal): Promise<void> => {
    holds.set(partition, id);
    show();
    await new Promise((resolve) => until.addEventListener("abort", resolve));
  };
  const run = new Partitions(of, "/examples/partitions", { id, partitions, work }).run({ signal });
  return run.catch((error: unknown) => error);
};
const running = [member(sessions, "a")];

function show(): void {
  const owners = partitions.map((one) => holds.get(one) ?? "-").join("");
  if (owners === "aaaa") {
    console.log(owners);
    running.push(member(others, "b"));
  }
  if (owners === "aabb") {
    console.log(owners);
    stop.abort(new Error("enough"));
  }
}
while (!signal.aborted) await Promise.race([...running, new Promise((go) => setTimeout(go, 20))]);
await Promise.all(running);
