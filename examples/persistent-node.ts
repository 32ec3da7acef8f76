/**
 * An ephemeral node that is made again when somebody deletes it.
 *
 *   node dist/examples/persistent-node.js [connect string]
 *
 * Prints:
 *   it is back
 */
import { ZooKeeper } from "quoll/client";
import { PersistentNode, Sessions } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using sessions = new Sessions(() => new ZooKeeper(connectString));
const zk = sessions.current;

await using node = await PersistentNode.create(sessions, "/examples/here", "10.0.0.1");
const gone = new Promise<void>((resolve) => void zk.exists(node.path, { watch: () => resolve() }));
await zk.delete(node.path);
await gone;
while ((await zk.exists(node.path)) === undefined) await zk.sync("/");
console.log("it is back");
