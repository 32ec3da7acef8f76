/** What the commands on subtrees work out of what they read. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { OPEN_ACL, READ_ACL, type Stat } from "../../client/index.ts";
import { parseArguments } from "../arguments.ts";
import { dumpText, dumpValue, parseDump } from "../dump.ts";
import { checkApart, relativeTo } from "../plant.ts";
import { compare } from "./diff.ts";
import { sumsOf } from "./du.ts";
import { find, testOf } from "./find.ts";
import { drawn } from "./tree.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("tree draws bars where siblings follow", () => {
  const places = ["/", "/a", "/a/x", "/a/y", "/a/y/z", "/b", "/b/c"].map((path) => ({
    path,
    depth: path === "/" ? 0 : path.split("/").length - 1,
  }));
  assert.deepEqual(drawn(places), [
    "/",
    "├── a",
    "│   ├── x",
    "│   └── y",
    "│       └── z",
    "└── b",
    "    └── c",
  ]);
});

test("du adds up what is below", () => {
  const sums = sumsOf([
    { path: "/a", depth: 0, bytes: 1 },
    { path: "/a/b", depth: 1, bytes: 10 },
    { path: "/a/b/c", depth: 2, bytes: 100 },
    { path: "/a/d", depth: 1, bytes: 1000 },
  ]);
  assert.deepEqual(
    sums.map(({ path, bytes: sum, nodes }) => `${path} ${sum} ${nodes}`),
    ["/a 1111 4", "/a/b 110 2", "/a/b/c 100 1", "/a/d 1000 1"],
  );
});

describe("find", () => {
  const now = 100 * 60_000;
  const place = (path: string, stat: Partial<Stat>) => ({
    path,
    stat: { dataLength: 5, mtime: now, ephemeralOwner: 0n, ...stat } as Stat,
  });
  const rows: ReadonlyArray<
    readonly [line: string, path: string, stat: Partial<Stat>, isFound: boolean]
  > = [
    ["", "/a", {}, true],
    ["-name a*", "/x/ab", {}, true],
    ["-name a*", "/a/b", {}, false],
    ["-name a.b", "/axb", {}, false],
    ["-name ?", "/é", {}, true],
    ["-type e", "/a", { ephemeralOwner: 7n as Stat["ephemeralOwner"] }, true],
    ["-type e", "/a", {}, false],
    ["-size +4", "/a", {}, true],
    ["-size +5", "/a", {}, false],
    ["-size -6 -size 5", "/a", {}, true],
    ["-mmin -1", "/a", {}, true],
    ["-mmin +10", "/a", { mtime: now - 11 * 60_000 }, true],
    ["-mmin +10", "/a", { mtime: now - 10 * 60_000 }, false],
  ];
  for (const [line, path, stat, isFound] of rows) {
    test(`${line} ${path} ${isFound}`, () => {
      const args = parseArguments(line === "" ? [] : line.split(" "), find.options!);
      assert.equal(testOf(args, now)(place(path, stat)), isFound);
    });
  }
  for (const line of ["-type x", "-size many", "-mmin +"]) {
    test(`refuses ${line}`, () => {
      assert.throws(() => testOf(parseArguments(line.split(" "), find.options!), now), /needs/);
    });
  }
});

test("diff tells where a node is alone and in what two differ", () => {
  const node = (data: string | null, acl = OPEN_ACL) => ({
    data: data === null ? null : bytes(data),
    acl,
  });
  const left = new Map([
    ["", node("x")],
    ["a", node("1")],
    ["b", node(null)],
    ["c", node("", READ_ACL)],
  ]);
  const right = new Map([
    ["", node("x")],
    ["b", node("")],
    ["c", node("")],
    ["d", node("4")],
  ]);
  const told = (withAcls: boolean): readonly string[] =>
    compare(left, right, withAcls).map(({ path, kind }) => `${kind} ${path}`);
  assert.deepEqual(told(false), ["left a", "data b", "right d"]);
  assert.deepEqual(told(true), ["left a", "data b", "acl c", "right d"]);
});

describe("an exported subtree", () => {
  test("comes back as it was", async () => {
    const seeds = [
      { relative: "", data: null, acl: OPEN_ACL },
      { relative: "text", data: bytes("ä\n"), acl: READ_ACL },
      { relative: "text/bytes", data: new Uint8Array([0xff, 0, 0xfe]), acl: OPEN_ACL },
      { relative: "none", data: new Uint8Array() },
      { relative: "box", data: null, kind: { mode: "container" } },
      { relative: "brief", data: null, kind: { ttlMs: 60_000 } },
    ] as const;
    for (const isYaml of [false, true]) {
      const text = await dumpText(dumpValue("/x", seeds), isYaml);
      assert.deepEqual(await parseDump(text), seeds, text);
      assert.equal(text.startsWith("{"), !isYaml);
    }
  });

  test("comes back from YAML, whatever its data", async () => {
    const data = fc.oneof(fc.string({ unit: "grapheme" }).map(bytes), fc.uint8Array());
    await fc.assert(
      fc.asyncProperty(data, async (one) => {
        const seeds = [{ relative: "", data: one }];
        assert.deepEqual(await parseDump(await dumpText(dumpValue("/", seeds), true)), seeds);
      }),
    );
  });

  const dump = (nodes: unknown): string =>
    JSON.stringify({ format: "quoll-subtree", version: 1, nodes });
  const rows: ReadonlyArray<readonly [text: string, told: RegExp]> = [
    ["{", /no JSON/],
    ["[]", /no quoll-subtree of version 1/],
    ['{"format":"quoll-subtree","version":2}', /no quoll-subtree of version 1/],
    ["a: b: c", /no YAML/],
    ["&a [*a]", /no quoll-subtree|no YAML|is no object/],
    [dump([{ path: "a", data: "", mode: "ephemeral" }]), /unknown mode/],
    [dump([{ path: "a", data: "", ttlMs: 0 }]), /unknown mode, or no time/],
    [dump([{ path: "a", data: "", ttlMs: 5, mode: "container" }]), /unknown mode/],
    [dump({}), /"nodes" is no list/],
    [dump([null]), /node 0 is no object/],
    [dump([{ path: "/a", data: null }]), /node 0 has no relative path/],
    [dump([{ path: "a" }]), /node 0 has no data/],
    [dump([{ path: "a", data: "", encoding: "rot13" }]), /unknown encoding/],
    [dump([{ path: "a", data: "", acl: [{ scheme: "x", id: "y", perms: "q" }] }]), /ACL entry/],
    [
      dump([
        { path: "a", data: "" },
        { path: "a", data: "" },
      ]),
      /"a" is there twice/,
    ],
  ];
  for (const [text, told] of rows) {
    test(`refuses ${text}`, () => assert.rejects(parseDump(text), told));
  }
});

describe("the places of a copy", () => {
  test("are relative to the top", () => {
    assert.equal(relativeTo("/a", "/a"), "");
    assert.equal(relativeTo("/a", "/a/b/c"), "b/c");
    assert.equal(relativeTo("/", "/b"), "b");
  });
  test("are not within the original", () => {
    assert.throws(() => checkApart("/a", "/a"), /the same node/);
    assert.throws(() => checkApart("/a", "/a/b"), /below/);
    assert.throws(() => checkApart("/", "/b"), /below/);
    checkApart("/a", "/ab");
  });
});
