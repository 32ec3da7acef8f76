/**
 * The operations of the client protocol: a card each, in the order of their codes. Paths in
 * requests are the caller's; the cards put them under the chroot and take it off replies.
 * From: specification 1.3, 1.5, 2.10; which reply sets which watch: reference `ZooKeeper`.
 */
import type { Zxid } from "../base/ids.ts";
import type { Codec } from "../jute/codec.ts";
import type { JuteReader } from "../jute/reader.ts";
import type { JuteWriter } from "../jute/writer.ts";
import {
  AddWatchRequest,
  Create2Response,
  CreateRequest,
  CreateResponse,
  CreateTTLRequest,
  DeleteRequest,
  GetACLResponse,
  GetAllChildrenNumberResponse,
  GetChildren2Response,
  GetChildrenResponse,
  GetDataResponse,
  GetEphemeralsRequest,
  GetEphemeralsResponse,
  PathRequest,
  ReadRequest,
  ReconfigRequest,
  SetACLRequest,
  SetDataRequest,
  StatResponse,
  SyncResponse,
  WatcherRequest,
  WhoAmIResponse,
} from "../records/client.ts";
import { AddWatchMode, WatcherType } from "../records/constants.ts";
import type { Acl, ClientInfo, Stat } from "../records/data.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import type { Chroot } from "./chroot.ts";
import type { Operation } from "./operation.ts";
import type { WatchKind, WatchSelection } from "./watches.ts";

/**
 * A node that was made. `path` has the number of a sequential mode.
 * @example const { path, stat }: Created = await zk.createWithStat("/config", "1");
 */
export type Created = { readonly path: string; readonly stat: Stat };
/**
 * What a node holds. `data` is the caller's to keep; null where the node was created without any.
 * @example const { data, stat }: NodeData = await zk.getData("/config");
 */
export type NodeData = { readonly data: Uint8Array | null; readonly stat: Stat };
/**
 * The names of a node's children, in no particular order.
 * @example const { children, stat }: NodeChildren = await zk.getChildrenWithStat("/jobs");
 */
export type NodeChildren = { readonly children: readonly string[]; readonly stat: Stat };
/**
 * Who may do what with a node. The Stat's `aversion` is the version for `setACL`.
 * @example const { acl, stat }: NodeAcl = await zk.getACL("/config");
 */
export type NodeAcl = { readonly acl: readonly Acl[]; readonly stat: Stat };

type Pathed = { readonly path: string };

/** The parts of a card that every operation on one path has in common. */
const onPath = <Q extends Pathed>(
  name: keyof typeof OpCode,
  request: Codec<Q>,
  writes: boolean,
) => ({
  name,
  code: OpCode[name],
  writes,
  pathOf: (asked: Q) => asked.path,
  write(to: JuteWriter, asked: Q, chroot: Chroot): void {
    const path = chroot.under(asked.path);
    request.write(to, path === asked.path ? asked : { ...asked, path });
  },
});

const nothing = (): void => {};
const readStat = (from: JuteReader): Stat => StatResponse.read(from).stat;
const readCreated = (from: JuteReader, chroot: Chroot): Created => {
  const { path, stat } = Create2Response.read(from);
  return { path: chroot.strip(path), stat };
};
/** The chunk that a reply stands in is borrowed: what the caller keeps is copied here. */
export const owned = (data: Uint8Array | null): Uint8Array | null =>
  data === null ? null : new Uint8Array(data);

const onSuccess =
  (kind: WatchKind) =>
  (_: unknown, err: number): WatchKind | undefined =>
    err === ErrorCode.Ok ? kind : undefined;

export const create: Operation<CreateRequest, string> = {
  ...onPath("create", CreateRequest, true),
  read: (from, chroot) => chroot.strip(CreateResponse.read(from).path),
};
export const create2: Operation<CreateRequest, Created> = {
  ...onPath("create2", CreateRequest, true),
  read: readCreated,
};
export const createContainer: Operation<CreateRequest, Created> = {
  ...onPath("createContainer", CreateRequest, true),
  read: readCreated,
};
export const createTTL: Operation<CreateTTLRequest, Created> = {
  ...onPath("createTTL", CreateTTLRequest, true),
  read: readCreated,
};
export const deleteNode: Operation<DeleteRequest, void> = {
  ...onPath("delete", DeleteRequest, true),
  read: nothing,
};
export const exists: Operation<ReadRequest, Stat | undefined> = {
  ...onPath("exists", ReadRequest, false),
  read: readStat,
  noNode: { reply: undefined },
  watch(_, err) {
    if (err === ErrorCode.Ok) return "data";
    return err === ErrorCode.NoNode ? "exist" : undefined;
  },
};
export const getData: Operation<ReadRequest, NodeData> = {
  ...onPath("getData", ReadRequest, false),
  read(from) {
    const { data, stat } = GetDataResponse.read(from);
    return { data: owned(data), stat };
  },
  watch: onSuccess("data"),
};
/** The ensemble's configuration, at `CONFIG_PATH` whatever the chroot. */
export const getConfig: Operation<ReadRequest, NodeData> = {
  ...getData,
  name: "getConfig",
  ignoresChroot: true,
};
export const CONFIG_PATH = "/zookeeper/config";
export const setData: Operation<SetDataRequest, Stat> = {
  ...onPath("setData", SetDataRequest, true),
  read: readStat,
};
/**
 * What changes in the ensemble: servers that join and leave, or all that shall be members. Server
 * specifications (`joining`, `members`) and server numbers (`leaving`) are parted by commas.
 * @example
 * const change: Reconfiguration = { joining: "server.4=d:2888:3888;2181", leaving: "1,2" };
 */
export type Reconfiguration = {
  readonly joining?: string | undefined;
  readonly leaving?: string | undefined;
  readonly members?: string | undefined;
};
type Reconfig = { readonly change: Reconfiguration; readonly fromConfig: Zxid };
export const reconfig: Operation<Reconfig, NodeData> = {
  name: "reconfig",
  code: OpCode.reconfig,
  writes: true,
  pathOf: () => undefined,
  write(to, { change: { joining = null, leaving = null, members = null }, fromConfig }) {
    ReconfigRequest.write(to, {
      joiningServers: joining,
      leavingServers: leaving,
      newMembers: members,
      curConfigId: fromConfig,
    });
  },
  read: getData.read,
};
export const getACL: Operation<PathRequest, NodeAcl> = {
  ...onPath("getACL", PathRequest, false),
  read: (from) => GetACLResponse.read(from),
};
export const setACL: Operation<SetACLRequest, Stat> = {
  ...onPath("setACL", SetACLRequest, true),
  read: readStat,
};
export const getChildren: Operation<ReadRequest, readonly string[]> = {
  ...onPath("getChildren", ReadRequest, false),
  read: (from) => GetChildrenResponse.read(from).children,
  watch: onSuccess("child"),
};
export const getChildren2: Operation<ReadRequest, NodeChildren> = {
  ...onPath("getChildren2", ReadRequest, false),
  read: (from) => GetChildren2Response.read(from),
  watch: onSuccess("child"),
};
export const sync: Operation<PathRequest, string> = {
  ...onPath("sync", PathRequest, false),
  read: (from, chroot) => chroot.strip(SyncResponse.read(from).path),
};

type RemoveWatches = Pathed & {
  readonly selection: WatchSelection;
  readonly local: boolean;
};
export const removeWatches: Operation<RemoveWatches, void> = {
  name: "removeWatches",
  code: OpCode.removeWatches,
  writes: false,
  pathOf: (asked) => asked.path,
  write(to, { path, selection }, chroot) {
    WatcherRequest.write(to, { path: chroot.under(path), type: WatcherType[selection] });
  },
  read: nothing,
  removes: (asked) => asked,
};

type AddWatch = Pathed & { readonly mode: keyof typeof AddWatchMode };
export const addWatch: Operation<AddWatch, void> = {
  name: "addWatch",
  code: OpCode.addWatch,
  writes: false,
  pathOf: (asked) => asked.path,
  write(to, { path, mode }, chroot) {
    AddWatchRequest.write(to, { path: chroot.under(path), mode: AddWatchMode[mode] });
  },
  read: nothing,
  watch: ({ mode }, err) => (err === ErrorCode.Ok ? mode : undefined),
};

export const getEphemerals: Operation<{ readonly prefix: string }, readonly string[]> = {
  name: "getEphemerals",
  code: OpCode.getEphemerals,
  writes: false,
  pathOf: ({ prefix }) => prefix,
  write(to, { prefix }, chroot) {
    GetEphemeralsRequest.write(to, { prefixPath: chroot.under(prefix) });
  },
  read: (from, chroot) =>
    GetEphemeralsResponse.read(from).ephemerals.map((path) => chroot.strip(path)),
};
export const getAllChildrenNumber: Operation<PathRequest, number> = {
  ...onPath("getAllChildrenNumber", PathRequest, false),
  read: (from) => GetAllChildrenNumberResponse.read(from).totalNumber,
};
export const whoAmI: Operation<undefined, readonly ClientInfo[]> = {
  name: "whoAmI",
  code: OpCode.whoAmI,
  writes: false,
  pathOf: () => undefined,
  write: nothing,
  read: (from) => WhoAmIResponse.read(from).clientInfo,
};
