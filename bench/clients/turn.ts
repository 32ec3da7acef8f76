/** One turn of one client: starts its process (worker.ts) and takes its result. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ClientJob, ClientResult } from "./job.ts";

const WORKER = fileURLToPath(new URL("./worker.js", import.meta.url));

export function turn(job: ClientJob): Promise<ClientResult> {
  // The C binding prints to standard output whatever one asks: the result has a channel of its own.
  const child = fork(WORKER, [JSON.stringify(job)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("message", (result) => resolve(result as ClientResult));
    child.on("close", () => reject(new Error(`${job.client} ended without a result`)));
  });
}
