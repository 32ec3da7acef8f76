/** The nodes that a load reads, sets or writes below: there before it starts. */
import { ErrorCode } from "../src/records/error-codes.ts";
import { create, granted, setData } from "../test/support/operations.ts";
import { RawSession } from "../test/support/raw-session.ts";
import { folderPath, listPath, NODES_ROOT, nodePath } from "./jobs.ts";
import { LIST_CHILDREN, OPERATIONS } from "./operations.ts";
import type { LoadRow } from "./rows.ts";

const AT_A_TIME = 200;

/** Some at a time, for `count` indexes. */
async function forEach(count: number, act: (index: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < count; from += AT_A_TIME) {
    const some = Math.min(AT_A_TIME, count - from);
    await Promise.all(Array.from({ length: some }, (_, at) => act(from + at)));
  }
}

/** `count` nodes of the form of `nodePath`, holding `dataBytes` bytes; made where absent. */
export async function prepareNodes(port: number, count: number, dataBytes: number): Promise<void> {
  const session = await RawSession.open(port);
  const data = new Uint8Array(dataBytes).fill(0x63);
  await create(session, NODES_ROOT, null); // or it is there already
  await forEach(count, (index) => {
    const path = nodePath(index);
    void create(session, path, null);
    return granted(path, setData(session, path, data));
  });
  await session.close();
}

/** A node with so many children; nothing where it is there already. */
async function prepareList(session: RawSession, children: number): Promise<void> {
  const list = listPath(children);
  const { err } = await create(session, list, null);
  if (err === ErrorCode.NodeExists) return;
  await forEach(children, (index) => create(session, `${list}/child-${index}`, null));
}

/** Whatever the requests of a row need. */
export async function prepareRow(port: number, row: LoadRow): Promise<void> {
  const { operation, connections, dataBytes, children } = row;
  const card = OPERATIONS[operation];
  const nodes = card.kind === "steady" ? card.nodesEach * connections : 0;
  await prepareNodes(port, nodes, dataBytes);
  const session = await RawSession.open(port);
  if (operation === "getChildren" || children !== undefined) {
    await prepareList(session, children ?? LIST_CHILDREN);
  } else if (card.kind === "cycle") {
    await forEach(connections, (index) => create(session, folderPath(index), null));
  }
  await session.close();
}
