/** Random transactions for tests of the tree: any at all, and such as a correct leader makes. */
import fc from "fast-check";
import { toSessionId, toZxid, type Zxid } from "../../src/base/ids.ts";
import type { Prng } from "../../src/base/prng.ts";
import { type Acl, OPEN_ACL, READ_ACL } from "../../src/records/data.ts";
import type { Txn, TxnHeader } from "../../src/records/txn.ts";
import type { TreeModel } from "./tree-model.ts";

export const SESSIONS = [0x1000017a8de0000n, -0x7ffffffffffffff0n, 5n].map(toSessionId);
export const ACLS: readonly (readonly Acl[])[] = [
  OPEN_ACL,
  READ_ACL,
  [{ perms: 31, scheme: "digest", id: "bob:x" }],
  [
    { perms: 1, scheme: "world", id: "anyone" },
    { perms: 31, scheme: "ip", id: "127.0.0.1" },
  ],
  [],
];
const NAMES = [
  "a",
  "b",
  "c",
  "é",
  "n".repeat(253),
  "m".repeat(254),
  "l".repeat(255),
  "k".repeat(300),
];
const SIZES = [0, 1, 3, 4, 5, 8, 100, 101, 104, 255, 256, 257, 300, 1000, 5000, 33000, 70000];

const name = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom("a", "b", "c") },
  fc.constantFrom(...NAMES),
);
const path = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.array(name, { minLength: 1, maxLength: 3 }).map((n) => `/${n.join("/")}`),
  },
  { weight: 2, arbitrary: name.map((n) => `/zookeeper/${n}`) },
  fc.constantFrom("", "/", "a", "//", "/a/", "/a//b", "/zookeeper", "/zookeeper/config"),
);
const bytesOf = (size: number, seed: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => (index * 31 + seed) & 0xff);
const data = fc.oneof(
  fc.constant(null),
  fc
    .tuple(fc.constantFrom(...SIZES.slice(0, 14)), fc.nat(255))
    .map(([n, seed]) => bytesOf(n, seed)),
  fc.nat(300).map((n) => bytesOf(n, 1)),
);
const acl = fc.constantFrom(...ACLS);
const parentCversion = fc.oneof(
  { weight: 5, arbitrary: fc.constant(-1) },
  fc.constantFrom(0, 1, 2, 3, 2 ** 30, 2 ** 31 - 2, 2 ** 31 - 1, -(2 ** 31)),
);
const ttl = fc.constantFrom(-1n, 0n, 1n, 600000n, 2n ** 40n - 1n, 2n ** 40n, 2n ** 62n);
const version = fc.constantFrom(0, 1, 2, -1, 2 ** 31 - 1, -(2 ** 31));
const creation = { path, data, acl, parentCversion };
const kinds = <K extends string>(...names: K[]) => fc.constantFrom(...names);

const single: fc.Arbitrary<Txn> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kinds("create", "create2"),
      ...creation,
      ephemeral: fc.boolean(),
    }),
  },
  fc.record({ kind: kinds("createContainer"), ...creation }),
  fc.record({ kind: kinds("createTTL"), ...creation, ttl }),
  { weight: 4, arbitrary: fc.record({ kind: kinds("delete", "deleteContainer"), path }) },
  { weight: 3, arbitrary: fc.record({ kind: kinds("setData", "reconfig"), path, data, version }) },
  { weight: 2, arbitrary: fc.record({ kind: kinds("setACL"), path, acl, version }) },
  fc.record({ kind: kinds("check"), path, version }),
);
const error: fc.Arbitrary<Txn> = fc.record({
  kind: kinds("error"),
  err: fc.constantFrom(-101, -110),
});

/** Any transaction that a log can hold. */
export const anyTxn: fc.Arbitrary<Txn> = fc.oneof(
  { weight: 20, arbitrary: single },
  error,
  fc.record({ kind: kinds("createSession"), timeoutMs: fc.constant(3000) }),
  fc.record({ kind: kinds("closeSession"), paths: fc.option(fc.array(path, { maxLength: 3 })) }),
  fc.record({
    kind: kinds("multi"),
    txns: fc.array(fc.oneof({ weight: 12, arbitrary: single }, error), { maxLength: 5 }),
  }),
);

/**
 * The header of the `index`th transaction: epochs change, and a zxid may come twice (defect 4575).
 */
export function headerOf(index: number, session: number): TxnHeader {
  const zxid: Zxid = toZxid((BigInt(index >> 5) << 32n) | BigInt(1 + ((index & 31) >> 1)));
  return { clientId: SESSIONS[session]!, cxid: index, zxid, time: 1795362794135 + index };
}

// ---- a correct leader ----

/** A transaction that a correct leader could make of this state, or undefined for a bad draw. */
export function leaderTxn(model: TreeModel, header: TxnHeader, random: Prng): Txn | undefined {
  const dice = random.below(20);
  if (dice === 0) {
    return { kind: "closeSession", paths: model.ephemeralsOf(header.clientId) };
  }
  if (dice < 17) return leaderStep(model, header, random);
  const scratch = model.clone();
  const txns: Txn[] = [];
  for (let left = random.below(4) + 1; left > 0; left--) {
    const txn = leaderStep(scratch, header, random);
    if (txn === undefined) continue;
    scratch.apply(header, txn);
    txns.push(txn);
  }
  return { kind: "multi", txns };
}

function leaderStep(model: TreeModel, header: TxnHeader, random: Prng): Txn | undefined {
  const paths = [...model.nodes.keys()].filter((other) => !other.startsWith("/zookeeper"));
  const at = random.pick(paths);
  const node = model.nodes.get(at)!;
  const size = random.pick(SIZES.slice(0, 12));
  const content = random.chance(0.2) ? null : bytesOf(size, random.below(256));
  const dice = random.below(10);
  if (dice < 4) return leaderCreate(model, at, random, content);
  if (dice < 7) {
    if (at === "" || model.childrenOf(at).length > 0) return undefined;
    return { kind: random.chance(0.2) ? "deleteContainer" : "delete", path: at };
  }
  if (dice === 9) {
    return { kind: "setACL", path: at, acl: random.pick(ACLS), version: node.aversion + 1 };
  }
  if (header.zxid < 0n) return undefined;
  return { kind: "setData", path: at, data: content, version: node.version + 1 };
}

function leaderCreate(
  model: TreeModel,
  at: string,
  random: Prng,
  data: Uint8Array | null,
): Txn | undefined {
  const path = `${at}/${random.pick(["a", "b", "c", "d"])}`;
  const { owner, cversion } = model.nodes.get(at)!;
  if (model.nodes.has(path) || SESSIONS.some((session) => session === owner)) return undefined;
  if (path.length > 10) return undefined;
  const creation = { path, data, acl: random.pick(ACLS), parentCversion: cversion + 1 };
  switch (random.below(6)) {
    case 0:
      return { kind: "createContainer", ...creation };
    case 1:
      return { kind: "createTTL", ...creation, ttl: 1000n };
    case 2:
      return { kind: "create2", ...creation, ephemeral: random.chance(0.4) };
    default:
      return { kind: "create", ...creation, ephemeral: random.chance(0.4) };
  }
}
