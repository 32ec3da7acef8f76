/** A learner whose tree is not its leader's says so, once, and goes on; one that is equal says nothing. */
import { equal, notEqual } from "node:assert/strict";
import { test } from "node:test";
import { SESSION_NONE } from "../src/base/ids.ts";
import { Three } from "./support/three-members.ts";

const DIFFERS =
  "a member tells: the data tree differs from what the leader foretold: one of the two is not sound";

test("a learner tells that its tree is another than the leader's", () => {
  const world = new Three();
  const follower = world.followers()[0]!;
  const client = world.client(follower);
  const write = (path: string): void => {
    equal(world.ask(client, { kind: "create", path, data: new Uint8Array(1), mode: 0 }).err, 0);
  };
  write("/a");
  equal(world.probes.reached.get(DIFFERS), undefined);
  const { tree } = follower.born!.state();
  const before = tree.digest;
  const { lastProcessed: zxid } = tree;
  const header = { clientId: SESSION_NONE, cxid: 0, zxid, time: 1 };
  const data = new Uint8Array(9);
  tree.apply({ header, txn: { kind: "setData", path: "/a", data, version: 5 } }, undefined);
  notEqual(tree.digest, before);
  write("/b");
  write("/c");
  equal(world.probes.reached.get(DIFFERS), 1);
});
