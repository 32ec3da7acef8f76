/**
 * From what a program says to what the protocol says: modes in words, data as text, checked paths
 * and numbers. Everything that is wrong with an argument is told here as a `BadArgumentsError`.
 */
import { utf8 } from "../base/bytes.ts";
import { type Operation, withReply } from "../client-core/operation.ts";
import {
  type Created,
  create,
  create2,
  createContainer,
  createTTL,
} from "../client-core/operations.ts";
import { pathFault, sequentialPathFault } from "../client-core/path-rules.ts";
import type { CreateRequest, CreateTTLRequest } from "../records/client.ts";
import { CreateMode, isSequential, isTtl, TTL_MS_MAX } from "../records/constants.ts";
import { type Acl, OPEN_ACL } from "../records/data.ts";
import { BadArgumentsError } from "./keeper-error.ts";

/**
 * Data of a node, as it is given to a request. Text stands for its UTF-8. Null data is not the same
 * as empty data.
 * @example const data: Data = new Uint8Array([1, 2, 3]);
 */
export type Data = Uint8Array | string | null;
/**
 * What kind of node is made: `persistent`, `ephemeral`, `persistentSequential`,
 * `ephemeralSequential`, `container`, `persistentWithTtl` or `persistentSequentialWithTtl`.
 * Sequential ones get ten digits behind their names, and ephemeral ones go with the session. The
 * server deletes containers that have become empty, and nodes with TTL that have no children and
 * were not changed for `ttlMs`.
 * @example const mode: CreateModeName = "ephemeralSequential";
 */
export type CreateModeName = keyof typeof CreateMode;

/**
 * How a node is made.
 * @example
 * const options: CreateOptions = { mode: "persistentWithTtl", ttlMs: 60_000, acl: OPEN_ACL };
 */
export type CreateOptions = {
  /** `persistent` unless given. */
  readonly mode?: CreateModeName | undefined;
  /** Who may do what; everybody everything unless given. */
  readonly acl?: readonly Acl[] | undefined;
  /** For the modes with TTL, and only for them: 1 to 2^40-1 ms. */
  readonly ttlMs?: number | undefined;
};

export type CreateKind = "create" | "createContainer" | "createTTL";
type Creation = { readonly kind: CreateKind; readonly request: CreateTTLRequest };

export const bytesOf = (data: Data): Uint8Array | null =>
  typeof data === "string" ? utf8(data) : data;

/** Throws `BadArgumentsError` unless `path` is valid. */
export function checkPath(operation: string, path: string): void {
  const fault = pathFault(path);
  if (fault !== undefined) throw badArguments(operation, path, fault);
}

/** Throws `BadArgumentsError` unless `prefix` is how a path may begin. */
export function checkPrefix(operation: string, prefix: string): void {
  if (prefix.startsWith("/")) return;
  throw badArguments(operation, prefix, "Path must start with / character");
}

/** Throws `BadArgumentsError` unless `version` is an int of 32 bits. */
export function checkVersion(operation: string, path: string, version: number): void {
  if ((version | 0) === version) return;
  throw badArguments(operation, path, `version ${version} is not an int of 32 bits`);
}

/** The create operation that `options` ask for. Throws `BadArgumentsError`. */
export function creation(path: string, data: Data, options: CreateOptions): Creation {
  const flags = CreateMode[options.mode ?? "persistent"];
  if (flags === undefined) throw badArguments("create", path, `unknown mode ${options.mode}`);
  const fault = isSequential(flags) ? sequentialPathFault(path) : pathFault(path);
  if (fault !== undefined) throw badArguments("create", path, fault);
  const ttlMs = options.ttlMs;
  if (isTtl(flags) !== (ttlMs !== undefined)) {
    const wrong = ttlMs === undefined ? "needs ttlMs" : "takes no ttlMs";
    throw badArguments("create", path, `mode ${options.mode ?? "persistent"} ${wrong}`);
  }
  if (ttlMs !== undefined && !(Number.isInteger(ttlMs) && ttlMs >= 1 && ttlMs <= TTL_MS_MAX)) {
    throw badArguments("create", path, `ttlMs ${ttlMs} is not 1 to ${TTL_MS_MAX}`);
  }
  const kind = isTtl(flags)
    ? "createTTL"
    : flags === CreateMode.container
      ? "createContainer"
      : "create";
  const acl = options.acl ?? OPEN_ACL;
  return { kind, request: { path, data: bytesOf(data), acl, flags, ttl: BigInt(ttlMs ?? 0) } };
}

const pathOf = (created: Created): string => created.path;

/** The operation that answers a creation with its path. */
export const CREATE_FOR_PATH: Readonly<Record<CreateKind, Operation<CreateTTLRequest, string>>> = {
  create: create as Operation<CreateRequest, string>,
  createContainer: withReply(createContainer as Operation<CreateRequest, Created>, pathOf),
  createTTL: withReply(createTTL, pathOf),
};
/** The operation that answers a creation with its path and Stat. */
export const CREATE_FOR_STAT: Readonly<Record<CreateKind, Operation<CreateTTLRequest, Created>>> = {
  create: create2 as Operation<CreateRequest, Created>,
  createContainer: createContainer as Operation<CreateRequest, Created>,
  createTTL,
};

const badArguments = (operation: string, path: string, detail: string): BadArgumentsError =>
  new BadArgumentsError({ operation, path, ambiguous: false, detail });
