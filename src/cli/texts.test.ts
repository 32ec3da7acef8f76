/** What the shell reads and prints, as tables. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  AuthFailedError,
  BadArgumentsError,
  NoAuthError,
  NodeExistsError,
  NoNodeError,
  NoWatcherError,
  type Stat,
  ThrottledOpError,
} from "../client/index.ts";
import { parseAcl } from "./acl-text.ts";
import { parseArguments } from "./arguments.ts";
import { CliError } from "./command.ts";
import { aclLines, dataText, dateText, errorText, eventLines, statLines } from "./texts.ts";
import { wordsOf } from "./words.ts";

Object.assign(process.env, { TZ: "UTC" });

describe("words of a line", () => {
  const rows: ReadonlyArray<readonly [line: string, words: readonly string[]]> = [
    ["", []],
    ["   ", []],
    ["ls /", ["ls", "/"]],
    ["  ls   /  ", ["ls", "/"]],
    ['create /a "hello world"', ["create", "/a", "hello world"]],
    ["create /a 'it is'", ["create", "/a", "it is"]],
    [`create /a "a 'b' c"`, ["create", "/a", "a 'b' c"]],
    ['create /a ""', ["create", "/a", ""]],
    [`set /a {"k":"v"}`, ["set", "/a", `{"k":"v"}`]],
  ];
  for (const [line, words] of rows) {
    test(JSON.stringify(line), () => assert.deepEqual(wordsOf(line), words));
  }
});

describe("options", () => {
  const table = { s: "flag", w: "flag", v: "value" } as const;
  const rows: ReadonlyArray<
    readonly [words: string, flags: string, version: string | undefined, rest: string]
  > = [
    ["/a", "", undefined, "/a"],
    ["-s /a", "s", undefined, "/a"],
    ["/a -s", "s", undefined, "/a"],
    ["-sw /a", "s w", undefined, "/a"],
    ["-v 3 /a x", "", "3", "/a x"],
    ["-v -1 /a", "", "-1", "/a"],
    ["-- -s", "", undefined, "-s"],
    ["/a -", "", undefined, "/a -"],
  ];
  for (const [words, flags, version, rest] of rows) {
    test(words, () => {
      const args = parseArguments(words.split(" "), table);
      assert.equal([...args.flags].join(" "), flags);
      assert.equal(args.values.get("v"), version);
      assert.equal(args.words.join(" "), rest);
    });
  }
  for (const [words, told] of [
    ["-q /a", "Unrecognized option: -q"],
    ["-sq /a", "Unrecognized option: -sq"],
    ["/a -v", "Missing argument for option: v"],
  ] as const) {
    test(words, () =>
      assert.throws(() => parseArguments(words.split(" "), table), new CliError(told)),
    );
  }
});

describe("ACLs", () => {
  test("are read and printed", () => {
    const acl = parseAcl("world:anyone:r,digest:bob:hash=:crwda,ip:::1:a");
    assert.deepEqual(aclLines(acl), [
      "'world,'anyone",
      ": r",
      "'digest,'bob:hash=",
      ": cdrwa",
      "'ip,'::1",
      ": a",
    ]);
  });
  for (const [text, told] of [
    ["junk", "junk does not have the form scheme:id:perm"],
    ["world:anyone", "world:anyone does not have the form scheme:id:perm"],
    ["world:anyone:rq", "Unknown perm type: rq"],
  ] as const) {
    test(`refuses ${text}`, () => assert.throws(() => parseAcl(text), new CliError(told)));
  }
});

describe("output", () => {
  test("times", () => {
    assert.equal(dateText(0), "Thu Jan 01 00:00:00 UTC 1970");
    assert.equal(dateText(Date.UTC(2026, 10, 22, 18, 7, 53)), "Sun Nov 22 18:07:53 UTC 2026");
  });

  test("a Stat", () => {
    const stat = {
      czxid: 0x7n,
      mzxid: 0x1_0000_0000n,
      ctime: 0,
      mtime: 0,
      version: 1,
      cversion: 2,
      aversion: -1,
      ephemeralOwner: -1n,
      dataLength: 4,
      numChildren: 5,
      pzxid: 0n,
    } as Stat;
    assert.deepEqual(statLines(stat), [
      "cZxid = 0x7",
      "ctime = Thu Jan 01 00:00:00 UTC 1970",
      "mZxid = 0x100000000",
      "mtime = Thu Jan 01 00:00:00 UTC 1970",
      "pZxid = 0x0",
      "cversion = 2",
      "dataVersion = 1",
      "aclVersion = -1",
      "ephemeralOwner = 0xffffffffffffffff",
      "dataLength = 4",
      "numChildren = 5",
    ]);
  });

  test("data", () => {
    assert.equal(dataText(null), "null");
    assert.equal(dataText(new Uint8Array(0)), "");
    assert.equal(dataText(new TextEncoder().encode("ä")), "ä");
  });

  test("an event", () => {
    const event = {
      type: "NodeDeleted",
      state: "SyncConnected",
      path: "/master",
      zxid: undefined,
    } as const;
    assert.deepEqual(eventLines(event), [
      "",
      "WATCHER::",
      "",
      "WatchedEvent state:SyncConnected type:NodeDeleted path:/master",
    ]);
  });

  const about = { operation: "create", path: "/a", ambiguous: false };
  const rows: ReadonlyArray<readonly [error: Parameters<typeof errorText>[0], text: string]> = [
    [new NodeExistsError(about), "Node already exists: /a"],
    [new NoNodeError(about), "Node does not exist: /a"],
    [new NoAuthError(about), "Insufficient permission : /a"],
    [new NoWatcherError(about), "KeeperErrorCode = No such watcher for /a"],
    [new ThrottledOpError(about), "KeeperErrorCode = Op throttled due to high load for /a"],
    [new AuthFailedError({ ...about, path: undefined }), "KeeperErrorCode = AuthFailed"],
    [new BadArgumentsError(about), "Arguments are not valid : /a"],
    [new BadArgumentsError({ ...about, detail: "Path must start" }), "Path must start"],
    [
      new NoNodeError({
        ...about,
        path: undefined,
        element: { index: 0, path: "/x", results: [] },
      }),
      "Node does not exist: /x",
    ],
  ];
  for (const [error, text] of rows) {
    test(`error ${text}`, () => assert.equal(errorText(error), text));
  }
});
