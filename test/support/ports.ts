/**
 * Free TCP ports for servers under test. Each is tried by listening on it, and none is given twice
 * by one process, so that servers started side by side do not meet.
 *
 * `QUOLL_TEST_PORTS=first-last` moves the range, for runs side by side on one machine.
 */
import { createServer } from "node:net";

const RANGE_DEFAULT = "7500-7599";
const { QUOLL_TEST_PORTS = RANGE_DEFAULT } = process.env;
const [FIRST, LAST] = QUOLL_TEST_PORTS.split("-").map(Number);
const given = new Set<number>();

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "0.0.0.0" }, () => server.close(() => resolve(true)));
  });

/** A port that nobody listens on. Throws when the whole range is taken. */
export async function freePort(): Promise<number> {
  for (let port = FIRST!; port <= LAST!; port++) {
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${FIRST} to ${LAST}`);
}

/** Says that `port` may be given again. */
export const returnPort = (port: number): void => void given.delete(port);

/** A port that the system had free a moment ago: for tests that run side by side. */
export function anyFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port: 0, host: "127.0.0.1" }, () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
