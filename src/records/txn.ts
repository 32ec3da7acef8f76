/**
 * Transactions: what stands in the log, travels in proposals and is applied to the tree.
 *
 *   entry = TxnHeader, body, [TxnDigest]        specification 1.4
 *
 * `version` fields hold the value after the operation; `parentCversion` is the parent's new stored
 * cversion, or -1 where an old log does not tell it.
 */
import { ProtocolError } from "../base/errors.ts";
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import {
  bool,
  bufferOrNull,
  type Codec,
  int,
  long,
  millis,
  type Of,
  record,
  ustring,
  vector,
} from "../jute/codec.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { Acl, NewData } from "./data.ts";
import { OpCode } from "./op-codes.ts";

export type TxnHeader = {
  readonly clientId: SessionId;
  readonly cxid: number;
  readonly zxid: Zxid;
  readonly time: Millis;
};

const CreateTxn = record({
  path: ustring,
  data: bufferOrNull,
  acl: vector(Acl),
  ephemeral: bool,
  parentCversion: int,
});
const CreateContainerTxn = record({
  path: ustring,
  data: bufferOrNull,
  acl: vector(Acl),
  parentCversion: int,
});
const CreateTTLTxn = record({
  path: ustring,
  data: bufferOrNull,
  acl: vector(Acl),
  parentCversion: int,
  ttl: long(),
});
const DeleteTxn = record({ path: ustring });
const SetACLTxn = record({ path: ustring, acl: vector(Acl), version: int });
const CheckVersionTxn = record({ path: ustring, version: int });
const CreateSessionTxn = record({ timeoutMs: int });
const ErrorTxn = record({ err: int });

/** A transaction's body. The kind is the name of its operation code. */
export type Txn =
  | ({ readonly kind: "create" | "create2" } & Of<typeof CreateTxn>)
  | ({ readonly kind: "createContainer" } & Of<typeof CreateContainerTxn>)
  | ({ readonly kind: "createTTL" } & Of<typeof CreateTTLTxn>)
  | ({ readonly kind: "delete" | "deleteContainer" } & Of<typeof DeleteTxn>)
  | ({ readonly kind: "setData" | "reconfig" } & NewData)
  | ({ readonly kind: "setACL" } & Of<typeof SetACLTxn>)
  | ({ readonly kind: "check" } & Of<typeof CheckVersionTxn>)
  | ({ readonly kind: "createSession" } & Of<typeof CreateSessionTxn>)
  /** `paths` is null where the entry has no body: the session's ephemerals are found locally. */
  | { readonly kind: "closeSession"; readonly paths: readonly string[] | null }
  | ({ readonly kind: "error" } & Of<typeof ErrorTxn>)
  | { readonly kind: "multi"; readonly txns: readonly Txn[] };
export type TxnKind = Txn["kind"];

export type TxnDigest = { readonly version: number; readonly tree: bigint };
/** The version of the digest that this server computes (specification 6). */
export const DIGEST_VERSION = 2;
/** A digest behind the body of an entry: int version, long tree. */
export const DIGEST_BYTES = 12;

export type TxnEntry = {
  readonly header: TxnHeader;
  readonly txn: Txn;
  /** Absent on error transactions and where the writer had digests off. */
  readonly digest?: TxnDigest;
};

const PathList = vector(ustring);

const closeSession: Codec<{ readonly paths: readonly string[] | null }> = {
  bytesMin: 0,
  read: (from) => ({ paths: hasClosePaths(from) ? PathList.read(from) : null }),
  write(to, { paths }) {
    if (paths !== null) PathList.write(to, paths);
  },
};

/** Twelve bytes that begin with the digest's version are the digest of a bodiless closeSession. */
function hasClosePaths(from: JuteReader): boolean {
  if (from.remaining !== DIGEST_BYTES) return from.remaining > 0;
  const first = new JuteReader(from.bytes, from.at, from.end).int();
  return first !== DIGEST_VERSION;
}

/** Type 1, with or without the parent's cversion: old logs end before it. */
const createTolerant: Codec<Of<typeof CreateTxn>> = {
  bytesMin: CreateTxn.bytesMin - 4,
  read(from) {
    const path = ustring.read(from);
    const data = from.buffer();
    const acl = vector(Acl).read(from);
    const ephemeral = from.bool();
    return { path, data, acl, ephemeral, parentCversion: from.remaining >= 4 ? from.int() : -1 };
  },
  write: CreateTxn.write,
};

const multi: Codec<{ readonly txns: readonly Txn[] }> = {
  bytesMin: 4,
  read(from) {
    const count = from.count(8) ?? 0;
    const txns: Txn[] = [];
    for (let index = 0; index < count; index++) {
      const type = from.int();
      const body = from.buffer();
      if (body === null) throw new ProtocolError("UNEXPECTED_NULL", { type });
      // None is ever written, and a deep nest of them would be as deep a recursion.
      if (type === OpCode.multi) throw new ProtocolError("MIXED_MULTI", { type });
      txns.push(readTxn(type, new JuteReader(body)));
    }
    return { txns };
  },
  write(to, { txns }) {
    to.int(txns.length);
    const body = new JuteWriter();
    for (const txn of txns) {
      body.clear();
      writeTxn(body, txn);
      to.int(OpCode[txn.kind]);
      to.buffer(body.written());
    }
  },
};

const BODIES: Readonly<Record<TxnKind, Codec<unknown>>> = {
  create: createTolerant,
  create2: CreateTxn,
  createContainer: CreateContainerTxn,
  createTTL: CreateTTLTxn,
  delete: DeleteTxn,
  deleteContainer: DeleteTxn,
  setData: NewData,
  reconfig: NewData,
  setACL: SetACLTxn,
  check: CheckVersionTxn,
  createSession: CreateSessionTxn,
  closeSession,
  error: ErrorTxn,
  multi,
};
const kinds = new Map<number, TxnKind>(
  (Object.keys(BODIES) as TxnKind[]).map((kind) => [OpCode[kind], kind]),
);

/** Reads the body of a transaction of operation code `type`. */
function readTxn(type: number, from: JuteReader): Txn {
  // By hand: nearly all are of this kind, and a follower reads each.
  if (type === OpCode.setData) {
    const path = ustring.read(from);
    return { kind: "setData", path, data: from.buffer(), version: from.int() };
  }
  const kind = kinds.get(type);
  if (kind === undefined) throw new ProtocolError("UNKNOWN_TYPE", { type });
  return { kind, ...(BODIES[kind].read(from) as object) } as Txn;
}

const writeTxn = (to: JuteWriter, txn: Txn): void => BODIES[txn.kind].write(to, txn);

/**
 * Reads one entry from a range that holds exactly it. Data and names inside are views into the
 * range. Throws `ProtocolError` when it is no transaction of specification 1.4.
 */
export function readEntry(from: JuteReader): TxnEntry {
  const header: TxnHeader = {
    clientId: from.long() as SessionId,
    cxid: from.int(),
    zxid: from.long() as Zxid,
    time: millis.read(from),
  };
  const txn = readTxn(from.int(), from);
  if (from.remaining < DIGEST_BYTES) return { header, txn };
  return { header, txn, digest: { version: from.int(), tree: from.long() } };
}

/** Appends the entry as it stands in log records, proposals and INFORMs. */
export function writeEntry(to: JuteWriter, { header, txn, digest }: TxnEntry): void {
  // Field by field and without a table: each write comes through here.
  to.long(header.clientId);
  to.int(header.cxid);
  to.long(header.zxid);
  millis.write(to, header.time);
  to.int(OpCode[txn.kind]);
  writeTxn(to, txn);
  if (digest === undefined) return;
  to.int(digest.version);
  to.long(digest.tree);
}

/** The same in an array of its own. */
export function entryBytes(entry: TxnEntry): Uint8Array {
  const to = new JuteWriter();
  writeEntry(to, entry);
  return to.written();
}
