/**
 * Members of a group come and go.
 *
 *   node dist/examples/group.js [connect string]
 *
 * Prints:
 *   here: guest, me
 *   left: guest
 */
import { ZooKeeper } from "quoll/client";
import { Group, Sessions } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using sessions = new Sessions(() => new ZooKeeper(connectString));
await using others = new Sessions(() => new ZooKeeper(connectString));

await using _me = await new Group(sessions, "/examples/group").join("me");
const guest = await new Group(others, "/examples/group").join("guest");
for await (const { joined, left, members } of new Group(sessions, "/examples/group").changes()) {
  if (joined.length > 0) console.log(`here: ${[...members.keys()].join(", ")}`);
  if (left.length > 0) {
    console.log(`left: ${left.join(", ")}`);
    break;
  }
  await guest.close();
}
