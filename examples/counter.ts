/**
 * A counter that two clients count up together.
 *
 *   node dist/examples/counter.js [connect string]
 *
 * Prints:
 *   counted to 111
 */
import { ZooKeeper } from "quoll/client";
import { Counter } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);
await using other = await ZooKeeper.connect(connectString);

await using ours = new Counter(zk, "/examples/counter");
await using theirs = new Counter(other, "/examples/counter");
await ours.set(0);
await Promise.all([ours.add(1), theirs.add(10), ours.add(100)]);
console.log(`counted to ${await theirs.get()}`);
