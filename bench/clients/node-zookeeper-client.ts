/** Drives the npm package `node-zookeeper-client` by its callbacks, the only calls it has. */
import { foreign } from "./cache.ts";
import type { Contender, Open } from "./contender.ts";

type Answered = (error: Error | null) => void;
interface Client {
  once(event: "connected", listener: () => void): void;
  connect(): void;
  getData(path: string, answered: Answered): void;
  setData(path: string, data: Buffer, answered: Answered): void;
}

export const open: Open = async (port): Promise<Contender> => {
  const { createClient } = foreign("node-zookeeper-client") as {
    createClient(connectString: string): Client;
  };
  const client = createClient(`127.0.0.1:${port}`);
  await new Promise<void>((resolve) => {
    client.once("connected", resolve);
    client.connect();
  });
  return {
    get: (path, done) => client.getData(path, (error) => done(error ?? undefined)),
    set: (path, data, done) => client.setData(path, data, (error) => done(error ?? undefined)),
  };
};
