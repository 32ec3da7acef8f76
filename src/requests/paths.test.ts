/** Path rules of specification 2.9. */
import { equal } from "node:assert/strict";
import { test } from "node:test";
import { hasParent, isReserved, isValidPath, parentPath } from "./paths.ts";

const rows: ReadonlyArray<readonly [why: string, path: string, valid: boolean]> = [
  ["the root", "/", true],
  ["a plain path", "/a/b-c_d.e", true],
  ["three dots are a name", "/...", true],
  ["dots within a name", "/a..b/.c", true],
  ["beyond ASCII", "/grün/日本", true],
  ["the last unit before the private ones", "/\ud7ff", true],
  ["empty", "", false],
  ["relative", "a/b", false],
  ["a slash at the end", "/a/", false],
  ["an empty part", "/a//b", false],
  ["this folder", "/a/./b", false],
  ["the folder above", "/a/..", false],
  ["NUL", "/a\0", false],
  ["a control", "/a\x1f", false],
  ["DEL", "/a\x7f", false],
  ["a C1 control", "/a\x9f", false],
  ["beyond the BMP: its surrogates are refused", "/😀", false],
  ["private use", "/\ue000", false],
  ["a replacement character, which malformed UTF-8 becomes", "/\ufffd", false],
];
for (const [why, path, valid] of rows) {
  test(`path ${valid ? "valid" : "invalid"}: ${why}`, () => equal(isValidPath(path), valid));
}

test("parents: the root's children have / as parent", () => {
  equal(parentPath("/a"), "/");
  equal(parentPath("/a/b"), "/a");
  equal(parentPath("a/b"), "a");
});

test("the first rule of create and delete asks for a slash and no NUL only", () => {
  equal(hasParent("a/"), true);
  equal(hasParent("a"), false);
  equal(hasParent("/a\0"), false);
});

test("the reference's own nodes are reserved, the root under both of its names", () => {
  for (const path of ["", "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]) {
    equal(isReserved(path), true);
  }
  equal(isReserved("/zookeeper/other"), false);
});
