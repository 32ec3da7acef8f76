/** The servers that clients are measured against, each a process of its own. */
import { fork } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { START } from "../../test/support/subjects.ts";
import { prepareNodes } from "../prepare.ts";

/** `prompt` is prompt-server.ts, which does no work. */
export const SERVER_NAMES = ["quoll", "apache", "prompt"] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export interface Server {
  readonly port: number;
  readonly pid: number;
  dispose(): Promise<void>;
}

/** The clients are measured, not the disk: nothing waits for its sync. */
const CONFIG = { tickTime: 2000, maxClientCnxns: 0, forceSync: "no" };
const PROMPT = fileURLToPath(new URL("./prompt-server.js", import.meta.url));

/** A server with `nodes` nodes of `dataBytes` bytes, at `nodePath`. */
export async function startServer(
  name: ServerName,
  nodes: number,
  dataBytes: number,
): Promise<Server> {
  if (name === "prompt") return startPrompt(dataBytes);
  const server = await START[name]({ config: CONFIG });
  await prepareNodes(server.port, nodes, dataBytes);
  return server;
}

async function startPrompt(dataBytes: number): Promise<Server> {
  const child = fork(PROMPT, [String(dataBytes)]);
  const [address] = (await once(child, "message")) as [AddressInfo];
  return {
    port: address.port,
    pid: child.pid!,
    async dispose() {
      const ended = once(child, "close");
      child.kill();
      await ended;
    },
  };
}
