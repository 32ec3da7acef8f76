/**
 * Two begin together and end together.
 *
 *   node dist/examples/double-barrier.js [connect string]
 *
 * Prints:
 *   both are in
 *   both are out
 */
import { ZooKeeper } from "quoll/client";
import { DoubleBarrier } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);
await using other = await ZooKeeper.connect(connectString);

const both = [zk, other].map((one) => new DoubleBarrier(one, "/examples/double-barrier", 2));
await Promise.all(both.map((barrier) => barrier.enter()));
console.log("both are in");
await Promise.all(both.map((barrier) => barrier.leave()));
console.log("both are out");
