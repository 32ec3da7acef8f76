/**
 * The application's web page: who is master, who works on what, what has come out.
 *
 *   GET  /        the page, which renews itself
 *   GET  /state   the same as JSON
 *   POST /tasks   upTo=<number>: a new task
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { readTaskSystem, type Sessions, TaskClient } from "quoll/recipes";

export type PageOptions = {
  readonly path: string;
  readonly port: number;
  readonly signal: AbortSignal;
};

type State = {
  readonly master: string;
  readonly workers: Readonly<Record<string, readonly string[]>>;
  readonly waiting: readonly string[];
  readonly results: Readonly<Record<string, string>>;
};

/** How many results are shown; older ones are removed from the tree. */
const RESULTS_MAX = 20;
const BODY_BYTES_MAX = 1000;
const UP_TO_MAX = 5_000_000;
/** Longest wait for the server, in ms, before the page says that there is none. */
const ANSWER_MS_MAX = 2000;

/** Serves until `signal` is aborted. */
export async function servePage(sessions: Sessions, options: PageOptions): Promise<void> {
  const tasks = new TaskClient(sessions, options.path);
  const server = createServer((request, response) => {
    answer(sessions, tasks, { request, response, path: options.path }).catch((error: unknown) => {
      response.writeHead(503, { "content-type": "text/plain" });
      response.end(
        `No answer now: ${error instanceof Error ? error.message : error}. Try again.\n`,
      );
    });
  });
  server.listen(options.port, "127.0.0.1");
  await new Promise((resolve) => options.signal.addEventListener("abort", resolve));
  server.closeAllConnections();
  server.close();
}

type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
};

async function answer(sessions: Sessions, tasks: TaskClient, exchange: Exchange): Promise<void> {
  const { request, response, path } = exchange;
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  await sessions.current.connected({ signal });
  if (request.method === "POST" && request.url === "/tasks") {
    const upTo = Number(new URLSearchParams(await bodyOf(request)).get("upTo"));
    if (!Number.isInteger(upTo) || upTo < 1 || upTo > UP_TO_MAX) {
      response.writeHead(400, { "content-type": "text/plain" });
      response.end(`upTo must be 1 to ${UP_TO_MAX}\n`);
      return;
    }
    await tasks.submit(`${upTo}`, { signal });
    response.writeHead(303, { location: "/" });
    response.end();
    return;
  }
  const state = await stateOf(sessions, tasks, path);
  const isJson = request.url === "/state";
  response.writeHead(200, { "content-type": isJson ? "application/json" : "text/html" });
  response.end(isJson ? JSON.stringify(state) : pageOf(state));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > BODY_BYTES_MAX) throw new Error("the request is too long");
  }
  return body;
}

async function stateOf(sessions: Sessions, tasks: TaskClient, path: string): Promise<State> {
  const system = await readTaskSystem(sessions.current, path);
  const results: Record<string, string> = {};
  const shown = system.finished.slice(-RESULTS_MAX);
  for (const task of system.finished.slice(0, -RESULTS_MAX)) await tasks.forget(task);
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  for (const task of shown) {
    const { outcome, text, worker } = await tasks.result(task, { signal });
    results[task] = `${outcome === "done" ? text : `failed: ${text}`}, by ${worker}`;
  }
  const workers = system.workers.map((worker) => [worker, system.assigned.get(worker) ?? []]);
  return {
    master: system.master ?? "nobody yet",
    workers: Object.fromEntries(workers),
    waiting: system.waiting,
    results,
  };
}

function pageOf(state: State): string {
  const rows = (cells: readonly (readonly string[])[]): string =>
    cells.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}`).join("")}\n`).join("");
  const workers = Object.entries(state.workers).map(([id, tasks]) => [id, tasks.join(", ")]);
  return `<!doctype html><meta charset="utf-8">
<title>Primes</title>
<style>body{font:16px system-ui;margin:2em}td{padding:.2em 1em .2em 0}</style>
<h1>Primes</h1>
<form method="post" action="/tasks">Count the primes up to
<input name="upTo" type="number" min="1" max="${UP_TO_MAX}" value="300000">
<button>go</button></form>
<p>Master: ${escaped(state.master)}
<h2>Workers</h2><table>${rows(workers)}</table>
<h2>Waiting: ${state.waiting.length}</h2><table>${rows(state.waiting.map((one) => [one]))}</table>
<h2>Results</h2><table>${rows(Object.entries(state.results).reverse())}</table>
<script>
// Renews the page, but not while somebody writes into it.
setInterval(() => { if (document.activeElement?.name !== "upTo") location.reload() }, 2000)
</script>
`;
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&#${sign.codePointAt(0)};`);
