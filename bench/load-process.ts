/** Starts load processes (load.ts) and takes their results. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Job } from "./jobs.ts";

const LOAD = fileURLToPath(new URL("./load.js", import.meta.url));

type Running<T> = { readonly child: ChildProcess; readonly result: Promise<T> };

/** Begins a job; a probe goes on until its standard input is ended. */
export function load<T>(job: Job): Running<T> {
  const child = spawn(process.execPath, [LOAD, JSON.stringify(job)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout!.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const result = new Promise<T>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(text) as T);
      else reject(new Error(`the load of a ${job.kind} job failed`));
    });
  });
  return { child, result };
}
