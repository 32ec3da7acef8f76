/**
 * A random script over several sessions, the same for every server: drawn from a seed before
 * anything is sent, so no answer can change it.
 *
 * What is not drawn, because the servers then hold different states on purpose:
 * - several watch modes on one path and session (ZOOKEEPER-4466: the last one wins in 3.8.0): a
 *   session uses one mode per path; likewise watcher types 4 and 5, and checkWatches of type 3
 *   (any connection's watch will do);
 * - `check` outside a multi (ZOOKEEPER-2623: 3.8.0 cannot start again after it);
 * - createTTL with a negative time and a mode without one: 3.8.0 stops while applying it;
 * - ACL entries with an IPv6 address: 3.8.0 refuses them;
 * - setACL with other requests on the way: 3.8.0 checks those against the list as it was
 *   (divergences.md `acl-in-flight`); likewise a multi with TTL flags or an id
 *   that is null (`multi-leftovers`), and createContainer with an ephemeral's flags
 *   (`container-in-flight`);
 * - two writes on the way together that meet a quota: chance decides what 3.8.0 measures;
 * - the internal opcodes 20, -1 and -10 (test/interop/scenarios/raw-cases.ts has them).
 */

import { toZxid } from "../../../src/base/ids.ts";
import type { Prng } from "../../../src/base/prng.ts";
import {
  AddWatchRequest,
  CreateRequest,
  CreateTTLRequest,
  DeleteRequest,
  GetEphemeralsRequest,
  PathRequest,
  ReadRequest,
  ReconfigRequest,
  SetACLRequest,
  SetDataRequest,
  SetWatches2Request,
  SetWatchesRequest,
  WatcherRequest,
} from "../../../src/records/client.ts";
import type { MultiOp } from "../../../src/records/multi.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { canonical, multiBody } from "../../support/operations.ts";
import { encoded } from "../../support/raw-session.ts";
import {
  extended,
  failingMulti,
  misled,
  QUOTA_PATHS,
  quota,
  truncated,
  withNullList,
  withoutPath,
} from "./oddities.ts";
import { drawAcl, drawAnyPath, drawData, drawPath, drawVersion } from "./paths.ts";
import { built, made, madeMulti, type Request, restricted } from "./request.ts";

export const SESSIONS = 4;

export type Step =
  | { readonly kind: "requests"; readonly session: number; readonly requests: readonly Request[] }
  | {
      readonly kind: "auth";
      readonly session: number;
      readonly scheme: string;
      readonly id: string;
    }
  /**
   * The connection is cut and made again: the session goes on, without its watches and identities.
   */
  | { readonly kind: "reattach"; readonly session: number }
  /** Somebody tries the session with the wrong password; then its owner makes a new connection. */
  | { readonly kind: "intrude"; readonly session: number }
  /** The session ends properly and another one begins. */
  | { readonly kind: "renew"; readonly session: number }
  /** The session is left alone until it expires, and another one begins. */
  | { readonly kind: "expire"; readonly session: number }
  /** What minimising took out. */
  | { readonly kind: "nothing"; readonly session: number };

export function describeStep(step: Step): string {
  switch (step.kind) {
    case "requests":
      return `session ${step.session}: ${step.requests.map(({ text }) => text).join("; ")}`;
    case "auth":
      return `session ${step.session}: auth ${step.scheme} ${step.id}`;
    case "reattach":
    case "intrude":
    case "renew":
    case "expire":
    case "nothing":
      return `session ${step.session}: ${step.kind}`;
  }
}

/** `count` steps, without the operations of `without`. Begins by giving the sessions identities. */
export function drawScript(
  prng: Prng,
  count: number,
  without: ReadonlySet<number>,
): readonly Step[] {
  const steps: Step[] = [auth(0, "bob:pw"), auth(1, "alice:wonder"), auth(2, "super:secret")];
  while (steps.length < count) {
    const session = prng.below(SESSIONS);
    const chance = prng.below(1_000);
    if (chance < 8) steps.push({ kind: "reattach", session });
    else if (chance < 14) steps.push({ kind: "renew", session });
    else if (chance < 30) steps.push(auth(session, prng.pick(IDENTITIES)));
    else if (chance < 31) steps.push(auth(session, "x", prng.pick(OTHER_SCHEMES)));
    else if (chance < 33) steps.push({ kind: "intrude", session });
    else if (chance < 35) steps.push({ kind: "expire", session });
    else if (chance < 39) steps.push(unknownOperation(prng, session));
    else {
      const size = prng.chance(0.1) ? 2 + prng.below(6) : 1;
      const requests: Request[] = [];
      while (requests.length < size) {
        const request = drawRequest(prng, session, steps.length);
        if (size > 1 && (isAloneOnly(request) || isRace(request, requests))) continue;
        if (!without.has(request.type)) requests.push(request);
      }
      steps.push({ kind: "requests", session, requests });
    }
  }
  return steps;
}

/** What 3.8.0 treats otherwise when there are other requests on the way. */
const isAloneOnly = ({ type, text }: Request): boolean =>
  type === OpCode.setACL ||
  (type === OpCode.createContainer && text.includes('"flags":1')) ||
  (type === OpCode.multi && /"flags":[56]|"id":null/.test(text));

/** What a quota allows, and what it counts. */
const meetsQuota = ({ type, text }: Request): boolean =>
  COUNTED.has(type) &&
  new RegExp(`"path":"/(zookeeper/quota/)?(${QUOTA_PATHS.join("|")})`).test(text);
const COUNTED: ReadonlySet<number> = new Set([
  ...[OpCode.create, OpCode.create2, OpCode.createContainer, OpCode.createTTL],
  ...[OpCode.delete, OpCode.setData, OpCode.multi],
]);

/**
 * Quotas are measured by what has been applied: whether one of two that come together is applied
 * before the other is checked is chance in 3.8.0.
 */
const isRace = (request: Request, before: readonly Request[]): boolean =>
  meetsQuota(request) && before.some(meetsQuota);

const IDENTITIES = ["bob:pw", "alice:wonder", "bob:wrong", "super:wrong", "x", ""];
const OTHER_SCHEMES = ["ip", "world", "auth", "super", "nosuch", ""];

const auth = (session: number, id: string, scheme = "digest"): Step => ({
  kind: "auth",
  session,
  scheme,
  id,
});

function unknownOperation(prng: Prng, session: number): Step {
  const type = prng.pick([0, 10, 23, 99, 108, -5]);
  return { kind: "requests", session, requests: [built(type, new Uint8Array(0), `op ${type}`)] };
}

type Draw = (prng: Prng, session: number, step: number) => Request;

/** Operations and how often each is drawn. */
const DRAWS: readonly (readonly [weight: number, draw: Draw])[] = [
  [24, (prng) => create(prng)],
  [9, (prng) => remove(prng)],
  [9, (prng) => made("setData", SetDataRequest, drawSet(prng))],
  [4, (prng) => setAcl(prng)],
  [14, (prng, session) => reading(prng, session)],
  [8, (prng) => onePath(prng)],
  [2, (prng) => made("getEphemerals", GetEphemeralsRequest, { prefixPath: drawPrefix(prng) })],
  [1, () => built(OpCode.whoAmI, new Uint8Array(0), "whoAmI")],
  [14, (prng) => multi(prng)],
  [3, (prng) => multiRead(prng)],
  [4, (prng, session) => addWatch(prng, session)],
  [4, (prng, session) => watcher(prng, session)],
  [2, (prng, session, step) => setWatches(prng, session, step)],
  [2, (prng, session, step) => setWatches2(prng, session, step)],
  [4, (prng) => failingMulti(prng)],
  [1, (prng) => reconfig(prng)],
  [3, (prng) => quota(prng)],
  [3, (prng, session) => malformed(prng, session)],
];
const WEIGHTS = DRAWS.reduce((sum, [weight]) => sum + weight, 0);

function drawRequest(prng: Prng, session: number, step: number): Request {
  let left = prng.below(WEIGHTS);
  for (const [weight, draw] of DRAWS) {
    if (left < weight) return draw(prng, session, step);
    left -= weight;
  }
  throw new Error("the weights cover every number drawn");
}

function drawCreate(prng: Prng): CreateRequest {
  const sequential = prng.chance(0.25);
  const path = sequential ? `${drawPath(prng)}/s-` : drawAnyPath(prng);
  const kinds = sequential ? [2, 2, 2, 3] : [0, 0, 0, 0, 1, 4, 5, 7, -1];
  return { path, data: drawData(prng), acl: drawAcl(prng), flags: prng.pick(kinds) };
}

function drawCreateTtl(prng: Prng): CreateTTLRequest {
  const flags = prng.pick([5, 5, 6, 0]);
  const ttls =
    flags === 0 ? [0n, 1_000_000n] : [1_000_000n, 86_400_000n, 2n ** 40n - 1n, 0n, -1n, 2n ** 40n];
  return {
    path: drawAnyPath(prng),
    data: drawData(prng),
    acl: drawAcl(prng),
    flags,
    ttl: prng.pick(ttls),
  };
}

function create(prng: Prng): Request {
  const chance = prng.below(10);
  if (chance < 1) {
    const request = drawCreateTtl(prng);
    return made("createTTL", CreateTTLRequest, request, restricted(request.path, request.acl));
  }
  const request = drawCreate(prng);
  const { path, acl } = request;
  if (chance < 2) {
    const container = { ...request, flags: prng.pick([4, 4, 4, 0, 1, 5]) };
    return made("createContainer", CreateRequest, container, restricted(path, acl));
  }
  const name = chance < 5 ? "create2" : "create";
  return made(name, CreateRequest, request, restricted(path, acl));
}

const remove = (prng: Prng): Request =>
  made("delete", DeleteRequest, { path: drawAnyPath(prng), version: drawVersion(prng) });

const drawSet = (prng: Prng): SetDataRequest => ({
  path: drawOwnPath(prng),
  data: drawData(prng),
  version: drawVersion(prng),
});

/** The reserved nodes stay as they are: their data has a meaning. */
function drawOwnPath(prng: Prng): string {
  const path = drawAnyPath(prng);
  return path.startsWith("/zookeeper") || path === "" ? "/a" : path;
}

function setAcl(prng: Prng): Request {
  const drawn = drawOwnPath(prng);
  const path = drawn === "/" ? "/a" : drawn; // the root must stay open for everybody's creates
  const acl = drawAcl(prng);
  return made(
    "setACL",
    SetACLRequest,
    { path, acl, version: drawVersion(prng) },
    restricted(path, acl),
  );
}

type WatchMode = "once" | "persistent" | "recursive";

/** The one mode in which `session` watches `path`. */
function watchMode(session: number, path: string): WatchMode {
  const sum = session + [...path].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return (["once", "once", "persistent", "recursive"] as const)[sum % 4]!;
}

function reading(prng: Prng, session: number): Request {
  const path = drawAnyPath(prng);
  const watch = watchMode(session, path) === "once" && prng.chance(0.6);
  const name = prng.pick(["exists", "getData", "getChildren", "getChildren2"] as const);
  return made(name, ReadRequest, { path, watch });
}

function reconfig(prng: Prng): Request {
  const text = (): string | null => prng.pick([null, "", "1", "server.1=127.0.0.1:1:2;3"]);
  const [joiningServers, leavingServers, newMembers] = [text(), text(), text()];
  const curConfigId = toZxid(prng.pick([-1n, 0n, 7n]));
  const request = { joiningServers, leavingServers, newMembers, curConfigId };
  return made("reconfig", ReconfigRequest, request);
}

function onePath(prng: Prng): Request {
  const name = prng.pick(["getACL", "getACL", "sync", "getAllChildrenNumber"] as const);
  return made(name, PathRequest, { path: drawAnyPath(prng) });
}

const drawPrefix = (prng: Prng): string | null =>
  prng.chance(0.3) ? prng.pick([null, "", "/", " "]) : drawPath(prng);

function multi(prng: Prng): Request {
  const size = prng.below(6);
  const ops = Array.from({ length: size }, () => drawMultiOp(prng));
  return madeMulti(ops);
}

function drawMultiOp(prng: Prng): MultiOp {
  const chance = prng.below(20);
  if (chance < 8) return { kind: "create", request: drawCreate(prng) };
  if (chance < 10) return { kind: "create2", request: drawCreate(prng) };
  if (chance < 11) return { kind: "createContainer", request: { ...drawCreate(prng), flags: 4 } };
  if (chance < 12) return { kind: "createTTL", request: drawCreateTtl(prng) };
  const aimed = { path: drawOwnPath(prng), version: drawVersion(prng) };
  if (chance < 15) return { kind: "delete", request: aimed };
  if (chance < 18) return { kind: "setData", request: drawSet(prng) };
  return { kind: "check", request: aimed };
}

function multiRead(prng: Prng): Request {
  const ops = Array.from({ length: prng.below(5) }, (): MultiOp => {
    const kind = prng.chance(0.5) ? "getData" : "getChildren";
    return { kind, request: { path: drawAnyPath(prng), watch: false } };
  });
  return built(OpCode.multiRead, multiBody(ops), `multiRead ${canonical(ops)}`);
}

function addWatch(prng: Prng, session: number): Request {
  const path = drawPath(prng);
  const mode = watchMode(session, path);
  if (mode === "once" || prng.chance(0.05)) {
    return made("addWatch", AddWatchRequest, { path, mode: prng.pick([2, -1, 0x7fff_ffff]) });
  }
  return made("addWatch", AddWatchRequest, { path, mode: mode === "persistent" ? 0 : 1 });
}

function watcher(prng: Prng, session: number): Request {
  const path = drawPath(prng);
  const removes = prng.chance(0.5) || watchMode(session, path) !== "once";
  const type =
    watchMode(session, path) === "once" ? prng.pick([1, 2, removes ? 3 : 2, 9, 0, -1]) : 3;
  return made(removes ? "removeWatches" : "checkWatches", WatcherRequest, { path, type });
}

function setWatches(prng: Prng, session: number, step: number): Request {
  const draw = (): readonly string[] =>
    Array.from({ length: prng.below(4) }, () => drawPath(prng)).filter(
      (path) => watchMode(session, path) === "once",
    );
  const lists = { data: draw(), exist: draw(), child: draw() };
  const at = prng.below(step + 1);
  return {
    type: OpCode.setWatches,
    body: (zxids) =>
      encoded(SetWatchesRequest, { relativeZxid: toZxid(zxids[at] ?? 0n), ...lists }),
    text: `setWatches as of step ${at} ${canonical(lists)}`,
    restricts: [],
  };
}

function setWatches2(prng: Prng, session: number, step: number): Request {
  const draw = (...modes: readonly WatchMode[]): readonly string[] =>
    Array.from({ length: prng.below(3) }, () => drawPath(prng)).filter((path) =>
      modes.includes(watchMode(session, path)),
    );
  const lists = {
    data: draw("once"),
    exist: draw("once"),
    child: draw("once"),
    persistent: draw("persistent"),
    persistentRecursive: draw("recursive"),
  };
  const at = prng.below(step + 1);
  return {
    type: OpCode.setWatches2,
    body: (zxids) =>
      encoded(SetWatches2Request, { relativeZxid: toZxid(zxids[at] ?? 0n), ...lists }),
    text: `setWatches2 as of step ${at} ${canonical(lists)}`,
    restricts: [],
  };
}

/** A body that no client would send. */
function malformed(prng: Prng, session: number): Request {
  if (prng.chance(0.1)) return withNullList(prng);
  const whole = prng.pick([create, remove, setAcl, reading, onePath, watcher])(prng, session);
  const chance = prng.below(10);
  if (chance < 4) return truncated(prng, prng.chance(0.2) ? multi(prng) : whole);
  if (chance < 7) return withoutPath(whole);
  if (chance < 9) return misled(prng, whole);
  return extended(whole);
}
