/**
 * The two transactions that begin and end a session. createSession comes from a handshake, never as
 * a client's request; closeSession from a client or from expiry. From: specification 2.2, 2.3,
 * 2.10.
 */
import { record } from "../jute/codec.ts";
import { OpCode } from "../records/op-codes.ts";
import { noBody, write } from "./operation.ts";

export const closeSession = write<object>({
  code: OpCode.closeSession,
  neverLate: true,
  endsSession: true,
  body: record({}),
  prepare: ({ view, header }) => ({
    kind: "closeSession",
    paths: view.ephemeralsOf(header.clientId),
  }),
  reply: noBody,
});
