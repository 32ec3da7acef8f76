/**
 * Two leases, and a third that is not to be had.
 *
 *   node dist/examples/semaphore.js [connect string]
 *
 * Prints:
 *   a third: false
 *   after one was given back: true
 */
import { ZooKeeper } from "quoll/client";
import { Semaphore } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);

const downloads = new Semaphore(zk, "/examples/downloads", 2);
await using _one = await downloads.acquire();
const two = await downloads.acquire();
console.log(`a third: ${(await downloads.tryAcquire()) !== undefined}`);
await two.release();
await using _three = await downloads.acquire();
console.log("after one was given back: true");
