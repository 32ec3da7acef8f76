/** Drives `quoll/client` by its promises. */
import { ZooKeeper } from "../../src/client/index.ts";
import type { Contender, Open } from "./contender.ts";

export const open: Open = async (port): Promise<Contender> => {
  const zk = await ZooKeeper.connect(`127.0.0.1:${port}`);
  return {
    get: (path, done) => void zk.getData(path).then(() => done(), done),
    set: (path, data, done) => void zk.setData(path, data).then(() => done(), done),
  };
};
