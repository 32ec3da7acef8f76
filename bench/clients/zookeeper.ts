/**
 * Drives the npm package `zookeeper`, a binding of the C client, by its callbacks: its promises are
 * made of them.
 */
import { foreign } from "./cache.ts";
import type { Contender, Open } from "./contender.ts";

type Answered = (code: number, error: string) => void;
interface Binding {
  init(config: Readonly<Record<string, unknown>>): void;
  once(event: "connect", listener: () => void): void;
  a_get(path: string, watch: boolean, answered: Answered): void;
  a_set(path: string, data: Buffer, version: number, answered: Answered): void;
}

const OK = 0;
const ANY_VERSION = -1;
const SESSION_TIMEOUT_MS = 30_000;
/** Warnings and worse. */
const DEBUG_LEVEL = 2;

export const open: Open = async (port): Promise<Contender> => {
  const ZooKeeper = foreign("zookeeper") as { new (): Binding };
  const zk = new ZooKeeper();
  await new Promise<void>((resolve) => {
    zk.once("connect", resolve);
    const connect = `127.0.0.1:${port}`;
    zk.init({ connect, timeout: SESSION_TIMEOUT_MS, debug_level: DEBUG_LEVEL });
  });
  return {
    get: (path, done) =>
      zk.a_get(path, false, (code, error) => (code === OK ? done() : done(error))),
    set: (path, data, done) =>
      zk.a_set(path, data, ANY_VERSION, (code, error) => (code === OK ? done() : done(error))),
  };
};
