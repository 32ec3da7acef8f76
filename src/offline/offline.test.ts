/** `quoll log` and `quoll snapshot` on folders that are whole, and on damaged ones. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import test from "node:test";
import { EVERY_TXN, logOf } from "../../test/support/every-txn.ts";
import { readGolden } from "../../test/support/golden.ts";
import { JuteWriter } from "../jute/writer.ts";
import { writeLogHeader, writeRecord } from "../txnlog/log-format.ts";
import { runLog } from "./log-command.ts";
import type { CommandStreams } from "./output.ts";
import { runSnapshot } from "./snapshot-command.ts";

const GOLDEN = "standalone/data/version-2";
const LOGS = ["log.1", "log.41", "log.90", "log.ff"];
const SNAPSHOTS = ["snapshot.0", "snapshot.3f", "snapshot.8e", "snapshot.fd"];

type Ran = { readonly code: number; readonly out: readonly string[]; readonly err: string };

/** A `dataDir`, and what the commands say in it. */
class Place {
  readonly folder = mkdtempSync(join(tmpdir(), "quoll-offline-"));
  readonly inside = join(this.folder, "version-2");

  constructor(names: readonly string[] = [...LOGS, ...SNAPSHOTS]) {
    mkdirSync(this.inside);
    for (const name of names) this.put(name, readGolden(`${GOLDEN}/${name}`));
  }

  put(name: string, bytes: Uint8Array): void {
    writeFileSync(join(this.inside, name), bytes);
  }

  get(name: string): Uint8Array<ArrayBuffer> {
    return new Uint8Array(readFileSync(join(this.inside, name)));
  }

  log(...argv: string[]): Promise<Ran> {
    return this.run(runLog, argv);
  }

  snapshot(...argv: string[]): Promise<Ran> {
    return this.run(runSnapshot, argv);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  /** The folder's path is left out of what is printed; `@` in an argument stands for it. */
  private async run(
    command: (argv: readonly string[], streams: CommandStreams) => Promise<number>,
    argv: readonly string[],
  ): Promise<Ran> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const [out, err] = [text(stdout), text(stderr)];
    const args = argv.map((arg) => arg.replace("@", this.inside));
    const code = await command(args, { stdin: Readable.from([]), stdout, stderr });
    stdout.end();
    stderr.end();
    const lines = (await out).replaceAll(`${this.inside}/`, "").split("\n").slice(0, -1);
    return { code, out: lines, err: (await err).replaceAll(`${this.inside}/`, "") };
  }
}

test("every kind of transaction is one line", async () => {
  using place = new Place([]);
  place.put("log.1", logOf(EVERY_TXN));
  const { code, out } = await place.log("@/log.1", "--data");
  assert.equal(code, 0);
  assert.equal(out.length, EVERY_TXN.length);
  const told = out.map((line) => line.replace(/^\S+ \S+ session 0xfffffffffffffffb cxid \S+ /, ""));
  assert.deepEqual(told.slice(0, 8), [
    "createSession timeout 4000 ms",
    "create /a no data ephemeral acl world:anyone:cdrwa",
    "create2 /a,b\\u000ac 5 bytes acl digest:a,b}%\\u000a:rw,:: = line\\u000a",
    "create /none 0 bytes acl  = ",
    "createContainer /c no data acl world:anyone:cdrwa",
    "createTTL /t 1 bytes ttl 77 ms acl world:anyone:cdrwa = x",
    "setData /a no data version 2",
    "setData /a 7 bytes version 2 = ���\\u000a\\u000d\\u0000",
  ]);
  assert.deepEqual(told.slice(12, 17), [
    "reconfig /zookeeper/config 10 bytes version 1 = server.1=x",
    "error NoNode",
    "closeSession",
    "closeSession",
    "closeSession /a /b",
  ]);
});

test("JSON is one array or one value a line, and parses", async () => {
  using place = new Place([]);
  place.put("log.1", logOf(EVERY_TXN));
  const whole = await place.log("@/log.1", "--output", "json", "--data");
  const lines = await place.log("@/log.1", "--output", "ndjson", "--data");
  const values = JSON.parse(whole.out.join("\n")) as readonly object[];
  assert.deepEqual(
    values,
    lines.out.map((line) => JSON.parse(line)),
  );
  assert.deepEqual(values[5], {
    ...{ zxid: "0x6", time: "2023-11-16T09:13:20.000Z", session: "0xfffffffffffffffb", cxid: 4 },
    ...{ type: "createTTL", path: "/t", dataBytes: 1, data: "eA==" },
    ...{ acl: ["world:anyone:cdrwa"], ttlMs: 77 },
  });
  assert.deepEqual((await place.log("@/log.1", "--path", "/no", "--output", "json")).out, ["[]"]);
});

test("filters choose by path, session, zxid and type", async () => {
  using place = new Place();
  const rows: ReadonlyArray<readonly [flags: string, transactions: number]> = [
    ["--path /m", 3],
    ["--path /app/n00", 0],
    ["--session 0x1000017a8de0003", 3],
    ["--from 0x80 --to 133", 6],
    ["--type closeSession", 2],
    ["--path /app --type delete --from 0x7c", 4],
  ];
  for (const [flags, transactions] of rows) {
    const { code, out } = await place.log(place.folder, ...flags.split(" "));
    assert.deepEqual([code, out.length], [0, transactions], flags);
  }
});

test("logs of one folder are read in the order of their transactions", async () => {
  using place = new Place(["log.1", "log.41"]);
  const epoch = "ensemble-a/server2/data/version-2/log.100000001";
  place.put("log.100000001", readGolden(epoch));
  const { code, out } = await place.log("@/log.100000001", "@/log.41", "@/log.1", "--verify");
  assert.deepEqual(out, ["170 transactions in 3 files: all whole"]);
  assert.equal(code, 0);
});

/** Where a record of log.90 begins, and one of log.ff, in bytes. */
const RECORD = 240;
const LAST_FILE_RECORD = 4933;

const DAMAGES: ReadonlyArray<
  readonly [why: string, damage: (place: Place) => void, told: readonly RegExp[]]
> = [
  ["a flipped bit", flip("log.90", RECORD + 60), [/^log\.90 at byte 240.*damaged/, /gap: 0xff/]],
  ["a torn end", cut("log.ff", LAST_FILE_RECORD + 30), [/^log\.ff at byte 4933.*torn/]],
  ["a torn end in between", cut("log.41", 3000), [/log\.41 .*torn/, /log\.90 .*gap: 0x90/]],
  ["a file is missing", (place) => rmSync(join(place.inside, "log.90")), [/^log\.ff .*gap: 0xff/]],
  ["a file comes twice", (place) => place.put("log.42", place.get("log.41")), [/order: 0x41/]],
  ["another magic number", flip("log.41", 0), [/^log\.41 at byte 0.*foreign/, /gap: 0x90/]],
  ["another version", flip("log.41", 7), [/^log\.41 .*foreign: .*version 3/, /gap/]],
  ["a record that is no transaction", unknownType, [/^log\.15d at byte 16.*unreadable.*0x15d/]],
];

/** A whole record behind the last one, of a type that nobody knows. */
function unknownType(place: Place): void {
  const bytes = logOf([{ kind: "delete", path: "/x" }], 0x15dn);
  const entry = bytes.slice(RECORD_START, -1);
  new DataView(entry.buffer).setInt32(TYPE_AT, 99);
  const to = new JuteWriter();
  writeLogHeader(to);
  writeRecord(to, entry);
  place.put("log.15d", to.written());
}

/** Where the first entry of a log begins, and the type in an entry, in bytes. */
const RECORD_START = 28;
const TYPE_AT = 28;

function flip(name: string, at: number): (place: Place) => void {
  return (place) => {
    const bytes = place.get(name);
    bytes[at]! ^= 1;
    place.put(name, bytes);
  };
}

function cut(name: string, at: number): (place: Place) => void {
  return (place) => place.put(name, place.get(name).slice(0, at));
}

for (const [why, damage, told] of DAMAGES) {
  test(`verify tells: ${why}`, async () => {
    using place = new Place();
    damage(place);
    const { code, out } = await place.log(place.folder, "--verify");
    assert.equal(code, 1, out.join("\n"));
    assert.equal(out.length, told.length + 1, out.join("\n"));
    for (const [index, pattern] of told.entries()) assert.match(out[index]!, pattern);
  });
}

test("a file to which nothing was written yet is harmless", async () => {
  using place = new Place();
  place.put("log.15d", new Uint8Array(4096));
  const { code, out } = await place.log("@", "--verify");
  assert.equal(code, 0);
  assert.match(out[0]!, /^log\.15d at byte 0.*empty/);
});

test("what is wrong is told beside the transactions, not among them", async () => {
  using place = new Place();
  flip("log.90", RECORD + 60)(place);
  const { code, out, err } = await place.log("@/log.90", "--output", "ndjson");
  assert.equal(code, 1);
  assert.equal(out.map((line) => JSON.parse(line) as object).length, 2);
  assert.match(err, /^log\.90 at byte 240, after 0x91: damaged/);
});

test("a torn end is cut only when that is confirmed, and kept", async () => {
  using place = new Place();
  cut("log.ff", LAST_FILE_RECORD + 30)(place);
  const before = place.get("log.ff");
  const asked = await place.log("@", "--repair");
  assert.equal(asked.code, 1);
  assert.match(asked.out.join(" "), /would be moved.*Nothing was changed/);
  assert.deepEqual(place.get("log.ff"), before);
  const done = await place.log("@", "--repair", "--yes");
  assert.equal(done.code, 0);
  assert.deepEqual(place.get("log.ff"), before.slice(0, LAST_FILE_RECORD));
  const torn = before.slice(LAST_FILE_RECORD);
  const data = torn.findLastIndex((byte) => byte !== 0) + 1;
  assert.deepEqual(place.get("torn.log.ff.4933"), torn.slice(0, data));
  assert.equal((await place.log("@", "--verify")).code, 0);
  assert.deepEqual((await place.log("@", "--repair", "--yes")).out, [
    "nothing to repair: all is whole",
  ]);
});

test("whatever else is wrong is not repaired", async () => {
  for (const [, damage] of [DAMAGES[0]!, DAMAGES[2]!, DAMAGES[3]!]) {
    using place = new Place();
    damage(place);
    const files = () => readdirSync(place.inside).map((name) => [name, place.get(name)]);
    const before = files();
    await assert.rejects(place.log("@", "--repair", "--yes"), { code: "COMMAND_REFUSED" });
    assert.deepEqual(files(), before);
  }
  using place = new Place();
  cut("log.41", 3000)(place);
  await assert.rejects(place.log("@/log.41", "--repair", "--yes"), /the last file/);
});

test("a summary counts what the filters leave", async () => {
  using place = new Place();
  const { out } = await place.log("@", "--summary", "--output", "json", "--path", "/m");
  const summary = JSON.parse(out.join("\n")) as { readonly types: object };
  assert.deepEqual(summary.types, { multi: 3 });
  assert.match((await place.log("@", "--summary", "--path", "/no")).out[0]!, /no transactions/);
});

test("snapshots are printed, counted and verified", async () => {
  using place = new Place();
  const one = await place.snapshot("@", "--path", "/m/t", "--output", "ndjson", "--data");
  assert.deepEqual(JSON.parse(one.out[0]!), {
    ...{ path: "/m/t", dataBytes: 0, data: "", acl: ["world:anyone:cdrwa"] },
    ...{ czxid: "0x8a", mzxid: "0x8a", pzxid: "0x8a" },
    ...{ ctime: "2026-11-22T15:53:14.405Z", mtime: "2026-11-22T15:53:14.405Z" },
    ...{ version: 0, cversion: 0, aversion: 0, ttlMs: 1_000_000 },
  });
  const owned = await place.snapshot("@", "--session", "0x1000017a8de0001");
  assert.equal(owned.out.length, 6);
  assert.ok(owned.out.every((line) => line.includes("ephemeral 0x1000017a8de0001")));
  const { out } = await place.snapshot("@", "--summary", "--output", "json");
  const summary = JSON.parse(out.join("\n")) as Readonly<Record<string, unknown>>;
  assert.deepEqual([summary["nodes"], summary["digestZxid"]], [163, "0xfe"]);
  const verified = await place.snapshot("@", "--verify");
  assert.deepEqual([verified.code, verified.out.length], [0, 4]);
});

test("compressed snapshots are read like others", async () => {
  using place = new Place([]);
  for (const name of ["snapshot.15c", "snapshot.15c.gz", "snapshot.15c.snappy"]) {
    place.put(name, readGolden(`snapshots/${name}`));
  }
  const plain = await place.snapshot("@/snapshot.15c", "--data");
  for (const extension of [".gz", ".snappy"]) {
    const packed = await place.snapshot(`@/snapshot.15c${extension}`, "--data");
    assert.deepEqual(packed.out, plain.out);
  }
});

test("a damaged snapshot is named, with what is wrong", async () => {
  using place = new Place();
  flip("snapshot.8e", 3000)(place);
  const { code, out } = await place.snapshot("@", "--verify");
  assert.equal(code, 1);
  assert.match(out[2]!, /^snapshot\.8e: damaged: /);
  const printed = await place.snapshot("@/snapshot.8e");
  assert.deepEqual([printed.code, printed.out], [1, []]);
  assert.match(printed.err, /snapshot\.8e: /);
});

test("a comparison names what was added, removed and changed", async () => {
  using place = new Place();
  const there = await place.snapshot("@/snapshot.3f", "--compare", "@/snapshot.8e");
  const back = await place.snapshot("@/snapshot.8e", "--compare", "@/snapshot.3f");
  assert.deepEqual([there.code, back.code], [1, 1]);
  assert.ok(there.out.includes("- /app/n005 7 bytes"));
  assert.ok(back.out.includes("+ /app/n005 7 bytes"));
  assert.ok(there.out.includes("~ /app/config acl"));
  assert.ok(there.out.includes("~ /app/n003 data, version"));
  const same = await place.snapshot("@/snapshot.3f", "--compare", "@/snapshot.3f");
  assert.deepEqual([same.code, same.out], [0, []]);
});

test("what cannot be understood is refused", async () => {
  using place = new Place();
  const rows: ReadonlyArray<readonly [args: readonly string[], told: RegExp]> = [
    [["@/absent"], /does not exist/],
    [["@", "--from", "0xg"], /--from 0xg: write it as 0x1f/],
    [["@", "--output", "xml"], /there are text, json, ndjson/],
    [["@", "--summary", "--verify"], /one of/],
    [["@", "--yes"], /belongs to --repair/],
    [["@", "--colour"], /Unknown option/],
  ];
  for (const [args, told] of rows) await assert.rejects(place.log(...args), told);
  await assert.rejects(place.snapshot("@", "@"), /one file or folder/);
  assert.equal((await place.log()).code, 2);
  assert.equal((await place.snapshot("--help")).code, 0);
});
