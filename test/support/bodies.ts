/** The codecs of all request and reply bodies, by operation code. From: specification 1.3. */
import { type Codec, record } from "../../src/jute/codec.ts";
import * as client from "../../src/records/client.ts";
import {
  readMultiOps,
  readMultiResults,
  writeMultiOps,
  writeMultiResults,
} from "../../src/records/multi.ts";
import { OpCode } from "../../src/records/op-codes.ts";

/** The body of requests and replies that have none. */
export const NOTHING: Codec<unknown> = record({});
const multiOf = (reads: boolean): Codec<unknown> => ({
  bytesMin: 9,
  read: (from) => readMultiOps(from, reads),
  write: (to, ops) => writeMultiOps(to, ops as ReturnType<typeof readMultiOps>),
});
const multiResults: Codec<unknown> = {
  bytesMin: 9,
  read: readMultiResults,
  write: (to, results) => writeMultiResults(to, results as ReturnType<typeof readMultiResults>),
};

type Bodies = readonly [request: Codec<unknown>, response: Codec<unknown>];
export const BODIES: ReadonlyMap<number, Bodies> = new Map<number, Bodies>([
  [OpCode.create, [client.CreateRequest, client.CreateResponse]],
  [OpCode.create2, [client.CreateRequest, client.Create2Response]],
  [OpCode.createContainer, [client.CreateRequest, client.Create2Response]],
  [OpCode.createTTL, [client.CreateTTLRequest, client.Create2Response]],
  [OpCode.delete, [client.DeleteRequest, NOTHING]],
  [OpCode.exists, [client.ReadRequest, client.StatResponse]],
  [OpCode.getData, [client.ReadRequest, client.GetDataResponse]],
  [OpCode.setData, [client.SetDataRequest, client.StatResponse]],
  [OpCode.getACL, [client.PathRequest, client.GetACLResponse]],
  [OpCode.setACL, [client.SetACLRequest, client.StatResponse]],
  [OpCode.getChildren, [client.ReadRequest, client.GetChildrenResponse]],
  [OpCode.getChildren2, [client.ReadRequest, client.GetChildren2Response]],
  [OpCode.sync, [client.PathRequest, client.SyncResponse]],
  [OpCode.ping, [NOTHING, NOTHING]],
  // Only 3.8.0 takes it outside a multi, as this capture shows; Quoll refuses it (divergences).
  [OpCode.check, [client.CheckVersionRequest, NOTHING]],
  [OpCode.multi, [multiOf(false), multiResults]],
  [OpCode.multiRead, [multiOf(true), multiResults]],
  [OpCode.reconfig, [client.ReconfigRequest, client.GetDataResponse]],
  [OpCode.checkWatches, [client.WatcherRequest, NOTHING]],
  [OpCode.removeWatches, [client.WatcherRequest, NOTHING]],
  [OpCode.auth, [client.AuthPacket, NOTHING]],
  [OpCode.sasl, [client.GetSASLRequest, client.SetSASLResponse]],
  [OpCode.setWatches, [client.SetWatchesRequest, NOTHING]],
  [OpCode.setWatches2, [client.SetWatches2Request, NOTHING]],
  [OpCode.addWatch, [client.AddWatchRequest, client.ErrorResponse]],
  [OpCode.getEphemerals, [client.GetEphemeralsRequest, client.GetEphemeralsResponse]],
  [OpCode.getAllChildrenNumber, [client.PathRequest, client.GetAllChildrenNumberResponse]],
  [OpCode.whoAmI, [NOTHING, client.WhoAmIResponse]],
  [OpCode.closeSession, [NOTHING, NOTHING]],
]);
