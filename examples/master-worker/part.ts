/**
 * One process of the application: a master, a worker or the page.
 *
 *   node part.js master|worker|page <connect string> <name> [<page port>]
 */
import { ZooKeeper } from "quoll/client";
import { Sessions, TaskMaster, TaskWorker } from "quoll/recipes";
import { servePage } from "./page.ts";

/** Asked of the server, in ms; what died is missed after as long. */
const SESSION_MS = 1500;
const APP = "/primes";

const [role = "", connectString = "", name = "", port = "0"] = process.argv.slice(2);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort(new Error("stopped")));
const { signal } = stop;

await using sessions = new Sessions(() => new ZooKeeper(connectString, { timeoutMs: SESSION_MS }));

/** How many primes there are up to a number: work that takes a while. */
async function countPrimes(upTo: number, abort: AbortSignal): Promise<string> {
  let count = 0;
  for (let candidate = 2; candidate <= upTo; candidate++) {
    if (isPrime(candidate)) count++;
    if (candidate % 10_000 !== 0) continue;
    // The session must be able to breathe, and a task that was reassigned must end.
    await new Promise((resolve) => setTimeout(resolve, 10));
    abort.throwIfAborted();
  }
  return `${count} primes up to ${upTo}`;
}

function isPrime(candidate: number): boolean {
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
    if (candidate % divisor === 0) return false;
  }
  return true;
}

const id = `${name} (pid ${process.pid})`;
try {
  if (role === "master") {
    await new TaskMaster(sessions, APP, { id, tasksPerWorkerMax: 2 }).run({ signal });
  } else if (role === "worker") {
    const handle = ({ text, signal: abort }: { text: string; signal: AbortSignal }) =>
      countPrimes(Number(text), abort);
    await new TaskWorker(sessions, APP, { id, handle }).run({ signal });
  } else {
    await servePage(sessions, { path: APP, port: Number(port), signal });
  }
} catch (error) {
  if (!signal.aborted) throw error;
}
