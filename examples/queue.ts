/**
 * A queue: items are claimed, worked on and acknowledged.
 *
 *   node dist/examples/queue.js [connect string]
 *
 * Prints:
 *   urgent
 *   first
 *   second
 */
import { ZooKeeper } from "quoll/client";
import { Queue } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);

await using queue = new Queue(zk, "/examples/queue");
await queue.putAll(["first", "second"]);
await queue.put("urgent", { priority: 1 });
for (let claim = await queue.tryClaim(); claim; claim = await queue.tryClaim()) {
  console.log(claim.text);
  await claim.acknowledge();
}
