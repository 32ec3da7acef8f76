/**
 * Requests as calls on a raw session, and every reply body in a printable form. For tests that ask
 * plain questions; what is measured or malformed on purpose is built by hand.
 */
import { hexOf } from "../../src/base/bytes.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import {
  Create2Response,
  CreateRequest,
  CreateResponse,
  CreateTTLRequest,
  DeleteRequest,
  ErrorResponse,
  GetACLResponse,
  GetAllChildrenNumberResponse,
  GetChildren2Response,
  GetChildrenResponse,
  GetDataResponse,
  GetEphemeralsResponse,
  PathRequest,
  ReadRequest,
  SetACLRequest,
  SetDataRequest,
  StatResponse,
  SyncResponse,
  WhoAmIResponse,
} from "../../src/records/client.ts";
import type { Acl } from "../../src/records/data.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import { type MultiOp, readMultiResults, writeMultiOps } from "../../src/records/multi.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { encoded, type RawSession, type Reply } from "./raw-session.ts";

/** The server answered with an error where the test counted on success. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}

/** A reply that must carry no error. */
export async function granted(what: string, answer: Promise<Reply>): Promise<Reply> {
  const reply = await answer;
  if (reply.err !== 0) throw new RefusedError(`${what}: ${reply.err}`);
  return reply;
}

export const create = (
  session: RawSession,
  path: string,
  data: Uint8Array | null,
  flags = 0,
  acl: readonly Acl[] | null = OPEN_ACL,
): Promise<Reply> =>
  session.request(OpCode.create, encoded(CreateRequest, { path, data, acl, flags }));

export const createTtl = (session: RawSession, path: string, flags: number, ttl: bigint) =>
  session.request(
    OpCode.createTTL,
    encoded(CreateTTLRequest, { path, data: null, acl: OPEN_ACL, flags, ttl }),
  );

export const setData = (session: RawSession, path: string, data: Uint8Array | null, version = -1) =>
  session.request(OpCode.setData, encoded(SetDataRequest, { path, data, version }));

export const remove = (session: RawSession, path: string, version = -1) =>
  session.request(OpCode.delete, encoded(DeleteRequest, { path, version }));

export const setAcl = (session: RawSession, path: string, acl: readonly Acl[], version = -1) =>
  session.request(OpCode.setACL, encoded(SetACLRequest, { path, acl, version }));

export const read = (session: RawSession, type: number, path: string, watch = false) =>
  session.request(type, encoded(ReadRequest, { path, watch }));

export const ask = (session: RawSession, type: number, path: string) =>
  session.request(type, encoded(PathRequest, { path }));

export function multiBody(ops: readonly MultiOp[]): Uint8Array {
  const writer = new JuteWriter();
  writeMultiOps(writer, ops);
  return writer.taken();
}
export const multi = (session: RawSession, ops: readonly MultiOp[]): Promise<Reply> =>
  session.request(OpCode.multi, multiBody(ops));

const NOTHING = { read: () => null };
const MULTI = { read: readMultiResults };
const BODIES: Readonly<Record<number, { read(from: JuteReader): unknown }>> = {
  [OpCode.create]: CreateResponse,
  [OpCode.create2]: Create2Response,
  [OpCode.createContainer]: Create2Response,
  [OpCode.createTTL]: Create2Response,
  [OpCode.delete]: NOTHING,
  [OpCode.exists]: StatResponse,
  [OpCode.getData]: GetDataResponse,
  [OpCode.setData]: StatResponse,
  [OpCode.getACL]: GetACLResponse,
  [OpCode.setACL]: StatResponse,
  [OpCode.getChildren]: GetChildrenResponse,
  [OpCode.getChildren2]: GetChildren2Response,
  [OpCode.sync]: SyncResponse,
  [OpCode.multi]: MULTI,
  [OpCode.multiRead]: MULTI,
  [OpCode.getEphemerals]: GetEphemeralsResponse,
  [OpCode.getAllChildrenNumber]: GetAllChildrenNumberResponse,
  [OpCode.whoAmI]: WhoAmIResponse,
  [OpCode.addWatch]: ErrorResponse,
};

/**
 * The body of a reply to operation `type`: the record, with `trailing` when bytes follow it that
 * do not belong there. Operations without a body give null.
 */
export function readBody(type: number, reply: Reply): unknown {
  if (reply.err !== 0) return reply.body.length === 0 ? null : { trailing: hexOf(reply.body) };
  const reader = new JuteReader(reply.body);
  const record = (BODIES[type] ?? NOTHING).read(reader);
  if (reader.remaining === 0) return record;
  return { record, trailing: hexOf(reply.body.subarray(reader.at)) };
}

/**
 * `value` as JSON with its keys in order: 64-bit numbers as hexadecimal, bytes as `hex:...`. What
 * `map` answers for a key replaces the value below it.
 */
export function canonical(
  value: unknown,
  map: (key: string, value: unknown) => unknown = (_, it) => it,
): string {
  return JSON.stringify(plain("", value, map));
}

function plain(key: string, raw: unknown, map: (key: string, value: unknown) => unknown): unknown {
  const value = map(key, raw);
  if (typeof value === "bigint") return `0x${BigInt.asUintN(64, value).toString(16)}`;
  if (value instanceof Uint8Array) return `hex:${hexOf(value)}`;
  if (Array.isArray(value)) return value.map((element) => plain(key, element, map));
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, plain(name, inner, map)]));
}
