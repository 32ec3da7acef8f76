/**
 * Where Quoll answers otherwise than Apache ZooKeeper 3.8.0 on purpose. Every difference that a
 * script can meet is excused here, with its reason, or is not drawn at all (script.ts says which).
 */
import { OpCode } from "../../../src/records/op-codes.ts";
import type { Answer, Seen } from "./observe.ts";
import type { Request } from "./request.ts";

export type KnownAnswer = {
  readonly reason: string;
  holds(request: Request, apache: Answer, quoll: Answer): boolean;
};

const NO_AUTH = -102;
const WATCH_OPS: ReadonlySet<number> = new Set([
  OpCode.addWatch,
  OpCode.checkWatches,
  OpCode.removeWatches,
]);
const BAD_ARGUMENTS = -8;
const MARSHALLING_ERROR = -5;
const NO_WATCHER = -121;
type Result = { readonly kind: string; readonly stat?: unknown };

/** The results of a multi; an empty list for what is none. */
const results = (answer: Answer): readonly Result[] => {
  const body: unknown = JSON.parse(answer.body || "null");
  return Array.isArray(body) ? body : [];
};

const total = (answer: Answer): number =>
  (JSON.parse(answer.body || "null") as { totalNumber?: number } | null)?.totalNumber ?? Number.NaN;

/** The whole answer, with the digest entries of its list in one order. */
function sortedAcl({ err, zxid, body }: Answer): string {
  const { acl, ...rest } = JSON.parse(body || "null") ?? {};
  const entries: readonly { readonly scheme?: string }[] = Array.isArray(acl) ? acl : [];
  const digests = entries.filter(({ scheme }) => scheme === "digest");
  const sorted = digests.map((entry) => JSON.stringify(entry)).sort();
  const inOrder = entries.map((entry) => (entry.scheme === "digest" ? sorted.shift() : entry));
  return JSON.stringify([err, zxid, rest, inOrder]);
}

export const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  {
    reason: "text outside the BMP comes back as it was sent; Java writes CESU-8",
    holds: ({ type, text }, apache, quoll) =>
      type === OpCode.sync && apache.err === quoll.err && /[\u{10000}-\u{10ffff}]/u.test(text),
  },
  {
    reason: "exists needs READ since 3.8.4 (ZOOKEEPER-2590); 3.8.0 asks for nothing",
    holds: ({ type }, apache, quoll) =>
      type === OpCode.exists && apache.err === 0 && quoll.err === NO_AUTH,
  },
  {
    reason: "the root does not lie below itself; 3.8.0 counts it when it is asked for by no path",
    holds: ({ type, text }, apache, quoll) =>
      type === OpCode.getAllChildrenNumber &&
      (text.includes('{"path":""}') || text.startsWith("length 0 in ")) &&
      total(apache) === total(quoll) + 1,
  },
  {
    reason: "checkWatches and removeWatches mean this connection's watches; 3.8.0 takes anybody's",
    holds: ({ type }, apache, quoll) =>
      (type === OpCode.checkWatches || type === OpCode.removeWatches) &&
      apache.err === 0 &&
      quoll.err === NO_WATCHER,
  },
  {
    reason: "a null path is malformed (watch-null-path); 3.8.0 looks at other things first",
    holds({ type, text }, apache, quoll) {
      if (!text.startsWith("null path in ") || quoll.err !== MARSHALLING_ERROR) return false;
      return WATCH_OPS.has(type)
        ? apache.err === 0 || apache.err === NO_WATCHER
        : apache.err === BAD_ARGUMENTS;
    },
  },
  {
    reason:
      "an ACL entry of scheme auth becomes identities in the order of their proof; 3.8.0: in any",
    holds: ({ type }, apache, quoll) =>
      type === OpCode.getACL && sortedAcl(apache) === sortedAcl(quoll),
  },
  {
    reason: "create2 in a multi answers with its Stat since 3.8.2; 3.8.0 leaves it out",
    holds({ type }, apache, quoll) {
      const [theirs, ours] = [results(apache), results(quoll)];
      if (type !== OpCode.multi || theirs.length !== ours.length) return false;
      return ours.every((result, at) => {
        const other = theirs[at]!;
        if (result.kind !== "create2" || other.kind !== "create") {
          return JSON.stringify(result) === JSON.stringify(other);
        }
        const { stat: _, ...rest } = result;
        return JSON.stringify({ ...rest, kind: "create" }) === JSON.stringify(other);
      });
    },
  },
];

/** Reason of `eventsExcused`. */
export const KNOWN_EVENTS =
  "an event is for those who may read the node, since 3.8.4 (CVE-2024-23944); 3.8.0 tells everybody";

/** True when all that is missing among our events is about nodes that not everybody may read. */
export function eventsExcused(apache: Seen, quoll: Seen, restricted: ReadonlySet<string>): boolean {
  return apache.events.every((theirs, session) => {
    const ours = [...quoll.events[session]!];
    for (const event of theirs) {
      if (ours[0] === event) ours.shift();
      else if (!restricted.has((JSON.parse(event) as { path: string }).path)) return false;
    }
    return ours.length === 0;
  });
}
