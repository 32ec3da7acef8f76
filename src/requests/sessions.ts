/**
 * The two transactions that begin and end a session. createSession comes from a handshake, never as
 * a client's request; closeSession from a client or from expiry. From: specification 2.2, 2.3,
 * 2.10.
 */
import { record } from "../jute/codec.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { noBody, read, write } from "./operation.ts";

/** The end of a local session: nobody but this server has to hear of it. */
const closeLocalSession = read({
  code: OpCode.closeSession,
  neverLate: true,
  endsSession: true,
  answer: () => ErrorCode.Ok,
});

export const closeSession = write<object>({
  code: OpCode.closeSession,
  neverLate: true,
  endsSession: true,
  whenLocal: closeLocalSession,
  body: record({}),
  prepare: ({ view, header }) => ({
    kind: "closeSession",
    paths: view.ephemeralsOf(header.clientId),
  }),
  reply: noBody,
});
