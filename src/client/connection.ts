/**
 * A TCP connection to a server, as the driver needs it. Names are resolved at each dialing, and
 * every address of a name is tried.
 */
import { connect } from "node:net";
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

export const dialTcp: Dial = (host, events) => {
  const socket = connect({ host: host.name, port: host.port, noDelay: true });
  let reason = "the server closed the connection";
  socket.on("connect", () => events.opened());
  socket.on("data", (chunk: Uint8Array) => events.received(chunk));
  socket.on("error", (error) => {
    reason = describeFailure(error);
  });
  socket.on("close", () => events.closed(reason));
  return {
    write: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
  };
};

/** A failure to reach any of several addresses is an AggregateError, whose own message is empty. */
function describeFailure(error: Error): string {
  if (!(error instanceof AggregateError)) return error.message;
  return error.errors.map((one: unknown) => (one instanceof Error ? one.message : one)).join("; ");
}
