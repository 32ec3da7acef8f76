/**
 * Master, worker and client of a master-worker system in one program.
 *
 *   node dist/examples/tasks.js [connect string]
 *
 * Prints:
 *   HELLO
 */
import { ZooKeeper } from "quoll/client";
import { Sessions, TaskClient, TaskMaster, TaskWorker } from "quoll/recipes";

const connectString = process.argv[2] ?? "127.0.0.1:2181";

await using sessions = new Sessions(() => new ZooKeeper(connectString));

const stop = new AbortController();
const { signal } = stop;
const path = "/examples/tasks";
const handle = ({ text }: { readonly text: string }): string => text.toUpperCase();
const running = [
  new TaskMaster(sessions, path, { id: "master" }).run({ signal }),
  new TaskWorker(sessions, path, { id: "worker", handle }).run({ signal }),
].map((run) => run.catch((error: unknown) => error));
const tasks = new TaskClient(sessions, path);
const task = await tasks.submit("hello");
console.log((await tasks.result(task)).text);
await tasks.forget(task);
stop.abort(new Error("closing time"));
await Promise.all(running);
