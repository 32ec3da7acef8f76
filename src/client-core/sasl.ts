/**
 * The SASL exchange of a connection: tokens of a mechanism, which others know, as the protocol
 * carries them. From: specification 2.5; reference `ZooKeeperSaslClient`.
 */
import { ProtocolError } from "../base/errors.ts";
import type { Millis } from "../base/ids.ts";
import type { JuteReader } from "../jute/reader.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { GetSASLRequest, SetSASLResponse } from "../records/client.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { beginFrame, endFrame } from "./calls.ts";
import type { Host } from "./connect-string.ts";

/** What a mechanism says next. */
export type SaslAnswer =
  | { readonly kind: "token"; readonly token: Uint8Array }
  /** Nothing more: the server has been told all, and has proved what the mechanism asks for. */
  | { readonly kind: "done" }
  /** `reason` is in words. */
  | { readonly kind: "failed"; readonly reason: string };

/** A connection whose client proves who it is. Nothing else is sent meanwhile. */
export type Proving = {
  readonly kind: "proving";
  readonly until: Millis;
  readonly host: Host;
  /** What the server said of itself when it greeted. */
  readonly readOnly: boolean;
  /** True while the next word is the server's. */
  readonly asked: boolean;
};

/** Of ordinary requests, none has this one. Servers of 3.4 answer with it whatever the request's. */
const SASL_XID = 0;

export function writeToken(to: JuteWriter, token: Uint8Array): void {
  const start = to.at;
  beginFrame(to, SASL_XID, OpCode.sasl);
  GetSASLRequest.write(to, { token });
  endFrame(to, start);
}

/** What the server says to a token: its challenge, empty where it has none, or its refusal. */
export function readChallenge(
  link: Proving,
  err: number,
  from: JuteReader,
): Uint8Array | { readonly refusal: string } {
  if (!link.asked) throw new ProtocolError("BAD_VALUE", { unaskedChallenge: true });
  if (err === ErrorCode.AuthFailed) return { refusal: "SASL: the server refused the proof" };
  if (err !== ErrorCode.Ok) return { refusal: `SASL: the server answered with error ${err}` };
  return new Uint8Array(SetSASLResponse.read(from).token ?? []);
}
