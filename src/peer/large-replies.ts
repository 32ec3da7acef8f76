/**
 * Replies that a client cannot take: longer than its jute.maxbuffer. A Java client then drops the
 * connection, comes back, and asks the same again, for ever. It is sent what the reference sends,
 * and the operator is told: which path, how large, and what to do (docs/limits.md).
 *
 * What a client's own limit is nobody here knows: the server's is compared with, which is the same
 * unless somebody set it.
 */
import { ProtocolError } from "../base/errors.ts";
import type { SessionId } from "../base/ids.ts";
import type { Counter } from "../base/metrics.ts";
import { JuteReader } from "../jute/reader.ts";
import { describeOp } from "../records/op-codes.ts";
import type { Note } from "./io.ts";

export type LargeReply = {
  readonly session: SessionId;
  readonly code: number;
  /** Length of the reply's frame. */
  readonly bytes: number;
  readonly path: string | undefined;
};

export class LargeReplies {
  /** A longer frame is one that clients drop, in bytes. */
  readonly bytesMax: number;
  private readonly count: Counter;
  private readonly note: (note: Note) => void;

  constructor(bytesMax: number, count: Counter, note: (note: Note) => void) {
    this.bytesMax = bytesMax;
    this.count = count;
    this.note = note;
  }

  tell({ session, code, bytes, path }: LargeReply): void {
    this.count.add();
    const about = {
      operation: describeOp(code),
      ...(path === undefined ? {} : { path }),
      ...{ bytes, limit: this.bytesMax, session },
      remedy: "raise -Djute.maxbuffer at the client, or split the node: docs/limits.md",
    };
    this.note({ level: "warn", event: "a reply is larger than a client's jute.maxbuffer", about });
  }
}

/** The path at `bytes[start, end)`; undefined where there is none. */
export function pathIn(bytes: Uint8Array, start: number, end: number): string | undefined {
  try {
    return new JuteReader(bytes, start, end).ustring() ?? undefined;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return undefined;
  }
}

/** The path that a write names; of a multi, the first one. */
export function pathOf(request: unknown): string | undefined {
  const first: unknown = Array.isArray(request) ? request[0] : request;
  if (typeof first !== "object" || first === null) return undefined;
  if ("path" in first && typeof first.path === "string") return first.path;
  return "request" in first ? pathOf(first.request) : undefined;
}
