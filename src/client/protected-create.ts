/**
 * Protected creation: the last part of the path gets a prefix that no other creation has,
 * `_c_<uuid>-`, so that a client whose reply was lost can look whether its node is there.
 *
 *   /locks/lock-  ->  /locks/_c_6ba7b810-9dad-11d1-80b4-00c04fd430c8-lock-0000000007
 *
 * Promises: as long as the session lives, the node is made exactly once. The names are Curator's.
 * Leaves to others: which node, and how (`ZooKeeper.create`).
 */
import { ConnectionLossError, NoNodeError } from "./keeper-error.ts";
import type { CallOptions } from "./options.ts";

const PREFIX = "_c_";
const PROTECTED = /^_c_(?<id>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(?<name>.*)$/s;

/**
 * `path` with the prefix of `id`, a UUID, on its last part.
 * @example const path = protectedPath("/jobs/job-", crypto.randomUUID()); // /jobs/_c_<uuid>-job-
 */
export function protectedPath(path: string, id: string): string {
  const start = path.lastIndexOf("/") + 1;
  return `${path.slice(0, start)}${PREFIX}${id}-${path.slice(start)}`;
}

/**
 * The parts of a node's name that protected creation made; undefined for another name.
 * @example
 * const parts = splitProtected("_c_6ba7b810-9dad-11d1-80b4-00c04fd430c8-lock-0000000007");
 * console.log(parts?.name); // lock-0000000007
 */
export function splitProtected(
  name: string,
): { readonly id: string; readonly name: string } | undefined {
  const groups = PROTECTED.exec(name)?.groups;
  return groups === undefined ? undefined : { id: groups["id"]!, name: groups["name"]! };
}

/** What the search needs of a client. */
interface Searching {
  sync(path: string, options: CallOptions): Promise<string>;
  getChildren(path: string, options: CallOptions): Promise<readonly string[]>;
}

/**
 * The path of the node that a protected creation at `path` has made; undefined when it has not and
 * will not any more. Waits for a connection, and for another one when that is lost.
 * @example
 * const own = protectedPath("/jobs/job-", crypto.randomUUID());
 * await zk.create(own, "work", { mode: "persistentSequential" }).catch(console.error);
 * const path = await findProtected(zk, own); // undefined: it was not made
 */
export async function findProtected(
  client: Searching,
  path: string,
  options: CallOptions = {},
): Promise<string | undefined> {
  const slash = path.lastIndexOf("/");
  const parent = slash === 0 ? "/" : path.slice(0, slash);
  const prefix = path.slice(slash + 1);
  const look = async (): Promise<readonly string[]> => {
    // A server may lag behind the one that made the node.
    const synced = client.sync(parent, options);
    const [children] = await Promise.all([client.getChildren(parent, options), synced]);
    return children;
  };
  try {
    const children = await pastLosses(look);
    const name = children.find((child) => child.startsWith(prefix));
    return name === undefined ? undefined : `${path.slice(0, slash)}/${name}`;
  } catch (error) {
    if (error instanceof NoNodeError) return undefined;
    throw error;
  }
}

/** Reads again as often as the connection is lost. */
export async function pastLosses<A>(read: () => Promise<A>): Promise<A> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ConnectionLossError)) throw error;
    }
  }
}

/** Creates until it is known that there is a node. `find` answers after a doubtful try. */
export async function createSurely<A>(
  create: () => Promise<A>,
  find: () => Promise<A | undefined>,
): Promise<A> {
  for (;;) {
    try {
      return await create();
    } catch (error) {
      if (!(error instanceof ConnectionLossError && error.ambiguous)) throw error;
    }
    const own = await find();
    if (own !== undefined) return own;
  }
}
