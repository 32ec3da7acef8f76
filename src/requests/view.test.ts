/** The view against the tree itself: what it shows is what the tree will be. */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toSessionId, toZxid } from "../base/ids.ts";
import { CreateMode } from "../records/constants.ts";
import { OPEN_ACL, READ_ACL } from "../records/data.ts";
import type { MultiOp } from "../records/multi.ts";
import type { Txn, TxnEntry } from "../records/txn.ts";
import { DataTree } from "../tree/data-tree.ts";
import { Access } from "./access.ts";
import { world } from "./auth-scheme.ts";
import { sequenceSuffix } from "./create.ts";
import { multi } from "./multi.ts";
import type { Preparation } from "./operation.ts";
import { closeSession } from "./sessions.ts";
import { View } from "./view.ts";

const PATHS = ["/a", "/a/b", "/a/b/c", "/d", "/d/e", "/a/f"];
const SESSIONS = [toSessionId(11n), toSessionId(12n)];

const anyOp: fc.Arbitrary<MultiOp> = fc.oneof(
  fc.record({
    kind: fc.constant("create" as const),
    request: fc.record({
      path: fc.constantFrom(...PATHS),
      data: fc.option(fc.uint8Array({ maxLength: 9 })),
      acl: fc.constantFrom(OPEN_ACL, READ_ACL),
      flags: fc.constantFrom(0, 0, CreateMode.ephemeral, CreateMode.persistentSequential),
    }),
  }),
  fc.record({
    kind: fc.constant("delete" as const),
    request: fc.record({ path: fc.constantFrom(...PATHS), version: fc.constantFrom(-1, 0, 1) }),
  }),
  fc.record({
    kind: fc.constant("setData" as const),
    request: fc.record({
      path: fc.constantFrom(...PATHS, "/"),
      data: fc.option(fc.uint8Array({ maxLength: 9 })),
      version: fc.constantFrom(-1, 0, 1),
    }),
  }),
  fc.record({
    kind: fc.constant("check" as const),
    request: fc.record({ path: fc.constantFrom(...PATHS), version: fc.constantFrom(-1, 0, 1) }),
  }),
);

const createOf = (path: string, flags: number) => ({ path, data: null, acl: OPEN_ACL, flags });

type Step =
  | { readonly kind: "multi"; readonly session: number; readonly ops: readonly MultiOp[] }
  | { readonly kind: "close"; readonly session: number }
  | { readonly kind: "apply" };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("multi" as const),
    session: fc.nat(1),
    ops: fc.array(anyOp, { minLength: 1, maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant("close" as const), session: fc.nat(1) }),
  fc.record({ kind: fc.constant("apply" as const) }),
);

/** Also just before the counter's end. */
const anyCounter = fc.constantFrom(1, 2147483645, 2147483647);

const newTree = (): DataTree => new DataTree({ hashSeed: 1, extendedTypes: true });

/** A view over a tree that lags, and a second tree on which everything is applied at once. */
class Twin {
  readonly lagging = newTree();
  readonly ahead = newTree();
  readonly view: View;
  private readonly access = new Access([world], false);
  private readonly outstanding: TxnEntry[] = [];
  private zxid = 0n;

  /** `counter`: creations that `/a`, which is there from the start, has seen. */
  constructor(counter: number) {
    for (const path of ["/a", "/a/first"]) {
      const txn = { kind: "create" as const, path, data: null, acl: OPEN_ACL, ephemeral: false };
      const header = { clientId: SESSIONS[0]!, cxid: 0, zxid: toZxid(++this.zxid), time: 1 };
      for (const tree of [this.lagging, this.ahead]) {
        tree.apply({ header, txn: { ...txn, parentCversion: counter } }, undefined);
      }
    }
    this.view = new View(this.lagging, true);
  }

  take(step: Step): void {
    if (step.kind === "apply") return this.applyOldest();
    const header = {
      clientId: SESSIONS[step.session]!,
      cxid: 1,
      zxid: toZxid(++this.zxid),
      time: 1000 + Number(this.zxid),
    };
    const { view, access } = this;
    view.begin(header);
    const at: Preparation = {
      view,
      header,
      access,
      ids: [],
      settings: {
        extendedTypes: true,
        reconfigEnabled: false,
        containerNeverUsedMs: 0,
        enforceQuota: false,
      },
      isLocal: false,
      quotaExceeded: () => {},
    };
    const prepared =
      step.kind === "multi" ? multi.prepare(at, step.ops) : closeSession.prepare(at, {});
    if (prepared.kind === "refused") throw new Error("neither is refused");
    if (step.kind === "close") view.propose(prepared as Txn);
    const digest = view.finish();
    this.outstanding.push({ header, txn: prepared });
    this.ahead.apply({ header, txn: prepared }, undefined);
    equal(digest, this.ahead.digest, "the view foretells the digest");
  }

  /** What the view shows is what the tree will be. */
  compare(): void {
    for (const path of [...PATHS, "/"]) {
      const [seen, node] = [this.view.node(path), this.ahead.findText(path)];
      equal(seen !== undefined, node !== -1, `${path} exists`);
      if (seen === undefined) continue;
      const stat = new Uint8Array(60);
      this.ahead.copyDigestStat(node, stat);
      deepEqual(seen.stat, stat, `${path} Stat`);
      equal(seen.childCount, this.ahead.numChildrenOf(node), `${path} children`);
      deepEqual(seen.acl, this.ahead.aclOf(node), `${path} ACL`);
    }
    for (const session of SESSIONS) {
      deepEqual(this.view.ephemeralsOf(session), [...this.ahead.ephemeralsOf(session)].sort());
    }
  }

  private applyOldest(): void {
    const entry = this.outstanding.shift();
    if (entry === undefined) return;
    this.lagging.apply(entry, undefined);
    this.view.applied(entry.header.zxid);
  }
}

test("an ephemeral that a failed multi would have deleted is still its session's", () => {
  const twin = new Twin(1);
  const path = "/e";
  const create = { path, data: null, acl: OPEN_ACL, flags: 1 };
  twin.take({ kind: "multi", session: 0, ops: [{ kind: "create", request: create }] });
  twin.take({ kind: "apply" });
  const missing = { path: "/none", version: -1 };
  const failing: MultiOp[] = [
    { kind: "delete", request: { path, version: -1 } },
    { kind: "delete", request: missing },
  ];
  twin.take({ kind: "multi", session: 0, ops: failing });
  deepEqual(twin.view.ephemeralsOf(SESSIONS[0]!), [path]);
  twin.take({ kind: "close", session: 0 });
});

test("view of the tree = tree after applying what is outstanding, failed multis included", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), anyCounter, (steps, counter) => {
      const twin = new Twin(counter);
      for (const step of steps) {
        twin.take(step);
        twin.compare();
      }
    }),
    { numRuns: 300 },
  );
});

test("an ephemeral that only a failed multi deleted still goes with its session", () => {
  const twin = new Twin(1);
  const create = { kind: "create" as const, request: createOf("/e", CreateMode.ephemeral) };
  const remove = { kind: "delete" as const, request: { path: "/e", version: -1 } };
  const fail = { kind: "check" as const, request: { path: "/none", version: -1 } };
  twin.take({ kind: "multi", session: 0, ops: [create] });
  twin.take({ kind: "apply" });
  twin.take({ kind: "multi", session: 0, ops: [remove, fail] });
  twin.take({ kind: "close", session: 0 });
  twin.compare();
});

const suffixes: ReadonlyArray<readonly [why: string, counter: number, suffix: string]> = [
  ["the first", 0, "0000000000"],
  ["the last before the overflow", 2147483647, "2147483647"],
  ["the first after it", -2147483648, "-2147483648"],
  ["the sign takes a digit's place", -5, "-000000005"],
];
for (const [why, counter, suffix] of suffixes) {
  test(`sequence number: ${why}`, () => equal(sequenceSuffix(counter), suffix));
}
