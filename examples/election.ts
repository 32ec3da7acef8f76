/**
 * A leader, and the next one when it steps back.
 *
 *   node dist/examples/election.js [connect string]
 *
 * Prints:
 *   a leads
 *   b leads
 */
import { ZooKeeper } from "quoll/client";
import { Election } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);
await using other = await ZooKeeper.connect(connectString);

for await (const _term of new Election(zk, "/examples/election", { id: "a" }).terms()) {
  console.log("a leads");
  break;
}
for await (const _term of new Election(other, "/examples/election", { id: "b" }).terms()) {
  console.log("b leads");
  break;
}
