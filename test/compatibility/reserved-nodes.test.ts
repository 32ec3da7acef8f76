/** Specification 2.8: what is there before anybody came, and what cannot go. */
import { deepEqual, equal } from "node:assert/strict";
import { GetAllChildrenNumberResponse } from "../../src/records/client.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import * as asking from "../support/asking.ts";
import { aclOf, childrenOf, create, dataOf, remove, statOf } from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const OWN = ["/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"];
const fresh = (): WorldClient => new MachineWorld().open();

statement("2.8", "A fresh tree has /, /zookeeper, /zookeeper/quota and /zookeeper/config", () => {
  const a = fresh();
  deepEqual(childrenOf(a, "/"), ["zookeeper"]);
  deepEqual(childrenOf(a, "/zookeeper"), ["config", "quota"]);
  deepEqual([childrenOf(a, "/zookeeper/quota"), childrenOf(a, "/zookeeper/config")], [[], []]);
});

statement("2.8", "All zxids and times of a fresh tree are 0, its data is empty", () => {
  const a = fresh();
  for (const path of OWN) {
    const { czxid, mzxid, pzxid, ctime, mtime, dataLength } = statOf(a, path);
    deepEqual([czxid, mzxid, pzxid, ctime, mtime, dataLength], [0n, 0n, 0n, 0, 0, 0], path);
    deepEqual(dataOf(a, path), new Uint8Array(0), path);
  }
});

statement("2.8", "/, /zookeeper and /zookeeper/quota are open to everybody", () => {
  const a = fresh();
  for (const path of OWN.slice(0, 3)) deepEqual(aclOf(a, path), OPEN_ACL);
});

statement("2.8", "/zookeeper/config has world:anyone READ and aversion -1", () => {
  const a = fresh();
  deepEqual(aclOf(a, "/zookeeper/config"), [{ perms: 1, scheme: "world", id: "anyone" }]);
  equal(statOf(a, "/zookeeper/config").aversion, -1);
  equal(a.err(asking.setData(a, "/zookeeper/config")), -102);
});

statement("2.8", "The empty path in a request means the root", () => {
  const a = fresh();
  create(a, "/a");
  deepEqual(statOf(a, ""), statOf(a, "/"));
  deepEqual(childrenOf(a, ""), ["a", "zookeeper"]);
  deepEqual(aclOf(a, ""), OPEN_ACL);
});

statement("2.8", "Delete of /, /zookeeper, its quota and its config fails with -8", () => {
  const a = fresh();
  for (const path of OWN) equal(a.err(remove(a, path)), -8, path);
});

statement("2.8", "getAllChildrenNumber of / does not count the root under any of its names", () => {
  const a = fresh();
  const count = (): number =>
    asking.bodyOf(
      a,
      asking.askPath(a, OpCode.getAllChildrenNumber, "/"),
      GetAllChildrenNumberResponse,
    ).totalNumber;
  equal(count(), 3);
  create(a, "/a");
  create(a, "/a/b");
  equal(count(), 5);
});
