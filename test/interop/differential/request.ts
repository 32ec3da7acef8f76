/** One request of a script: its bytes, what it is called, and what it closes to others. */
import type { Codec } from "../../../src/jute/codec.ts";
import type { Acl } from "../../../src/records/data.ts";
import type { MultiOp } from "../../../src/records/multi.ts";
import { OpCode, type OpName } from "../../../src/records/op-codes.ts";
import { canonical, multiBody } from "../../support/operations.ts";
import { encoded } from "../../support/raw-session.ts";
import { isReadable } from "./paths.ts";

export type Request = {
  readonly type: number;
  /** `zxids[n]` is the last zxid after step n on the server that is asked. */
  readonly body: (zxids: readonly bigint[]) => Uint8Array;
  readonly text: string;
  /** Paths that not everybody may read, if this request succeeds. */
  readonly restricts: readonly string[];
};

export const built = (
  type: number,
  body: Uint8Array,
  text: string,
  restricts: readonly string[] = [],
): Request => ({ type, body: () => body, text, restricts });

export function made<T>(
  name: OpName,
  codec: Codec<T>,
  value: T,
  restricts: readonly string[] = [],
): Request {
  return built(OpCode[name], encoded(codec, value), `${name} ${canonical(value)}`, restricts);
}

export function madeMulti(ops: readonly MultiOp[]): Request {
  const restricts = ops.flatMap((op) =>
    "acl" in op.request ? restricted(op.request.path, op.request.acl) : [],
  );
  return built(OpCode.multi, multiBody(ops), `multi ${canonical(ops)}`, restricts);
}

/** Paths whose readers are fewer than all, once `acl` is theirs. */
export function restricted(path: string, acl: readonly Acl[] | null): readonly string[] {
  if (isReadable(acl)) return [];
  // A sequential node's own name is not known here: the names of the pool stand for it.
  return path.endsWith("/s-") ? [0, 1, 2].map((n) => `${path}000000000${n}`) : [path];
}
