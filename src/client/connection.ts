/**
 * A connection to a server, as the driver needs it. Names are resolved at each dialing, and
 * every address of a name is tried.
 */
import { connect, type LookupFunction, type Socket } from "node:net";
import type { Host } from "../client-core/connect-string.ts";

export interface ConnectionEvents {
  opened(): void;
  /** `bytes` are borrowed until the call returns. */
  received(bytes: Uint8Array): void;
  /** Once, at the end: refused, broken, closed by the server or by `close`. */
  closed(reason: string): void;
}

export interface Connection {
  /** Takes the bytes; they must not change afterwards. */
  write(bytes: Uint8Array): void;
  /** Ends it at once. */
  close(): void;
}

/** Opens a connection to `host`. */
export type Dial = (host: Host, events: ConnectionEvents) => Connection;

/** How names become addresses; Node's own unless given. */
export type LookUp = LookupFunction;

/** Connections without TLS. */
export const dialTcp =
  (lookup?: LookUp): Dial =>
  (host, events) => {
    const how = lookup === undefined ? {} : { lookup };
    const socket = connect({ ...how, host: host.name, port: host.port, noDelay: true });
    return talkOver(socket, "connect", events);
  };

/** The talk over a socket that says by the event `opens` that it is open. */
export function talkOver(socket: Socket, opens: string, events: ConnectionEvents): Connection {
  let reason = "the server closed the connection";
  socket.on(opens, () => events.opened());
  socket.on("data", (chunk: Uint8Array) => events.received(chunk));
  socket.on("error", (error) => {
    reason = describeFailure(error);
  });
  socket.on("close", () => events.closed(reason));
  return {
    write: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
  };
}

/** A failure to reach any of several addresses is an AggregateError, whose own message is empty. */
function describeFailure(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message;
  return error.errors.map((one: unknown) => (one instanceof Error ? one.message : one)).join("; ");
}
