/** `quoll/client`: the ZooKeeper client for programs. Loads no server code and no dependency. */
export type { SessionId, Zxid } from "../base/ids.ts";
export { describeId } from "../base/ids.ts";
export type {
  EventTypeName,
  KeeperStateName,
  WatchedEvent,
} from "../client-core/events.ts";
export { describeEvent } from "../client-core/events.ts";
export type {
  Created,
  NodeAcl,
  NodeChildren,
  NodeData,
  Reconfiguration,
} from "../client-core/operations.ts";
export { type ClientState, isLive, isOver } from "../client-core/protocol.ts";
export type { WatchSelection } from "../client-core/watches.ts";
export { Permission } from "../records/constants.ts";
export { type Acl, type ClientInfo, OPEN_ACL, READ_ACL, type Stat } from "../records/data.ts";
export { CREATOR_ALL_ACL, permsOf, permsText } from "./acl.ts";
export type { CacheChange, TreeCache } from "./cache.ts";
export { CodecError, json, type NodeValue, text, type ValueCodec, Values } from "./codec.ts";
export type { Logger } from "./diagnostics.ts";
export { type DigestMd5Options, digestMd5 } from "./digest-md5.ts";
export type { Watcher } from "./driver.ts";
export * from "./keeper-error.ts";
export type { ReadOp, ReadResult, WriteOp, WriteResult } from "./multi.ts";
export { op, Transaction } from "./multi.ts";
export type { CallOptions, WaitOptions, ZooKeeperOptions } from "./options.ts";
export { findProtected, protectedPath, splitProtected } from "./protected-create.ts";
export type { CreateModeName, CreateOptions, Data } from "./requests.ts";
export type { Backoff, Failure, Retry, RetryPolicy } from "./retry.ts";
export type { SaslExchange, SaslMechanism } from "./sasl.ts";
export type { TlsOptions } from "./tls.ts";
export type { StreamedEvent, WatchOptions, WatchStream } from "./watch-stream.ts";
export {
  type NewNodeOptions,
  type ReadOptions,
  type RemoveWatchesOptions,
  ZooKeeper,
} from "./zookeeper.ts";
