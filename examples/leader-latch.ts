/**
 * A latch: leader until it is closed.
 *
 *   node dist/examples/leader-latch.js [connect string]
 *
 * Prints:
 *   leads: true
 */
import { ZooKeeper } from "quoll/client";
import { Election } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);

await using latch = new Election(zk, "/examples/latch", { id: "a", names: "latch" }).latch();
await latch.leading();
console.log(`leads: ${latch.isLeader}`);
