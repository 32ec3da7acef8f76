/** The small numbers of the client protocol. From: specification 1.7. */

/** Xids with a meaning of their own. Other xids are echoed. */
export const Xid = { event: -1, ping: -2, auth: -4, setWatches: -8 } as const;

export const EventType = {
  none: -1,
  nodeCreated: 1,
  nodeDeleted: 2,
  nodeDataChanged: 3,
  nodeChildrenChanged: 4,
  /** 5 to 7 are made by clients only. */
  dataWatchRemoved: 5,
  childWatchRemoved: 6,
  persistentWatchRemoved: 7,
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];

export const KeeperState = {
  disconnected: 0,
  syncConnected: 3,
  authFailed: 4,
  connectedReadOnly: 5,
  saslAuthenticated: 6,
  closed: 7,
  expired: -112,
} as const;
export type KeeperState = (typeof KeeperState)[keyof typeof KeeperState];

export const CreateMode = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
  persistentWithTtl: 5,
  persistentSequentialWithTtl: 6,
} as const;
export type CreateMode = (typeof CreateMode)[keyof typeof CreateMode];

export const isCreateMode = (flags: number): flags is CreateMode => flags >= 0 && flags <= 6;
export const isSequential = (mode: CreateMode): boolean => mode === 2 || mode === 3 || mode === 6;
export const isEphemeral = (mode: CreateMode): boolean => mode === 1 || mode === 3;
export const isTtl = (mode: CreateMode): boolean => mode === 5 || mode === 6;

/**
 * What an ACL entry allows, as bits. `CREATE` and `DELETE` are of children; `ADMIN` sets ACLs.
 * @example
 * const perms = Permission.READ | Permission.WRITE;
 * await zk.setACL("/config", [{ perms, scheme: "world", id: "anyone" }]);
 */
export const Permission = {
  READ: 1,
  WRITE: 2,
  CREATE: 4,
  DELETE: 8,
  ADMIN: 16,
  ALL: 31,
} as const;

export const AddWatchMode = { persistent: 0, persistentRecursive: 1 } as const;
export const WatcherType = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
} as const;

/** The version in a request that matches every version. */
export const ANY_VERSION = -1;

/** The longest time to live of a TTL node: 40 bits of milliseconds. */
export const TTL_MS_MAX = 2 ** 40 - 1;

/** `ephemeralOwner` of a container, as stored (clients see 0). From: specification 1.7. */
export const CONTAINER_OWNER = BigInt.asIntN(64, 0x8000_0000_0000_0000n);
const TTL_OWNER_MARK = 0xff00_0000_0000_0000n;

/** `ephemeralOwner` of a TTL node, as stored. `ttlMs` is 1 to TTL_MS_MAX. */
export const ttlOwner = (ttlMs: number): bigint =>
  BigInt.asIntN(64, TTL_OWNER_MARK | BigInt(ttlMs));

/** What a stored `ephemeralOwner` says. */
export type Owner =
  | { readonly kind: "none" }
  | { readonly kind: "container" }
  | { readonly kind: "ttl"; readonly ttlMs: number }
  | { readonly kind: "session"; readonly session: bigint };

/** Reads a stored `ephemeralOwner`; TTL marks count only where `extendedTypes` are on. */
export function ownerOf(stored: bigint, extendedTypes: boolean): Owner {
  if (stored === 0n) return { kind: "none" };
  if (stored === CONTAINER_OWNER) return { kind: "container" };
  const bits = BigInt.asUintN(64, stored);
  if (extendedTypes && bits >> 40n === TTL_OWNER_MARK >> 40n) {
    return { kind: "ttl", ttlMs: Number(bits & 0xff_ffff_ffffn) };
  }
  return { kind: "session", session: stored };
}
