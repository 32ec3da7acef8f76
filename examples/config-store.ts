/**
 * Typed settings with defaults, and their changes.
 *
 *   node dist/examples/config-store.js [connect string]
 *
 * Prints:
 *   hello: 3 retries
 *   hello: 5 retries
 */
import { ZooKeeper } from "quoll/client";
import { ConfigStore, Sessions } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using sessions = new Sessions(() => new ZooKeeper(connectString));

const config = new ConfigStore(sessions, "/examples/config", { retries: 3, banner: "hello" });
await config.reset("retries");
for await (const { retries, banner } of config.changes()) {
  console.log(`${banner}: ${retries} retries`);
  if (retries === 5) break;
  await config.set("retries", 5);
}
