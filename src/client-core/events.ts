/**
 * What watchers are told, in words instead of the protocol's numbers. The names are the
 * reference's.
 */

import { ProtocolError } from "../base/errors.ts";
import type { Zxid } from "../base/ids.ts";
import { EventType, KeeperState } from "../records/constants.ts";

/**
 * What has happened. `None` is about the session and not about a node; the `...Removed` ones tell
 * that a watch was taken away.
 * @example const type: EventTypeName = "NodeDataChanged";
 */
export type EventTypeName =
  | "None"
  | "NodeCreated"
  | "NodeDeleted"
  | "NodeDataChanged"
  | "NodeChildrenChanged"
  | "DataWatchRemoved"
  | "ChildWatchRemoved"
  | "PersistentWatchRemoved";

/**
 * The session's state, as events tell it. `SyncConnected` is the ordinary one.
 * @example const state: KeeperStateName = "SyncConnected";
 */
export type KeeperStateName =
  | "Disconnected"
  | "SyncConnected"
  | "AuthFailed"
  | "ConnectedReadOnly"
  | "SaslAuthenticated"
  | "Closed"
  | "Expired";

/**
 * What a watcher is told.
 * @example const isAbout = (event: WatchedEvent, path: string): boolean => event.path === path;
 */
export type WatchedEvent = {
  /** `None`: the session's state changed; every watcher is told. */
  readonly type: EventTypeName;
  readonly state: KeeperStateName;
  /** The caller's path; null where the type is `None`. */
  readonly path: string | null;
  /** The transaction that caused the event, where the server tells it (3.9 and later). */
  readonly zxid: Zxid | undefined;
};

const types: ReadonlyMap<number, EventTypeName> = new Map([
  [EventType.none, "None"],
  [EventType.nodeCreated, "NodeCreated"],
  [EventType.nodeDeleted, "NodeDeleted"],
  [EventType.nodeDataChanged, "NodeDataChanged"],
  [EventType.nodeChildrenChanged, "NodeChildrenChanged"],
  [EventType.dataWatchRemoved, "DataWatchRemoved"],
  [EventType.childWatchRemoved, "ChildWatchRemoved"],
  [EventType.persistentWatchRemoved, "PersistentWatchRemoved"],
]);

const states: ReadonlyMap<number, KeeperStateName> = new Map([
  [KeeperState.disconnected, "Disconnected"],
  [KeeperState.syncConnected, "SyncConnected"],
  [KeeperState.authFailed, "AuthFailed"],
  [KeeperState.connectedReadOnly, "ConnectedReadOnly"],
  [KeeperState.saslAuthenticated, "SaslAuthenticated"],
  [KeeperState.closed, "Closed"],
  [KeeperState.expired, "Expired"],
]);

/** Throws `ProtocolError` for a number that names no event type. */
export function eventTypeName(type: number): EventTypeName {
  const name = types.get(type);
  if (name === undefined) throw new ProtocolError("BAD_VALUE", { eventType: type });
  return name;
}

/** Throws `ProtocolError` for a number that names no state. */
export function keeperStateName(state: number): KeeperStateName {
  const name = states.get(state);
  if (name === undefined) throw new ProtocolError("BAD_VALUE", { keeperState: state });
  return name;
}

export const sessionEvent = (state: KeeperStateName): WatchedEvent => ({
  type: "None",
  state,
  path: null,
  zxid: undefined,
});

/**
 * One line, as the reference prints events.
 * @example await zk.exists("/config", { watch: (event) => console.log(describeEvent(event)) });
 */
export const describeEvent = (event: WatchedEvent): string =>
  `WatchedEvent state:${event.state} type:${event.type} path:${event.path}`;
