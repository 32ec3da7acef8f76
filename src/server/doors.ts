/** The doors of a server: which ports its configuration opens, and what is spoken at each. */
import type { AddressInfo } from "node:net";
import type { ServerConfig } from "./config/server-config.ts";
import type { Readers } from "./readers.ts";
import type { ListenOptions, Sockets } from "./sockets.ts";

export type Doors = {
  /** Where plain clients connect; undefined where only those with TLS do. */
  readonly address: AddressInfo | undefined;
  readonly secureAddress: AddressInfo | undefined;
};

/** Rejects when a port is taken or may not be used; then one may be open. */
export async function openDoors(
  sockets: Sockets,
  config: ServerConfig,
  readers: Readers | undefined,
): Promise<Doors> {
  const backlog = config.clientPortListenBacklog;
  const common = {
    backlog: backlog > 0 ? backlog : undefined,
    keepAlive: config.clientTcpKeepAlive,
  };
  const plain = clientDoor(config);
  const secure = secureDoor(config);
  return {
    address: plain && (await (readers ?? sockets).listen({ ...common, ...plain })),
    secureAddress: secure && (await sockets.listen({ ...common, ...secure })),
  };
}

type Door = Pick<ListenOptions, "port" | "address" | "speaks">;

function clientDoor(config: ServerConfig): Door | undefined {
  const { clientPort: port, clientPortAddress: address, clientPortUnification } = config;
  if (port === undefined) return undefined;
  return clientPortUnification ? { port, address, speaks: "either" } : { port, address };
}

function secureDoor(config: ServerConfig): Door | undefined {
  const { secureClientPort: port, secureClientPortAddress: address } = config;
  return port === 0 ? undefined : { port, address, speaks: "tls" };
}
