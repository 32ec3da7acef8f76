/**
 * The frames around the elements of multi and multiRead, requests and results. From: specification
 * 1.3.
 *
 *   request   MultiHeader(type, false, -1) record ... MultiHeader(-1, true, -1)
 *   response  MultiHeader(type, false, err) body  ... MultiHeader(-1, true, -1)
 */
import { ProtocolError } from "../base/errors.ts";
import { bool, type Codec, int, type Of, record } from "../jute/codec.ts";
import type { JuteReader } from "../jute/reader.ts";
import type { JuteWriter } from "../jute/writer.ts";
import {
  CheckVersionRequest,
  Create2Response,
  CreateRequest,
  CreateResponse,
  CreateTTLRequest,
  DeleteRequest,
  ErrorResponse,
  GetChildrenResponse,
  GetDataResponse,
  ReadRequest,
  SetDataRequest,
  StatResponse,
} from "./client.ts";
import type { Stat } from "./data.ts";
import { OpCode } from "./op-codes.ts";

const MultiHeader = record({ type: int, done: bool, err: int });
const END: Of<typeof MultiHeader> = { type: -1, done: true, err: -1 };

/** One element of a multi request. */
export type MultiOp =
  | { readonly kind: "create" | "create2" | "createContainer"; readonly request: CreateRequest }
  | { readonly kind: "createTTL"; readonly request: CreateTTLRequest }
  | { readonly kind: "delete"; readonly request: DeleteRequest }
  | { readonly kind: "setData"; readonly request: SetDataRequest }
  | { readonly kind: "check"; readonly request: CheckVersionRequest }
  | { readonly kind: "getData" | "getChildren"; readonly request: ReadRequest };
export type MultiOpKind = MultiOp["kind"];

const REQUESTS: Readonly<Record<MultiOpKind, Codec<unknown>>> = {
  create: CreateRequest,
  create2: CreateRequest,
  createContainer: CreateRequest,
  createTTL: CreateTTLRequest,
  delete: DeleteRequest,
  setData: SetDataRequest,
  check: CheckVersionRequest,
  getData: ReadRequest,
  getChildren: ReadRequest,
};

const kinds = new Map<number, MultiOpKind>(
  (Object.keys(REQUESTS) as MultiOpKind[]).map((kind) => [OpCode[kind], kind]),
);
const isRead = (kind: MultiOpKind): boolean => kind === "getData" || kind === "getChildren";

/**
 * Reads the elements of a multi (`reads` false) or multiRead (`reads` true) up to the end header.
 * Throws `ProtocolError` for a type that is not allowed there.
 */
export function readMultiOps(from: JuteReader, reads: boolean): readonly MultiOp[] {
  const ops: MultiOp[] = [];
  for (;;) {
    const header = MultiHeader.read(from);
    if (header.done) return ops;
    const kind = kinds.get(header.type);
    if (kind === undefined) throw new ProtocolError("UNKNOWN_TYPE", { type: header.type });
    if (isRead(kind) !== reads) throw new ProtocolError("MIXED_MULTI", { type: header.type });
    ops.push({ kind, request: REQUESTS[kind].read(from) } as MultiOp);
  }
}

export function writeMultiOps(to: JuteWriter, ops: readonly MultiOp[]): void {
  for (const op of ops) {
    MultiHeader.write(to, { type: OpCode[op.kind], done: false, err: -1 });
    REQUESTS[op.kind].write(to, op.request);
  }
  MultiHeader.write(to, END);
}

/** One element of a multi response. */
export type MultiResult =
  | { readonly kind: "create"; readonly path: string }
  | { readonly kind: "create2"; readonly path: string; readonly stat: Stat }
  | { readonly kind: "delete" | "check" }
  | { readonly kind: "setData"; readonly stat: Stat }
  | { readonly kind: "getData"; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly kind: "getChildren"; readonly children: readonly string[] }
  | { readonly kind: "error"; readonly err: number };

const NOTHING: Codec<object> = { bytesMin: 0, read: () => ({}), write: () => {} };
const RESULTS: Readonly<Record<MultiResult["kind"], Codec<unknown>>> = {
  create: CreateResponse,
  create2: Create2Response,
  delete: NOTHING,
  check: NOTHING,
  setData: StatResponse,
  getData: GetDataResponse,
  getChildren: GetChildrenResponse,
  error: ErrorResponse,
};
const resultKinds = new Map<number, MultiResult["kind"]>(
  (Object.keys(RESULTS) as MultiResult["kind"][]).map((kind) => [OpCode[kind], kind]),
);

export function readMultiResults(from: JuteReader): readonly MultiResult[] {
  const results: MultiResult[] = [];
  for (;;) {
    const header = MultiHeader.read(from);
    if (header.done) return results;
    const kind = resultKinds.get(header.type);
    if (kind === undefined) throw new ProtocolError("UNKNOWN_TYPE", { type: header.type });
    results.push({ kind, ...(RESULTS[kind].read(from) as object) } as MultiResult);
  }
}

export function writeMultiResults(to: JuteWriter, results: readonly MultiResult[]): void {
  for (const result of results) {
    const err = result.kind === "error" ? result.err : 0;
    MultiHeader.write(to, { type: OpCode[result.kind], done: false, err });
    RESULTS[result.kind].write(to, result);
  }
  MultiHeader.write(to, END);
}
