/**
 * What a reply means to the one who asked: its value, or a refusal in its header or in its body.
 */
import type { JuteReader } from "../jute/reader.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { rootOf } from "./calls.ts";
import type { Chroot } from "./chroot.ts";
import type { Call, Outcome } from "./protocol.ts";

/** Throws `ProtocolError` when the body is not what the operation answers. */
export function replyOutcome<T, W>(
  call: Call<T, W>,
  err: number,
  from: JuteReader,
  chroot: Chroot,
): Outcome {
  const { operation } = call;
  if (err === ErrorCode.NoNode && operation.noNode !== undefined) {
    return { kind: "done", reply: operation.noNode.reply };
  }
  if (err !== ErrorCode.Ok) return { kind: "failed", err, sent: true };
  const reply = operation.read(from, rootOf(call, chroot));
  const refused = operation.refusal?.(reply);
  if (refused === undefined) return { kind: "done", reply };
  const path = operation.elementPath?.(call.request, refused.index);
  return {
    kind: "failed",
    err: refused.err,
    sent: true,
    element: { index: refused.index, path, reply },
  };
}

/** Why a call failed without a reply of its own; `detail` ends a sentence. */
export type Failure = { readonly err: number; readonly sent: boolean; readonly detail?: string };
export const LOST: Failure = { err: ErrorCode.ConnectionLoss, sent: true };

/** The states that nothing leads out of, and what watchers are told then. */
export const ENDS = { AUTH_FAILED: "AuthFailed", EXPIRED: "Expired", CLOSED: "Closed" } as const;
export type EndState = keyof typeof ENDS;
