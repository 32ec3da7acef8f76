/**
 * The shell against a running server, by its address: Apache ZooKeeper or Quoll. What it prints was
 * compared line by line with the reference's shell.
 *
 *   node dist/test/interop/cli-suite.js 127.0.0.1:2181
 *
 * The server needs `zookeeper.extendedTypesEnabled=true`. Ends with the line `N passed, M failed`.
 */
import { PassThrough } from "node:stream";
import { runCli } from "../../src/cli/main.ts";

const address = process.argv[2];
if (address === undefined) {
  process.stderr.write("usage: cli-suite.js host:port\n");
  process.exit(2);
}
const ROOT = `/quoll-cli-${process.pid}`;

type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** Runs the shell with arguments, or with lines on its standard input. */
async function run(args: readonly string[], input = "", server = address): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let out = "";
  let err = "";
  stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  stdin.end(input);
  const io = { stdin, stdout, stderr, env: process.env };
  const code = await runCli(["-server", server ?? "", ...args], io);
  await new Promise((resolve) => setImmediate(resolve));
  return { code, out, err };
}

let passed = 0;
let failed = 0;
function check(
  name: string,
  ran: Ran,
  wanted: Partial<Record<"out" | "err", RegExp | string>>,
  code = 0,
) {
  const wrong = (["out", "err"] as const).filter((stream) => {
    const want = wanted[stream] ?? (stream === "out" ? "" : /(?:)/);
    return typeof want === "string" ? ran[stream] !== want : !want.test(ran[stream]);
  });
  if (wrong.length === 0 && ran.code === code) {
    passed++;
    process.stdout.write(`ok      ${name}\n`);
    return;
  }
  failed++;
  process.stdout.write(`FAILED  ${name}: wanted ${code} ${wanted.out ?? ""} ${wanted.err ?? ""}\n`);
  process.stdout.write(`${ran.code}\n${ran.out}\n--\n${ran.err}\n`);
}

/**
 * One-shot commands: line, what it prints, where, exit code. `~` stands for the test's own node.
 */
const STAT =
  /^cZxid = 0x[0-9a-f]+\nctime = \w{3} \w{3} \d\d \d\d:\d\d:\d\d \S+ \d{4}\n(\w+ = .*\n){9}$/;
const commands: ReadonlyArray<
  readonly [line: string, out: RegExp | string, err: RegExp | string | undefined, code: number]
> = [
  ["create ~ root", "", /^Created ~$/m, 0],
  ["create ~ root", "", /^Node already exists: ~$/m, 1],
  ["create ~/no/where", "", /^Node does not exist: ~\/no\/where$/m, 1],
  ["create", "", /^create \[-s\] \[-e\] \[-c\] \[-t ttl\] path \[data\] \[acl\]$/m, 1],
  ["create -s ~/s- x", "", /^Created ~\/s-0000000000$/m, 0],
  ["create -c ~/c", "", /^Created ~\/c$/m, 0],
  ["create -t 100000 ~/t x", "", /^Created ~\/t$/m, 0],
  ["create -t 0 ~/t x", "", /^ttl must be positive/m, 1],
  ["create -e -c ~/x", "", /^-c cannot be combined with -s or -e/m, 1],
  ["create nope", "", /^Path must start with \/ character$/m, 1],
  ["ls ~", "[c, s-0000000000, t]\n", undefined, 0],
  ["ls -R ~", "~\n~/c\n~/s-0000000000\n~/t\n", undefined, 0],
  ["create ~/t2 x", "", undefined, 0],
  ["create ~/t2/a x", "", undefined, 0],
  ["create ~/t2/a/z x", "", undefined, 0],
  ["create ~/t2/b x", "", undefined, 0],
  ["ls -R ~/t2", "~/t2\n~/t2/a\n~/t2/b\n~/t2/a/z\n", undefined, 0],
  ["deleteall ~/t2", "", undefined, 0],
  ["ls ~/none", "", /^Node does not exist: ~\/none$/m, 1],
  ["get ~", "root\n", undefined, 0],
  ["get ~/c", "null\n", undefined, 0],
  ["get -x ~", "", /Unrecognized option: -x/, 1],
  ["set ~ v2", "", undefined, 0],
  ["set -s ~ v3", STAT, undefined, 0],
  ["set -v 99 ~ v4", "", /^version No is not valid : ~$/m, 1],
  ["stat ~", STAT, undefined, 0],
  ["stat ~/none", "", /^Node does not exist: ~\/none$/m, 1],
  ["getAcl ~", "'world,'anyone\n: cdrwa\n", undefined, 0],
  ["setAcl ~/c world:anyone:r", "", undefined, 0],
  ["getAcl ~/c", "'world,'anyone\n: r\n", undefined, 0],
  ["setAcl ~ foo:bar:r", "", /^Acl is not valid : ~$/m, 1],
  ["setAcl ~ junk", "", /^junk does not have the form scheme:id:perm$/m, 1],
  ["whoami", /^Auth scheme: User\nip: \S+\n$/, undefined, 0],
  ["sync ~", "Sync is OK\n", undefined, 0],
  ["getEphemerals", "[]\n", undefined, 0],
  ["getAllChildrenNumber ~", "3\n", undefined, 0],
  ["printwatches", "printwatches is on\n", undefined, 0],
  ["removewatches ~", "", /^KeeperErrorCode = No such watcher for ~$/m, 1],
  ["addauth digest a:b", "", undefined, 0],
  ["config", /\n$/, undefined, 0],
  ["version", /^Quoll CLI version: \S+\n$/, undefined, 0],
  ["help", /^\tcreate \[-s\]/m, undefined, 0],
  ["nonsense", "", /^Command not found: Command not found nonsense$/m, 127],
  ["delete ~", "", /^Node not empty: ~$/m, 1],
  ["delete -v 5 ~/t", "", /^version No is not valid : ~\/t$/m, 1],
  ["delete -v 0 ~/t", "", undefined, 0],
];
const mine = (text: RegExp | string): RegExp | string =>
  typeof text === "string"
    ? text.replaceAll("~", ROOT)
    : new RegExp(text.source.replaceAll("~", ROOT), text.flags);
for (const [line, out, err, code] of commands) {
  const ran = await run(line.replaceAll("~", ROOT).split(" "));
  check(line, ran, { out: mine(out), ...(err === undefined ? {} : { err: mine(err) }) }, code);
}

const script = await run(
  [],
  [
    `create ${ROOT}/watched "two words"`,
    `get -w ${ROOT}/watched`,
    `set ${ROOT}/watched x`,
    `addWatch ${ROOT}`,
    `create -e ${ROOT}/eph`,
    `delete ${ROOT}/eph`,
    "printwatches off",
    `create ${ROOT}/unseen`,
    `addauth digest bob:pw`,
    `create ${ROOT}/prot secret auth::cdrwa`,
    `getAcl ${ROOT}/prot`,
    "history",
    "redo 1",
    "close",
    "ls /",
    "connect",
    `ls ${ROOT}/none`,
    "quit",
    "ls /never",
  ].join("\n"),
);
const event = (type: string, path: string): string =>
  `\nWATCHER::\n\nWatchedEvent state:SyncConnected type:${type} path:${ROOT}/${path}\n`;
check(
  "a script: line by line, events in their places, quit hands on the last code",
  { ...script, out: script.out.replace(/^\d+ - .*\n/gm, "") },
  {
    out:
      `two words\n${event("NodeDataChanged", "watched")}${event("NodeCreated", "eph")}` +
      `${event("NodeDeleted", "eph")}'digest,'bob:ikIaKsbtGweaHnb/jKn7OHqbunM=\n: cdrwa\nx\n`,
    err: new RegExp(`^Not connected\n(.|\n)*^Node does not exist: ${ROOT}/none$`, "m"),
  },
  1,
);
check("the history is numbered", { ...script, code: 0 }, { out: /^11 - history$/m });
check(
  "a refused identity",
  await run([], "addauth nonsense x\nls /\n"),
  {
    err: /^KeeperErrorCode = AuthFailed\nKeeperErrorCode = AuthFailed for \/$/m,
  },
  1,
);
check(
  "nobody there",
  await run(["ls", "/"], "", "127.0.0.1:1"),
  {
    err: /^KeeperErrorCode = ConnectionLoss for \/$/m,
  },
  1,
);
check("an unknown flag", await run(["-nonsense"]), { err: /^usage: /m }, 1);
check("no connect string", await run(["ls", "/"], "", "a:x"), { err: /port of "a:x"/ }, 1);
check("deleteall in batches", await run(["deleteall", "-b", "2", ROOT]), {}, 1);
check(
  "deleteall",
  await run([], `addauth digest bob:pw\ndeleteall -b 2 ${ROOT}\nls ${ROOT}\n`),
  {
    err: new RegExp(`^Node does not exist: ${ROOT}$`, "m"),
  },
  1,
);

process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
