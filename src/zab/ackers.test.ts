/** Interned sets against plain ones: the same quorums, and one object for each set. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type ServerId, toServerId } from "../base/ids.ts";
import type { Quorums } from "../quorum/quorums.ts";
import { Family } from "./ackers.ts";

const SERVERS = [1n, 2n, 3n, 4n, 5n].map(toServerId);
/** The first counts thrice: not every set of three decides. */
const quorums: Quorums = {
  isQuorum: (servers) => [...servers].reduce((sum, id) => sum + quorums.weightOf(id), 0) > 3,
  isVoter: (server) => SERVERS.includes(server),
  weightOf: (server) => (server === SERVERS[0] ? 3 : 1),
  voters: new Set(SERVERS),
};
const step = fc.record({
  kind: fc.constantFrom("with" as const, "with" as const, "without" as const),
  server: fc.constantFrom(...SERVERS),
});

test("sets of ackers come and go as sets of servers do", () => {
  const family = new Family(quorums);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const model = new Set<ServerId>();
      let ackers = family.nobody;
      for (const { kind, server } of steps) {
        if (kind === "with") model.add(server);
        else model.delete(server);
        ackers = kind === "with" ? ackers.with(server) : ackers.without(server);
        equal(ackers.isQuorum, quorums.isQuorum(model));
        equal(ackers, family.of(model));
      }
    }),
  );
});
