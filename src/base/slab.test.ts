/** Copies out of a slab are the caller's own, whatever is copied after them. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Slab } from "./slab.ts";

test("copies keep their bytes while others are made", () => {
  const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(9000)), { maxLength: 100 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const slab = new Slab();
      const scratch = new Uint8Array(9000);
      const copies = lengths.map((length, at) => slab.copy(scratch.fill(at + 1), length));
      copies.forEach((copy, at) => {
        deepEqual(copy, new Uint8Array(lengths[at]!).fill(at + 1));
      });
    }),
  );
});

test("small ones share memory, large ones do not", () => {
  const slab = new Slab();
  const bytes = new Uint8Array(5000);
  const [one, other] = [slab.copy(bytes, 100), slab.copy(bytes, 100)];
  equal(one.buffer, other.buffer);
  notEqual(slab.copy(bytes, 5000).buffer, one.buffer);
});
