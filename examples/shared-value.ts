/**
 * A value that is changed by what it was, and watched.
 *
 *   node dist/examples/shared-value.js [connect string]
 *
 * Prints:
 *   60 a minute
 *   120 a minute
 */
import { ZooKeeper } from "quoll/client";
import { AtomicValue, jsonCodec } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using zk = await ZooKeeper.connect(connectString);

type Limits = { readonly perMinute: number };
const limits = new AtomicValue<Limits>(zk, "/examples/limits", jsonCodec(), { perMinute: 60 });
await limits.set({ perMinute: 60 });
for await (const { perMinute } of limits.watch()) {
  console.log(`${perMinute} a minute`);
  if (perMinute > 100) break;
  await limits.update((old) => ({ perMinute: old.perMinute * 2 }));
}
