/**
 * Everybody waits until the barrier is removed.
 *
 *   node dist/examples/barrier.js [connect string]
 *
 * Prints:
 *   waits
 *   goes on
 */
import { ZooKeeper } from "quoll/client";
import { Barrier } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);
await using other = await ZooKeeper.connect(connectString);

const barrier = new Barrier(zk, "/examples/barrier");
await barrier.set();
const waiting = new Barrier(other, "/examples/barrier").wait();
console.log("waits");
await barrier.remove();
await waiting;
console.log("goes on");
