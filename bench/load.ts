/**
 * A load process: does the job in its first argument (jobs.ts) and prints the result as JSON. A
 * process of its own, so that what drives the server does not share its event loop with what
 * watches it.
 */
import { runChurn } from "./churn.ts";
import { runFill } from "./fill.ts";
import type { Job } from "./jobs.ts";
import { runProbe } from "./probe.ts";
import { runRequests } from "./requests.ts";
import { runStorm } from "./storm.ts";

/** A load that has lost a connection measures nothing: it ends at once and says why. */
function failed(error: Error): never {
  console.error(error.message);
  process.exit(1);
}

function work(job: Job): Promise<unknown> {
  switch (job.kind) {
    case "requests":
      return runRequests(job, failed);
    case "fill":
      return runFill(job, failed);
    case "storm":
      return runStorm(job, failed);
    case "churn":
      return runChurn(job, failed);
    case "probe":
      return runProbe(job, new Promise((resolve) => process.stdin.on("end", resolve).resume()));
  }
}

const job: Job = JSON.parse(process.argv[2] ?? "null");
console.log(JSON.stringify(await work(job)));
process.exit(0);
