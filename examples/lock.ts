/**
 * Two clients take one lock, one after the other.
 *
 *   node dist/examples/lock.js [connect string]
 *
 * Prints:
 *   first
 *   second, with a larger token: true
 */
import { ZooKeeper } from "quoll/client";
import { Lock } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);
await using other = await ZooKeeper.connect(connectString);

const held = await new Lock(zk, "/examples/lock").acquire();
console.log("first");
const next = new Lock(other, "/examples/lock").acquire();
await held.release();
await using after = await next;
console.log(`second, with a larger token: ${after.token > held.token}`);
