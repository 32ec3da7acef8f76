/**
 * Records of the client protocol, in the order of specification 1.3. A name ends in Request or
 * Response where the same record is meant for one direction.
 *
 * Paths and watch lists refuse null here: the reference answers such a request with
 * MarshallingError.
 */
import type { SessionId, Zxid } from "../base/ids.ts";
import {
  bool,
  bufferOrNull,
  int,
  long,
  type Of,
  optionalBool,
  record,
  ustring,
  ustringOrNull,
  vector,
  vectorOrNull,
} from "../jute/codec.ts";
import { Acl, ClientInfo, NewData, Stat } from "./data.ts";

export const ConnectRequest = record({
  protocolVersion: int,
  lastZxidSeen: long<Zxid>(),
  timeoutMs: int,
  sessionId: long<SessionId>(),
  password: bufferOrNull,
  readOnly: optionalBool,
});
export type ConnectRequest = Of<typeof ConnectRequest>;

export const ConnectResponse = record({
  protocolVersion: int,
  timeoutMs: int,
  sessionId: long<SessionId>(),
  password: bufferOrNull,
  readOnly: optionalBool,
});
export type ConnectResponse = Of<typeof ConnectResponse>;

export const RequestHeader = record({ xid: int, type: int });
export const REQUEST_HEADER_BYTES = 8;
export const ReplyHeader = record({ xid: int, zxid: long<Zxid>(), err: int });
export const REPLY_HEADER_BYTES = 16;
export type ReplyHeader = Of<typeof ReplyHeader>;

export const WatcherEvent = record({ type: int, state: int, path: ustring });
export type WatcherEvent = Of<typeof WatcherEvent>;

export const AuthPacket = record({ type: int, scheme: ustringOrNull, auth: bufferOrNull });
export type AuthPacket = Of<typeof AuthPacket>;
export const GetSASLRequest = record({ token: bufferOrNull });
export const SetSASLResponse = record({ token: bufferOrNull });

export const CreateRequest = record({
  path: ustring,
  data: bufferOrNull,
  acl: vectorOrNull(Acl),
  flags: int,
});
export type CreateRequest = Of<typeof CreateRequest>;
export const CreateTTLRequest = record({
  path: ustring,
  data: bufferOrNull,
  acl: vectorOrNull(Acl),
  flags: int,
  ttl: long(),
});
export type CreateTTLRequest = Of<typeof CreateTTLRequest>;
export const DeleteRequest = record({ path: ustring, version: int });
export type DeleteRequest = Of<typeof DeleteRequest>;
/** exists, getData, getChildren and getChildren2. */
export const ReadRequest = record({ path: ustring, watch: bool });
export type ReadRequest = Of<typeof ReadRequest>;
export const SetDataRequest = NewData;
export type SetDataRequest = NewData;
/** getACL, sync and getAllChildrenNumber. */
export const PathRequest = record({ path: ustring });
export type PathRequest = Of<typeof PathRequest>;
export const SetACLRequest = record({ path: ustring, acl: vectorOrNull(Acl), version: int });
export type SetACLRequest = Of<typeof SetACLRequest>;
export const CheckVersionRequest = record({ path: ustring, version: int });
export type CheckVersionRequest = Of<typeof CheckVersionRequest>;
export const SetWatchesRequest = record({
  relativeZxid: long<Zxid>(),
  data: vector(ustring),
  exist: vector(ustring),
  child: vector(ustring),
});
export type SetWatchesRequest = Of<typeof SetWatchesRequest>;
export const SetWatches2Request = record({
  relativeZxid: long<Zxid>(),
  data: vector(ustring),
  exist: vector(ustring),
  child: vector(ustring),
  persistent: vector(ustring),
  persistentRecursive: vector(ustring),
});
export type SetWatches2Request = Of<typeof SetWatches2Request>;
export const AddWatchRequest = record({ path: ustring, mode: int });
export type AddWatchRequest = Of<typeof AddWatchRequest>;
/** checkWatches and removeWatches. */
export const WatcherRequest = record({ path: ustring, type: int });
export type WatcherRequest = Of<typeof WatcherRequest>;
export const GetEphemeralsRequest = record({ prefixPath: ustringOrNull });
export const ReconfigRequest = record({
  joiningServers: ustringOrNull,
  leavingServers: ustringOrNull,
  newMembers: ustringOrNull,
  curConfigId: long<Zxid>(),
});

export const CreateResponse = record({ path: ustring });
export const Create2Response = record({ path: ustring, stat: Stat });
/** exists, setData and setACL. */
export const StatResponse = record({ stat: Stat });
/** getData and reconfig. */
export const GetDataResponse = record({ data: bufferOrNull, stat: Stat });
export const GetChildrenResponse = record({ children: vector(ustring) });
export const GetChildren2Response = record({ children: vector(ustring), stat: Stat });
export const GetACLResponse = record({ acl: vector(Acl), stat: Stat });
export const SyncResponse = record({ path: ustring });
export const GetAllChildrenNumberResponse = record({ totalNumber: int });
export const GetEphemeralsResponse = record({ ephemerals: vector(ustring) });
export const WhoAmIResponse = record({ clientInfo: vector(ClientInfo) });
/** The reply body of addWatch (always 0), and an error among the results of a multi. */
export const ErrorResponse = record({ err: int });
