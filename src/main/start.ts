/**
 * `npm start`: a standalone server on port 2181 with a data folder of its own, and what to try
 * next. QUOLL_PORT and QUOLL_DATA choose others.
 */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runServer } from "./server.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export async function runStart(argv: readonly string[]): Promise<number | undefined> {
  const port = process.env["QUOLL_PORT"] ?? "2181";
  const data = process.env["QUOLL_DATA"] ?? `${ROOT}data`;
  mkdirSync(data, { recursive: true });
  const flags = ["-Dzookeeper.4lw.commands.whitelist=ruok,srvr,stat,mntr,conf,isro,dirs", ...argv];
  return runServer([...flags, port, data], ({ address }) => {
    const at = address?.port;
    process.stdout.write(`
Quoll listens on port ${at}. Its data lies in ${data}.
Try, in another terminal:

  bin/zkCli.sh -server localhost:${at} create /hello world
  bin/zkCli.sh -server localhost:${at} get /hello

Ctrl-C stops it; nothing acknowledged is lost.
`);
  });
}
