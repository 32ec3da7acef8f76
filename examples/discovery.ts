/**
 * A service registers; a client finds it and picks instances in turn.
 *
 *   node dist/examples/discovery.js [connect string]
 *
 * Prints:
 *   10.0.0.1
 *   10.0.0.2
 *   10.0.0.1
 */
import { ZooKeeper } from "quoll/client";
import { Discovery, roundRobin, Sessions } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using sessions = new Sessions(() => new ZooKeeper(connectString));

const discovery = new Discovery(sessions, "/examples/services");
const mail = { service: "mail", port: 25 };
await using _one = await discovery.register({ ...mail, id: "1", address: "10.0.0.1" });
await using _two = await discovery.register({ ...mail, id: "2", address: "10.0.0.2" });
await using provider = await discovery.provider("mail", roundRobin());
for (let turn = 0; turn < 3; turn++) console.log(provider.pick()?.address);
