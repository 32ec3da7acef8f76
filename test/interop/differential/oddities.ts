/**
 * What no client library would send, and what needs a plan: bodies with null or odd lengths, quota
 * nodes, and multis of any length that fail at a chosen place.
 *
 * Of quotas, what ends the reference or what it answers otherwise on purpose is not drawn
 * (docs/divergences.md: `quota-text`, `quota-root`, `quota-shrink`): texts can be parsed, and the
 * hard limits are of counts.
 */
import { joinBytes, utf8 } from "../../../src/base/bytes.ts";
import type { Prng } from "../../../src/base/prng.ts";
import { CreateRequest, DeleteRequest, SetDataRequest } from "../../../src/records/client.ts";
import { OPEN_ACL } from "../../../src/records/data.ts";
import type { MultiOp } from "../../../src/records/multi.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { drawData } from "./paths.ts";
import { built, made, madeMulti, type Request } from "./request.ts";

const INT_BYTES = 4;
const intBytes = (value: number): Uint8Array => {
  const bytes = new Uint8Array(INT_BYTES);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
};

/** A body that ends too early. */
export function truncated(prng: Prng, whole: Request): Request {
  const body = whole.body([]);
  const length = prng.below(body.length);
  return built(whole.type, body.slice(0, length), `first ${length} bytes of ${whole.text}`);
}

/** The string that begins the body becomes null. */
export function withoutPath(whole: Request): Request {
  const body = whole.body([]);
  const bytes = Math.max(0, new DataView(body.buffer, body.byteOffset).getInt32(0));
  const rest = body.slice(INT_BYTES + bytes);
  return built(whole.type, joinBytes([intBytes(-1), rest]), `null path in ${whole.text}`);
}

/**
 * The length that begins the body is another one. None that makes a shorter path of a read: the
 * rest of the path would stand where it says whether to watch, and watch modes would meet.
 */
export function misled(prng: Prng, whole: Request): Request {
  const short = whole.text.includes('"watch":') ? [] : [1, 3];
  const length = prng.pick([-2, 0, ...short, 1_000, 0x7fff_ffff, -0x8000_0000]);
  const body = joinBytes([intBytes(length), whole.body([]).slice(INT_BYTES)]);
  return built(whole.type, body, `length ${length} in ${whole.text}`);
}

/** More bytes behind a whole body. */
export const extended = (whole: Request): Request =>
  built(
    whole.type,
    joinBytes([whole.body([]), new Uint8Array(5)]),
    `5 bytes behind ${whole.text}`,
    whole.restricts,
  );

/** setWatches (three lists) or setWatches2 (five) with one list that is null. */
export function withNullList(prng: Prng): Request {
  const [type, count] = prng.pick([
    [OpCode.setWatches, 3],
    [OpCode.setWatches2, 5],
  ] as const);
  const at = prng.below(count);
  const lists = Array.from({ length: count }, (_, list) => intBytes(list === at ? -1 : 0));
  return built(type, joinBytes([new Uint8Array(8), ...lists]), `op ${type}, list ${at} null`);
}

export const QUOTA_PATHS = ["a", "b"];
const QUOTA_TEXTS = [
  "count=3,bytes=20",
  "count=-1,bytes=-1",
  "count=2,bytes=-1=;byteHardLimit=-1;countHardLimit=4",
  "count=-1,bytes=10=;byteHardLimit=-1;countHardLimit=2",
  "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=-1",
];

/** Limits and stats are made, changed, read and removed, in the order that chance has. */
export function quota(prng: Prng): Request {
  const node = `/zookeeper/quota/${prng.pick(QUOTA_PATHS)}`;
  const path = `${node}/${prng.chance(0.6) ? "zookeeper_limits" : "zookeeper_stats"}`;
  const data = utf8(path.endsWith("limits") ? prng.pick(QUOTA_TEXTS) : "count=0,bytes=0");
  const chance = prng.below(10);
  const create = (at: string, text: Uint8Array): MultiOp => ({
    kind: "create",
    request: { path: at, data: text, acl: OPEN_ACL, flags: 0 },
  });
  if (chance < 3) {
    return madeMulti([
      create(node, utf8("")),
      create(`${node}/zookeeper_limits`, utf8(prng.pick(QUOTA_TEXTS))),
      create(`${node}/zookeeper_stats`, utf8("count=0,bytes=0")),
    ]);
  }
  if (chance < 5) return made("create", CreateRequest, { path, data, acl: OPEN_ACL, flags: 0 });
  if (chance < 8) return made("setData", SetDataRequest, { path, data, version: -1 });
  return made("delete", DeleteRequest, { path: prng.chance(0.8) ? path : node, version: -1 });
}

const LENGTH_MAX = 6;

/** One to six elements that would succeed, but for one of them at any place. */
export function failingMulti(prng: Prng): Request {
  const length = 1 + prng.below(LENGTH_MAX);
  const ops = Array.from({ length }, (): MultiOp => likely(prng));
  ops[prng.below(length)] = failing(prng);
  return madeMulti(ops);
}

const sequential = (prng: Prng): CreateRequest => ({
  path: "/m-",
  data: drawData(prng),
  acl: OPEN_ACL,
  flags: 2,
});

function likely(prng: Prng): MultiOp {
  const kind = prng.pick(["create", "create2", "check", "setData", "createTTL"] as const);
  if (kind === "check") return { kind, request: { path: "/", version: -1 } };
  if (kind === "setData") return { kind, request: { path: "/", data: null, version: -1 } };
  if (kind === "createTTL")
    return { kind, request: { ...sequential(prng), flags: 6, ttl: 99_999n } };
  return { kind, request: sequential(prng) };
}

function failing(prng: Prng): MultiOp {
  const path = prng.pick(["/nowhere", "/nowhere/below", "", "/", "/a", "/zookeeper"]);
  const aimed = { path, version: prng.pick([99, -2, 0]) };
  const create = { path, data: null, acl: prng.pick([OPEN_ACL, [], null]), flags: 0 };
  switch (prng.below(5)) {
    case 0:
      return { kind: "delete", request: aimed };
    case 1:
      return { kind: "setData", request: { ...aimed, data: null, version: 99 } };
    case 2:
      return { kind: "check", request: aimed };
    case 3:
      return { kind: "createContainer", request: { ...create, flags: 4 } };
    default:
      return { kind: prng.pick(["create", "create2"] as const), request: create };
  }
}
