/** Who may decide: majorities, weighted groups, two configurations at once. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type ServerId, toServerId } from "../base/ids.ts";
import { bothOf, type Ensemble, quorumsOf } from "./ensemble.ts";
import type { Quorums } from "./quorums.ts";
import type { Member, Role } from "./server-line.ts";

const sid = (id: number): ServerId => toServerId(BigInt(id));
const member = (id: number, role: Role = "participant"): Member => ({
  id: sid(id),
  addresses: [{ host: "h", quorumPort: 1, electionPort: 2 }],
  role,
});
const idsOf = (list: readonly number[]): ReadonlySet<ServerId> => new Set(list.map(sid));

type Shape = {
  readonly voters: readonly number[];
  readonly observers?: readonly number[];
  readonly groups?: readonly (readonly number[])[];
  readonly weights?: Readonly<Record<number, number>>;
};
const ensembleOf = ({ voters, observers = [], groups = [], weights = {} }: Shape): Ensemble => ({
  members: [...voters.map((id) => member(id)), ...observers.map((id) => member(id, "observer"))],
  groups: new Map(groups.map((ids, index) => [BigInt(index + 1), ids.map(sid)])),
  weights: new Map(Object.entries(weights).map(([id, weight]) => [sid(Number(id)), weight])),
  version: 0n,
});

const three = { voters: [1, 2, 3], observers: [4, 5] };
const four = { voters: [1, 2, 3, 4] };
const nine: Shape = {
  voters: [1, 2, 3, 4, 5, 6, 7, 8, 9],
  groups: [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ],
};
const light = { ...nine, weights: { 1: 3, 7: 0, 8: 0, 9: 0 } };
const rows: ReadonlyArray<readonly [string, Shape, readonly number[], boolean]> = [
  ["nobody", three, [], false],
  ["one of three", three, [2], false],
  ["two of three", three, [1, 3], true],
  ["observers do not count", three, [1, 4, 5], false],
  ["strangers do not count", three, [1, 8, 9], false],
  ["half of four is no majority", four, [1, 2], false],
  ["three of four", four, [1, 2, 4], true],
  ["alone", { voters: [1] }, [1], true],
  ["an ensemble without voters decides nothing", { voters: [], observers: [1] }, [1], false],
  ["two of three groups, each by majority", nine, [1, 2, 4, 5], true],
  ["five of nine, but of one group only a majority", nine, [1, 2, 3, 4, 7], false],
  ["one of each group", nine, [1, 4, 7], false],
  ["weights count, not heads", light, [1, 4, 5], true],
  ["two of weight 1 do not outweigh one of 3", light, [2, 3, 4, 5], false],
  ["of two groups that have a weight, one is not enough", light, [1, 2, 3], false],
  ["a group of weight 0 does not count", light, [1, 7, 8, 9], false],
];
for (const [why, shape, servers, want] of rows) {
  test(`quorum: ${why}`, () => {
    equal(quorumsOf(ensembleOf(shape)).isQuorum(idsOf(servers)), want);
  });
}

test("weights: 1 unless told, 0 for who does not vote", () => {
  const quorums = quorumsOf(ensembleOf({ ...light, observers: [10] }));
  const weights = [1, 2, 7, 10, 11].map((id) => quorums.weightOf(sid(id)));
  equal(weights.join(), "3,1,0,0,0");
  const plain = quorumsOf(ensembleOf(three));
  equal([1, 4, 6].map((id) => plain.weightOf(sid(id))).join(), "1,0,0");
  equal([1, 4, 6].map((id) => plain.isVoter(sid(id))).join(), "true,false,false");
});

test("both: each of the two configurations must agree", () => {
  const both = bothOf(quorumsOf(ensembleOf(three)), quorumsOf(ensembleOf({ voters: [3, 4, 5] })));
  const agree = (list: readonly number[]): boolean => both.isQuorum(idsOf(list));
  equal(agree([1, 2]), false);
  equal(agree([4, 5]), false);
  equal(agree([1, 3, 5]), true);
  equal(agree([1, 2, 4, 5]), true);
  equal([1, 3, 5, 6].map((id) => both.isVoter(sid(id))).join(), "true,true,true,false");
  equal([...both.voters].join(), "1,2,3,4,5");
});

test("both: a weight is the committed configuration's, if that knows the server", () => {
  const both = bothOf(quorumsOf(ensembleOf(light)), quorumsOf(ensembleOf({ voters: [7, 10] })));
  equal([7, 10, 11].map((id) => both.weightOf(sid(id))).join(), "0,1,0");
});

/** A configuration of up to 7 voters, with or without groups. */
const shapes: fc.Arbitrary<Shape> = fc
  .record({
    weights: fc.array(fc.nat(3), { minLength: 1, maxLength: 7 }),
    groups: fc.array(fc.nat(2), { minLength: 7, maxLength: 7 }),
    hasGroups: fc.boolean(),
  })
  .map(({ weights, groups, hasGroups }) => {
    const voters = weights.map((_, index) => index + 1);
    if (!hasGroups) return { voters };
    const split = [0, 1, 2].map((group) => voters.filter((id) => groups[id - 1] === group));
    return {
      voters,
      groups: split.filter((ids) => ids.length > 0),
      weights: Object.fromEntries(voters.map((id) => [id, weights[id - 1]!])),
    };
  });
const sets = fc.uniqueArray(fc.integer({ min: 1, max: 8 }));

const shareOne = (quorums: Quorums, a: readonly number[], b: readonly number[]): boolean =>
  !quorums.isQuorum(idsOf(a)) ||
  !quorums.isQuorum(idsOf(b)) ||
  a.some((id) => b.includes(id) && quorums.isVoter(sid(id)));

test("any two quorums of one configuration have a voter in common", () => {
  fc.assert(
    fc.property(shapes, sets, sets, (shape, a, b) => shareOne(quorumsOf(ensembleOf(shape)), a, b)),
    { numRuns: 2000 },
  );
});

test("a quorum of two configurations meets every quorum of each of them", () => {
  fc.assert(
    fc.property(shapes, shapes, sets, sets, (old, next, a, b) => {
      const parts = [quorumsOf(ensembleOf(old)), quorumsOf(ensembleOf(next))] as const;
      if (!bothOf(...parts).isQuorum(idsOf(a))) return true;
      return parts.every((part) => shareOne(part, a, b));
    }),
    { numRuns: 2000 },
  );
});

test("more servers never make a quorum less of one", () => {
  fc.assert(
    fc.property(shapes, sets, sets, (shape, a, b) => {
      const quorums = quorumsOf(ensembleOf(shape));
      return !quorums.isQuorum(idsOf(a)) || quorums.isQuorum(idsOf([...a, ...b]));
    }),
  );
});
