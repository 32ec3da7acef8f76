/**
 * Readers share; a writer has it alone.
 *
 *   node dist/examples/read-write-lock.js [connect string]
 *
 * Prints:
 *   writes meanwhile: false
 *   reads meanwhile: false
 */
import { ZooKeeper } from "quoll/client";
import { ReadWriteLock } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);

const lock = new ReadWriteLock(zk, "/examples/read-write-lock");
const one = await lock.read.acquire();
const two = await lock.read.acquire();
console.log(`writes meanwhile: ${(await lock.write.tryAcquire()) !== undefined}`);
await one.release();
await two.release();
await using _writer = await lock.write.acquire();
console.log(`reads meanwhile: ${(await lock.read.tryAcquire()) !== undefined}`);
