/**
 * What tests on the machine without sockets ask, one function a request; and what came back, as
 * records. A request answers its xid, so that a test can look at the reply when it has come.
 */
import { utf8 } from "../../src/base/bytes.ts";
import type { Codec } from "../../src/jute/codec.ts";
import { record } from "../../src/jute/codec.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import * as client from "../../src/records/client.ts";
import { type Acl, OPEN_ACL, type Stat } from "../../src/records/data.ts";
import { type MultiOp, type MultiResult, readMultiResults } from "../../src/records/multi.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { MultiRequest } from "../../src/requests/multi.ts";
import type { WorldClient } from "./machine-world.ts";
import { decoded } from "./raw-session.ts";

export const Nothing = record({});

export type Wanted = {
  readonly data?: Uint8Array | null;
  readonly acl?: readonly Acl[] | null;
  readonly flags?: number;
};
export const creation = (path: string, wanted: Wanted = {}): client.CreateRequest => ({
  path,
  data: null,
  acl: OPEN_ACL,
  flags: 0,
  ...wanted,
});

export const create = (at: WorldClient, path: string, wanted: Wanted = {}): number =>
  at.ask(OpCode.create, client.CreateRequest, creation(path, wanted));
export const create2 = (at: WorldClient, path: string, wanted: Wanted = {}): number =>
  at.ask(OpCode.create2, client.CreateRequest, creation(path, wanted));
export const createContainer = (at: WorldClient, path: string, flags = 4): number =>
  at.ask(OpCode.createContainer, client.CreateRequest, creation(path, { flags }));
export const createTtl = (at: WorldClient, path: string, flags: number, ttl: bigint): number =>
  at.ask(OpCode.createTTL, client.CreateTTLRequest, { ...creation(path, { flags }), ttl });
export const remove = (at: WorldClient, path: string, version = -1): number =>
  at.ask(OpCode.delete, client.DeleteRequest, { path, version });
export const setData = (
  at: WorldClient,
  path: string,
  data: Uint8Array | null = null,
  version = -1,
): number => at.ask(OpCode.setData, client.SetDataRequest, { path, data, version });
export const setAcl = (
  at: WorldClient,
  path: string,
  acl: readonly Acl[] | null,
  version = -1,
): number => at.ask(OpCode.setACL, client.SetACLRequest, { path, acl, version });
export const multi = (at: WorldClient, ops: readonly MultiOp[]): number =>
  at.ask(OpCode.multi, MultiRequest, ops);
export const multiRead = (at: WorldClient, ops: readonly MultiOp[]): number =>
  at.ask(OpCode.multiRead, MultiRequest, ops);

/** exists, getData, getChildren or getChildren2. */
export const read = (at: WorldClient, code: number, path: string, watch = false): number =>
  at.ask(code, client.ReadRequest, { path, watch });
export const exists = (at: WorldClient, path: string, watch = false): number =>
  read(at, OpCode.exists, path, watch);
export const getData = (at: WorldClient, path: string, watch = false): number =>
  read(at, OpCode.getData, path, watch);
export const getChildren = (at: WorldClient, path: string, watch = false): number =>
  read(at, OpCode.getChildren, path, watch);
/** getACL, sync or getAllChildrenNumber. */
export const askPath = (at: WorldClient, code: number, path: string): number =>
  at.ask(code, client.PathRequest, { path });
export const addWatch = (at: WorldClient, path: string, mode: number): number =>
  at.ask(OpCode.addWatch, client.AddWatchRequest, { path, mode });
export const watcher = (at: WorldClient, code: number, path: string, type: number): number =>
  at.ask(code, client.WatcherRequest, { path, type });
export const auth = (at: WorldClient, text: string, scheme = "digest"): number =>
  at.ask(OpCode.auth, client.AuthPacket, { type: 0, scheme, auth: utf8(text) });
export const bare = (at: WorldClient, code: number): number => at.ask(code, Nothing, {});

/** The body of the reply to `xid`, which carries no error. */
export function bodyOf<T>(at: WorldClient, xid: number, codec: Codec<T>): T {
  const { header, body } = at.reply(xid);
  if (header.err !== 0) throw new Error(`request ${xid} failed with ${header.err}`);
  return decoded(codec, body);
}
export const statOf = (at: WorldClient, path: string): Stat =>
  bodyOf(at, exists(at, path), client.StatResponse).stat;
export const dataOf = (at: WorldClient, path: string): Uint8Array | null =>
  bodyOf(at, getData(at, path), client.GetDataResponse).data;
export const childrenOf = (at: WorldClient, path: string): readonly string[] =>
  [...bodyOf(at, getChildren(at, path), client.GetChildrenResponse).children].sort();
export const aclOf = (at: WorldClient, path: string): readonly Acl[] =>
  bodyOf(at, askPath(at, OpCode.getACL, path), client.GetACLResponse).acl;
export const resultsOf = (at: WorldClient, xid: number): readonly MultiResult[] =>
  readMultiResults(new JuteReader(at.reply(xid).body));

/** The events that have come since the last time, as `<type> <path>`; forgets all that came. */
export function heard(at: WorldClient): readonly string[] {
  const events = at.story.filter((line) => line.startsWith("event "));
  at.came.length = 0;
  return events.map((line) => line.slice("event ".length));
}
