/**
 * create, create2, createContainer and createTTL: one set of checks, four ways to ask and to
 * answer.
 * From: specification 2.7 (sequence), 2.10 (order of checks).
 */
import { assert } from "../base/assert.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { CreateRequest, CreateResponse, CreateTTLRequest } from "../records/client.ts";
import {
  type CreateMode,
  isCreateMode,
  isEphemeral,
  isSequential,
  isTtl,
  Permission,
  TTL_MS_MAX,
} from "../records/constants.ts";
import { STAT_BYTES } from "../records/data.ts";
import { OpCode } from "../records/op-codes.ts";
import type { Txn } from "../records/txn.ts";
import { type Preparation, type Refused, type ReplyContext, refuse, write } from "./operation.ts";
import { hasParent, isValidPath, parentPath } from "./paths.ts";
import { checkQuota } from "./quota.ts";
import { View } from "./view.ts";

/** A create as its checks see it. `ttl` is -1 where the request carries none. */
type Wanted = CreateRequest & { readonly ttl: bigint; readonly asks: Asks };
/** What the operation code asks for; the flags can ask for more. */
type Asks = "create" | "create2" | "createContainer" | "createTTL";

/**
 * How many digits a sequence number has at least. Negative numbers (after overflow) count the sign.
 */
const SEQUENCE_DIGITS = 10;

export function sequenceSuffix(counter: number): string {
  if (counter >= 0) return String(counter).padStart(SEQUENCE_DIGITS, "0");
  return `-${String(-counter).padStart(SEQUENCE_DIGITS - 1, "0")}`;
}

function prepareCreate(at: Preparation, wanted: Wanted): Txn | Refused {
  const mode = checkMode(at, wanted);
  if (typeof mode !== "number") return mode;
  if (!hasParent(wanted.path)) return refuse("BadArguments");
  const normalised = at.access.normalise(wanted.acl, at.ids);
  if (normalised.kind === "refused") return normalised;
  const { acl } = normalised;

  const parent = at.view.node(parentPath(wanted.path));
  if (parent === undefined) return refuse("NoNode");
  if (!at.access.permits(parent.acl, Permission.CREATE, at.ids)) return refuse("NoAuth");
  const counter = View.cversionOf(parent);
  const path = isSequential(mode) ? wanted.path + sequenceSuffix(counter) : wanted.path;
  if (!isValidPath(path)) return refuse("BadArguments");
  if (at.view.node(path) !== undefined) return refuse("NodeExists");
  if (at.view.isEphemeral(parent)) return refuse("NoChildrenForEphemerals");
  const bytes = wanted.data?.length ?? 0;
  const beyondQuota = checkQuota(at, path, { count: 1, bytes });
  if (beyondQuota !== undefined) return beyondQuota;

  const common = { path, data: wanted.data, acl, parentCversion: (counter + 1) | 0 };
  switch (wanted.asks) {
    case "createContainer":
      return { kind: "createContainer", ...common };
    case "createTTL":
      return { kind: "createTTL", ...common, ttl: wanted.ttl };
    default:
      return { kind: wanted.asks, ...common, ephemeral: isEphemeral(mode) };
  }
}

function checkMode(at: Preparation, wanted: Wanted): CreateMode | Refused {
  const { flags, ttl, asks } = wanted;
  if (!isCreateMode(flags)) return refuse("BadArguments");
  if (isTtl(flags) && !at.settings.extendedTypes) return refuse("Unimplemented");
  const ttlFits = isTtl(flags) ? ttl >= 1n && ttl <= BigInt(TTL_MS_MAX) : ttl < 0n;
  if (!ttlFits) return refuse("BadArguments");
  if (isEphemeral(flags) && at.isLocal) return refuse("EphemeralOnLocalSession");
  // The reference lets this pass and then cannot apply it: divergences.md "create-ttl-flags".
  if (asks === "createTTL" && !isTtl(flags)) return refuse("BadArguments");
  return flags;
}

const NO_TTL = -1n;

/** Ephemerals need an owner that every server and the log know. */
export const makesEphemeral = ({ flags }: Pick<CreateRequest, "flags">): boolean =>
  isCreateMode(flags) && isEphemeral(flags);

function replyStat(to: JuteWriter, { tree, applied }: ReplyContext<unknown>): void {
  assert(applied.kind === "created", "a create that did not fail created");
  CreateResponse.write(to, { path: applied.path });
  const target = to.reserve(STAT_BYTES);
  tree.copyStat(applied.node, to.bytes, target);
}

export const create = write<CreateRequest>({
  code: OpCode.create,
  body: CreateRequest,
  prepare: (at, request) => prepareCreate(at, { ...request, ttl: NO_TTL, asks: "create" }),
  needsGlobal: makesEphemeral,
  reply(to, { applied }) {
    assert(applied.kind === "created", "a create that did not fail created");
    CreateResponse.write(to, { path: applied.path });
  },
});

export const create2 = write<CreateRequest>({
  code: OpCode.create2,
  body: CreateRequest,
  prepare: (at, request) => prepareCreate(at, { ...request, ttl: NO_TTL, asks: "create2" }),
  needsGlobal: makesEphemeral,
  reply: replyStat,
});

export const createContainer = write<CreateRequest>({
  code: OpCode.createContainer,
  body: CreateRequest,
  prepare: (at, request) => prepareCreate(at, { ...request, ttl: NO_TTL, asks: "createContainer" }),
  reply: replyStat,
});

export const createTTL = write<CreateTTLRequest>({
  code: OpCode.createTTL,
  body: CreateTTLRequest,
  prepare: (at, request) => prepareCreate(at, { ...request, asks: "createTTL" }),
  reply: replyStat,
});
