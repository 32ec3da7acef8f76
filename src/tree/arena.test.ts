/** Arena, index and ACL table against obvious models. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Prng } from "../base/prng.ts";
import { OPEN_ACL, READ_ACL } from "../records/data.ts";
import { AclTable, OPEN_ACL_ID, UNKNOWN_SLOT } from "./acl-table.ts";
import { Arena, copyBytes, UNIT_MASK } from "./arena.ts";
import { PathHash } from "./path-hash.ts";
import { RefIndex } from "./ref-index.ts";

const SIZES = [
  0, 1, 4, 5, 104, 255, 256, 257, 700, 5000, 131071, 131072, 131073, 400_001, 1_000_000,
];

test("items of all sizes hold what was put in, whatever comes and goes beside them", () => {
  const random = new Prng(11);
  const arena = new Arena();
  const live = new Map<number, { size: number; fill: number }>();
  for (let step = 0; step < 30_000; step++) {
    if (live.size > 0 && random.chance(step % 10_000 < 5000 ? 0.35 : 0.65)) {
      const ref = random.pick([...live.keys()].slice(0, 20));
      expectFilled(arena, ref, live.get(ref)!);
      arena.release(ref);
      live.delete(ref);
    } else {
      const size = random.pick(SIZES.slice(0, random.chance(0.01) ? SIZES.length : 10));
      const ref = arena.allocate(size);
      equal(live.has(ref), false);
      const item = { size, fill: random.below(256) };
      const at = (ref & UNIT_MASK) << 2;
      arena.page(ref).bytes.fill(item.fill, at, at + size);
      live.set(ref, item);
    }
  }
  for (const [ref, item] of live) {
    expectFilled(arena, ref, item);
    arena.release(ref);
  }
  equal(arena.memoryBytes <= 4 * 262144, true, "but a few spare pages everything went back");
  arena.clear();
  equal(arena.memoryBytes, 0);
  equal(arena.allocate(100), 0);
});

function expectFilled(
  arena: Arena,
  ref: number,
  { size, fill }: { size: number; fill: number },
): void {
  const at = (ref & UNIT_MASK) << 2;
  const bytes = arena.page(ref).bytes.subarray(at, at + size);
  equal(bytes.length, size);
  equal(
    bytes.every((byte) => byte === fill),
    true,
  );
}

test("what is lost to size classes stays small", () => {
  for (const [size, most] of [
    [100, 0.03],
    [1000, 0.14],
    [9000, 0.14],
    [20_000, 0.2],
  ] as const) {
    const arena = new Arena();
    const count = Math.ceil(40_000_000 / size);
    for (let index = 0; index < count; index++) arena.allocate(size);
    equal(arena.memoryBytes / (count * size) - 1 < most, true, `${size} bytes`);
  }
});

test("the index finds what was added and not removed, also among equal hashes", () => {
  const property = fc.property(
    fc.nat(),
    fc.constantFrom(0xffffffff, 0xff00ff00, 0x7),
    (seed, mask) => {
      const random = new Prng(seed);
      const index = new RefIndex();
      const model = new Map<number, number>();
      for (let step = 0; step < 3000; step++) {
        const ref = random.below(400);
        const hash = model.get(ref);
        if (hash === undefined) {
          const made = (random.uint32() & mask) | 0;
          index.add(made, ref);
          model.set(ref, made);
        } else {
          equal(found(index, hash).includes(ref), true);
          index.remove(hash, ref);
          model.delete(ref);
        }
      }
      deepEqual(new Set(index.refs()), new Set(model.keys()));
      for (const [ref, hash] of model) equal(found(index, hash).includes(ref), true);
      for (const [ref, hash] of model) index.remove(hash, ref);
      equal(index.memoryBytes <= 256 * 6 * 8, true);
    },
  );
  fc.assert(property, { numRuns: 30 });
});

function found(index: RefIndex, hash: number): number[] {
  const refs: number[] = [];
  for (let slot = index.first(hash); slot >= 0; slot = index.next(hash, slot)) {
    refs.push(index.refAt(hash, slot));
  }
  return refs;
}

test("hashes depend on the seed, the bytes and their place alone", () => {
  const hash = new PathHash(1);
  const bytes = Uint8Array.from({ length: 40 }, (_, at) => at & 7);
  const seen = new Set<number>();
  for (let length = 0; length < 40; length++) seen.add(hash.of(bytes, 0, length));
  equal(seen.size, 40);
  equal(hash.of(bytes, 0, 7), hash.of(bytes, 8, 15));
  notEqual(hash.of(bytes, 0, 7), new PathHash(2).of(bytes, 0, 7));
});

test("short and long copies copy the same", () => {
  const source = Uint8Array.from({ length: 1000 }, (_, at) => at & 255);
  for (const count of [0, 1, 160, 161, 900]) {
    const target = new Uint8Array(1000);
    copyBytes(source, 50, count, target, 70);
    deepEqual(target.subarray(70, 70 + count), source.subarray(50, 50 + count));
    equal(target[70 + count], 0);
  }
});

test("an ACL list lives while it is used, and its id is never given again", () => {
  const table = new AclTable();
  const one = table.acquire(READ_ACL);
  equal(table.acquire([{ perms: 1, scheme: "world", id: "anyone" }]), one);
  equal(table.idOf(READ_ACL), 1);
  equal(table.idOf(OPEN_ACL), OPEN_ACL_ID);
  deepEqual(table.listOf(1), READ_ACL);
  deepEqual(table.listOf(-1), OPEN_ACL);
  deepEqual([...table.entries()], [[1, READ_ACL]]);
  table.release(one);
  equal(table.idOf(READ_ACL), 1);
  table.release(one);
  equal(table.idOf(READ_ACL), undefined);
  table.acquire(READ_ACL);
  equal(table.idOf(READ_ACL), 2);
  equal(table.listOf(1), undefined);
});

test("loaded lists keep their ids, go when nobody uses them, and new ids come after them", () => {
  const table = new AclTable();
  table.load(5, READ_ACL);
  table.load(9, []);
  table.load(11, READ_ACL);
  const slot = table.acquireId(11);
  equal(table.acquireId(6), UNKNOWN_SLOT);
  equal(table.idAt(UNKNOWN_SLOT), 12);
  equal(table.unknownUses, 1);
  table.trim();
  deepEqual(
    [...table.entries()].map(([id]) => id),
    [11, 12],
  );
  deepEqual(table.listAt(slot), READ_ACL);
  table.release(UNKNOWN_SLOT);
  equal(table.unknownUses, 0);
  deepEqual(
    [...table.entries()].map(([id]) => id),
    [11],
  );
});
