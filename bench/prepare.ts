/** The nodes that a load reads and writes: there before it starts. */
import { create, granted, setData } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import { NODES_ROOT, nodePath } from "./jobs.ts";

const AT_A_TIME = 200;

/** One node for each of `count` connections, holding `dataBytes` bytes; made where it is absent. */
export async function prepareNodes(port: number, count: number, dataBytes: number): Promise<void> {
  const session = await RawSession.open(port);
  const data = new Uint8Array(dataBytes).fill(0x63);
  await create(session, NODES_ROOT, null); // or it is there already
  for (let from = 0; from < count; from += AT_A_TIME) {
    const some = Math.min(AT_A_TIME, count - from);
    const asked = Array.from({ length: some }, (_, at) => {
      const path = nodePath(from + at);
      void create(session, path, null);
      return granted(path, setData(session, path, data));
    });
    await Promise.all(asked);
  }
  await session.close();
}
