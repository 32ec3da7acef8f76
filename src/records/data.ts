/** Records that others are made of: identities, ACL entries, Stat. From: specification 1.2. */
import type { Zxid } from "../base/ids.ts";
import {
  bufferOrNull,
  type Codec,
  int,
  long,
  millis,
  type Of,
  record,
  ustring,
  ustringOrNull,
} from "../jute/codec.ts";

/** An identity. Scheme and id may be null on the wire; such an ACL entry is refused as invalid. */
export const Id = record({ scheme: ustringOrNull, id: ustringOrNull });
export type Id = Of<typeof Id>;

/**
 * An ACL entry: the id stands inline. `perms` are bits of `Permission`.
 * @example const readers: Acl = { perms: Permission.READ, scheme: "ip", id: "10.0.0.0/8" };
 */
export const Acl = record({ perms: int, scheme: ustringOrNull, id: ustringOrNull });
export type Acl = Of<typeof Acl>;

/** Size of a Stat on the wire, in bytes. */
export const STAT_BYTES = 68;

/**
 * What a client is told about a znode. Times are ms since 1970 by the leader's clock. `czxid`,
 * `mzxid` and `pzxid` are the transactions that created the node, changed its data and changed its
 * children; `version`, `aversion` and `cversion` count changes of data, ACL and children;
 * `ephemeralOwner` is the session's id, 0 for nodes that stay; `dataLength` is in bytes.
 * @example
 * const stat: Stat | undefined = await zk.exists("/config");
 * if (stat !== undefined) console.log(new Date(stat.mtime), stat.version);
 */
export const Stat = record({
  czxid: long<Zxid>(),
  mzxid: long<Zxid>(),
  ctime: millis,
  mtime: millis,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long(),
  dataLength: int,
  numChildren: int,
  pzxid: long<Zxid>(),
});
export type Stat = Of<typeof Stat>;

/** A znode's Stat as it stands in a snapshot; `cversion` counts creations only. */
export const StatPersisted = record({
  czxid: long<Zxid>(),
  mzxid: long<Zxid>(),
  ctime: millis,
  mtime: millis,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: long(),
  pzxid: long<Zxid>(),
});
export type StatPersisted = Of<typeof StatPersisted>;

/** New data of a node: what setData asks for, and the body of its transaction. */
export type NewData = {
  readonly path: string;
  readonly data: Uint8Array | null;
  readonly version: number;
};
/** By hand: it stands in most writes. */
export const NewData: Codec<NewData> = {
  bytesMin: ustring.bytesMin + bufferOrNull.bytesMin + int.bytesMin,
  read: (from) => ({ path: ustring.read(from), data: from.buffer(), version: from.int() }),
  write(to, { path, data, version }) {
    to.ustring(path);
    to.buffer(data);
    to.int(version);
  },
};

/**
 * An identity that the server knows of a connection.
 * @example
 * const [first]: readonly ClientInfo[] = await zk.whoAmI();
 * if (first !== undefined) console.log(first.authScheme, first.user);
 */
export const ClientInfo = record({ authScheme: ustring, user: ustring });
export type ClientInfo = Of<typeof ClientInfo>;

/**
 * Everybody may do everything. Its ACL id in snapshots is -1.
 * @example await zk.create("/public", "for all", { acl: OPEN_ACL });
 */
export const OPEN_ACL: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];
/**
 * Everybody may read.
 * @example await zk.create("/notice", "read only", { acl: READ_ACL });
 */
export const READ_ACL: readonly Acl[] = [{ perms: 1, scheme: "world", id: "anyone" }];
