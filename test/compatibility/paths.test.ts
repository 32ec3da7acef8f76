/** Specification 2.9: which paths are taken by which request, and how others are refused. */
import { deepEqual, equal } from "node:assert/strict";
import { CreateResponse } from "../../src/records/client.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { isValidPath } from "../../src/requests/paths.ts";
import * as asking from "../support/asking.ts";
import { bodyOf, create, exists, getData, remove, setAcl, setData } from "../support/asking.ts";
import { MachineWorld, type WorldClient } from "../support/machine-world.ts";
import { statement } from "../support/statement.ts";

const fresh = (): WorldClient => new MachineWorld().open();
/** Paths with a parent that is there, which the full rule refuses. */
const MALFORMED = ["/a/", "/a//b", "/.", "/..", "/a/./b", "/a/..", "/\x01", "/\x7f", "/\ue000"];

statement(
  "2.9",
  "A valid path is not empty, starts with /, and ends with / only as the root",
  () => {
    deepEqual(["/", "/a", "/a/b", "", "a", "a/b", "/a/"].map(isValidPath), [
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  },
);

statement("2.9", "A valid path has no empty, . or .. component", () => {
  const paths = ["/a//b", "//a", "/.", "/..", "/a/./b", "/a/..", "/...", "/a./.b", "/..a"];
  deepEqual(paths.map(isValidPath), [
    ...[false, false, false, false, false, false],
    ...[true, true, true],
  ]);
});

statement("2.9", "No unit of U+0000-001F, 007F-009F, D800-F8FF or FFF0-FFFF is in a path", () => {
  const ranges: ReadonlyArray<readonly [from: number, to: number]> = [
    ...[[0, 0x1f] as const, [0x7f, 0x9f] as const],
    ...[[0xd800, 0xf8ff] as const, [0xfff0, 0xffff] as const],
  ];
  for (let unit = 0; unit <= 0xffff; unit++) {
    const wrong = ranges.some(([from, to]) => unit >= from && unit <= to) || unit === 0x2f;
    if (isValidPath(`/a${String.fromCharCode(unit)}`) === wrong) equal(unit, "a wrong verdict");
  }
});

statement("2.9", "create first asks only for a / and no NUL, then for the parent", () => {
  const a = fresh();
  const codes = ["a", "a\0", "/a\0", "x/b", "/x/y/"].map((path) => a.err(create(a, path)));
  deepEqual(codes, [-8, -8, -8, -101, -101]);
});

statement("2.9", "create applies the full rule to the final name: /a/ sequential is valid", () => {
  const a = fresh();
  create(a, "/a");
  for (let index = 0; index < 9; index++) create(a, `/a/${index}`);
  const xid = create(a, "/a/", { flags: 2 });
  equal(bodyOf(a, xid, CreateResponse).path, "/a/0000000009");
});

statement("2.9", "create of a malformed path below a node that is there fails with -8", () => {
  const a = fresh();
  create(a, "/a");
  for (const path of MALFORMED.filter((one) => !/\/\/b|\.\/b/.test(one))) {
    equal(a.err(create(a, path)), -8, JSON.stringify(path));
  }
});

statement("2.9", "setData, setACL and check of a malformed path fail with -8", () => {
  const a = fresh();
  for (const path of [...MALFORMED, "a", "/\0"]) {
    equal(a.err(setData(a, path)), -8, path);
    equal(a.err(setAcl(a, path, OPEN_ACL)), -8, path);
    const xid = asking.multi(a, [{ kind: "check", request: { path, version: -1 } }]);
    deepEqual(asking.resultsOf(a, xid), [{ kind: "error", err: -8 }], path);
  }
});

statement("2.9", "delete asks for a /, no NUL and not reserved; else malformed is -101", () => {
  const a = fresh();
  create(a, "/a");
  deepEqual(
    ["a", "/a\0", "/zookeeper"].map((path) => a.err(remove(a, path))),
    [-8, -8, -8],
  );
  for (const path of MALFORMED) equal(a.err(remove(a, path)), -101, JSON.stringify(path));
});

statement("2.9", "exists with NUL fails with -8", () => {
  const a = fresh();
  equal(a.err(exists(a, "/a\0")), -8);
});

statement("2.9", "Other reads of malformed paths fail with -101", () => {
  const a = fresh();
  create(a, "/a");
  for (const path of [...MALFORMED, "a"]) {
    equal(a.err(exists(a, path)), -101);
    equal(a.err(getData(a, path)), -101);
    equal(a.err(asking.getChildren(a, path)), -101);
    equal(a.err(asking.askPath(a, OpCode.getACL, path)), -101);
  }
  equal(a.err(getData(a, "/a\0")), -101);
});
