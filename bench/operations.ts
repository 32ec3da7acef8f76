/**
 * What a load asks for, an entry for each operation: the nodes that must be there, and the frames
 * that a connection sends, over and over.
 */
import {
  CreateRequest,
  DeleteRequest,
  ReadRequest,
  RequestHeader,
  SetDataRequest,
} from "../src/records/client.ts";
import { OPEN_ACL } from "../src/records/data.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { multiBody } from "../test/support/operations.ts";
import { encoded, frame } from "../test/support/raw-session.ts";
import { listPath, nodePath, type RequestsJob } from "./jobs.ts";

/** Sets of one multi. */
const MULTI_SETS = 10;
/** Children of the node that getChildren asks about, where a row does not tell. */
export const LIST_CHILDREN = 10;

export type Steady = {
  readonly kind: "steady";
  /** Nodes that each connection has for itself. */
  readonly nodesEach: number;
  /** The requests of connection `index`, one after the other and from the start again. */
  frames(job: RequestsJob, index: number): readonly Uint8Array[];
};
/**
 * Creates and deletes in turn, so that there is always something to create or to delete; the
 * measured time is that of one of the two.
 */
export type Cycle = { readonly kind: "cycle"; readonly measured: "create" | "delete" };

const request = (type: number, body: Uint8Array): Uint8Array =>
  frame(encoded(RequestHeader, { xid: 1, type }), body);

const read = (type: number, path: string): Uint8Array =>
  request(type, encoded(ReadRequest, { path, watch: false }));
const get = (_job: RequestsJob, index: number): Uint8Array => read(OpCode.getData, nodePath(index));
const set = ({ dataBytes }: RequestsJob, index: number): Uint8Array => {
  const data = new Uint8Array(dataBytes).fill(0x64);
  return request(
    OpCode.setData,
    encoded(SetDataRequest, { path: nodePath(index), data, version: -1 }),
  );
};

function multi({ dataBytes }: RequestsJob, index: number): Uint8Array {
  const data = new Uint8Array(dataBytes).fill(0x65);
  const sets = Array.from({ length: MULTI_SETS }, (_, at) => ({
    kind: "setData" as const,
    request: { path: nodePath(index * MULTI_SETS + at), data, version: -1 },
  }));
  return request(OpCode.multi, multiBody(sets));
}

/** `pattern` has a letter for each request, g or s. Connections start at different ones. */
const mix = (pattern: string): Steady => ({
  kind: "steady",
  nodesEach: 1,
  frames(job, index) {
    const at = index % pattern.length;
    const turned = pattern.slice(at) + pattern.slice(0, at);
    const of = { g: get(job, index), s: set(job, index) };
    return [...turned].map((letter) => of[letter as "g" | "s"]);
  },
});

const alone = (one: (job: RequestsJob, index: number) => Uint8Array, nodesEach = 1): Steady => ({
  kind: "steady",
  nodesEach,
  frames: (job, index) => [one(job, index)],
});

export const OPERATIONS = {
  get: alone(get),
  exists: alone((_, index) => read(OpCode.exists, nodePath(index))),
  getChildren: alone(
    ({ children = LIST_CHILDREN }) => read(OpCode.getChildren, listPath(children)),
    0,
  ),
  set: alone(set),
  create: { kind: "cycle", measured: "create" },
  delete: { kind: "cycle", measured: "delete" },
  multi: alone(multi, MULTI_SETS),
  "mix 90/10": mix("gggggggggs"),
  "mix 70/30": mix("ggsggsgggs"),
} as const satisfies Readonly<Record<string, Steady | Cycle>>;
export type Operation = keyof typeof OPERATIONS;
export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly Operation[];

/** Digits at the end of the path of a node that is created or deleted. */
const NUMBER_DIGITS = 10;
/** Where the path starts in a frame: length, xid, type, length of the path. */
const PATH_AT = 16;

/** Frames that differ in the number of their node alone. */
export class NumberedFrames {
  private readonly template: Uint8Array;
  private readonly numberAt: number;

  constructor(kind: "create" | "delete", folder: string, dataBytes: number) {
    const path = `${folder}/${"0".repeat(NUMBER_DIGITS)}`;
    const data = new Uint8Array(dataBytes).fill(0x66);
    this.template =
      kind === "create"
        ? request(OpCode.create, encoded(CreateRequest, { path, data, acl: OPEN_ACL, flags: 0 }))
        : request(OpCode.delete, encoded(DeleteRequest, { path, version: -1 }));
    this.numberAt = PATH_AT + folder.length + 1;
  }

  /** The frames of the `count` nodes from `first` on. The caller owns the bytes. */
  of(first: number, count: number): Uint8Array {
    const size = this.template.length;
    const bytes = Buffer.allocUnsafe(size * count);
    for (let at = 0; at < count; at++) {
      bytes.set(this.template, at * size);
      let number = first + at;
      for (let digit = NUMBER_DIGITS - 1; digit >= 0; digit--) {
        bytes[at * size + this.numberAt + digit] = 0x30 + (number % 10);
        number = Math.floor(number / 10);
      }
    }
    return bytes;
  }
}
