/**
 * The shell against a running server, by its address: Apache ZooKeeper or Quoll. What it prints was
 * compared line by line with the reference's shell.
 *
 *   node dist/test/interop/cli-suite.js 127.0.0.1:2181
 *
 * The server needs `zookeeper.extendedTypesEnabled=true`. Ends with the line `N passed, M failed`.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { runCli } from "../../src/cli/main.ts";

const address = process.argv[2];
if (address === undefined) {
  process.stderr.write("usage: cli-suite.js host:port\n");
  process.exit(2);
}
const ROOT = `/quoll-cli-${process.pid}`;
const FOLDER = mkdtempSync(join(tmpdir(), "quoll-cli-"));
/** An editor that puts a word behind what is there. */
const EDITOR = `sh -c 'printf " edited" >> "$1"' sh`;

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
  const io = { stdin, stdout, stderr, env: { ...process.env, VISUAL: EDITOR } };
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
 * One-shot commands: line, what it prints, where, exit code.
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
  ["get -q ~", "", /Unrecognized option: -q/, 1],
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
  ["create ~/q x", "", undefined, 0],
  ["setquota -n 5 ~/q", "", undefined, 0],
  [
    "setquota -B 0 ~/q",
    "[Warning]: the bytes quota you create is less than the existing bytes:1\n",
    undefined,
    0,
  ],
  ["setquota -n 5 ~", "", /^~ has a child ~\/q which has a quota$/m, 1],
  ["setquota -n 5 ~/none", "", /^~\/none does not exist\.$/m, 1],
  [
    "listquota ~/q",
    /^Output quota for ~\/q count=5,bytes=-1=;byteHardLimit=0;.*\nOutput stat for ~\/q count=1,bytes=1\n$/,
    undefined,
    0,
  ],
  ["delquota -n ~/q", "", undefined, 0],
  ["delquota ~/q", "", undefined, 0],
  ["delquota ~/q", "Quota does not exist for ~/q\n", undefined, 0],
  ["reconfig -remove 3", "", /^KeeperErrorCode = Reconfig is disabled$/m, 1],
  ["get -b ~", "djM=\n", undefined, 0],
  ["get -x ~", /^\|00000000\| 76 33 /m, undefined, 0],
  ["set -b ~/q AP8=", "", undefined, 0],
  ["get -o json ~/q", /^ {2}"data": "AP8=",\n {2}"encoding": "base64",$/m, undefined, 0],
  ["-o raw get ~", "v3", undefined, 0],
  ["-o table ls ~", "c\nq\ns-0000000000\nt\n", undefined, 0],
  ["ls -R --output=ndjson ~/q", '"~/q"\n', undefined, 0],
  ["ls -o yaml ~", "", /^--output needs one of text, /m, 1],
  ["create ~/src top", "", undefined, 0],
  ["create ~/src/a hello", "", undefined, 0],
  ["create ~/src/a/b ~ world:anyone:cdrw", "", undefined, 0],
  ["create ~/src/c", "", undefined, 0],
  ["tree ~/src", "~/src\n├── a\n│   └── b\n└── c\n", undefined, 0],
  ["tree -L 1 ~/src", "~/src\n├── a\n└── c\n", undefined, 0],
  ["tree ~/none", "", /^Node does not exist: ~\/none$/m, 1],
  ["find -name [ab] ~/src", "", undefined, 0],
  ["find -name ? -size +3 ~/src", "~/src/a\n~/src/a/b\n", undefined, 0],
  ["find -type e ~/src", "", undefined, 0],
  ["find -maxdepth 0 ~/src", "~/src\n", undefined, 0],
  ["grep -i ^HELL ~/src", "~/src/a:hello\n", undefined, 0],
  ["grep -l -F o ~/src", "~/src\n~/src/a\n~/src/a/b\n", undefined, 0],
  ["grep nowhere ~/src", "", /^no data at or below ~\/src matches$/m, 1],
  ["grep ( ~/src", "", /^Invalid regular expression/m, 1],
  ["du -d 0 ~/src", /^BYTES +NODES +PATH\n\d+ +4 +~\/src\n$/, undefined, 0],
  ["cp -n ~/src ~/dst", /^create ~\/dst\n/, undefined, 0],
  ["ls ~/dst", "", /^Node does not exist/m, 1],
  [
    "cp -a ~/src ~/dst",
    "create ~/dst\ncreate ~/dst/a\ncreate ~/dst/a/b\ncreate ~/dst/c\n",
    undefined,
    0,
  ],
  ["cp ~/src ~/dst", "", /^Node already exists: ~\/dst$/m, 1],
  ["cp ~/src ~/src/deep", "", /^~\/src\/deep is below ~\/src$/m, 1],
  ["diff -a ~/src ~/dst", "", undefined, 0],
  ["set ~/dst/a changed", "", undefined, 0],
  ["diff ~/src ~/dst", /^\S a\n$/, /^1 differences$/m, 1],
  ["diff -with @ ~/src", "", undefined, 0],
  ["cp -f ~/src ~/dst", "same ~/dst\nset ~/dst/a\nsame ~/dst/a/b\nsame ~/dst/c\n", undefined, 0],
  ["mv ~/dst ~/moved", "Moved 4 nodes to ~/moved\n", undefined, 0],
  ["getAcl ~/moved/a/b", "'world,'anyone\n: cdrw\n", undefined, 0],
  ["mv ~/dst ~/moved", "", /^Node does not exist: ~\/dst$/m, 1],
  ["mv ~/src ~/moved", "", /^Node already exists: ~\/moved$/m, 1],
  ["export ~/moved %/dump.json", "", /^4 nodes written to /m, 0],
  ["export ~/moved %/dump.json", "", /^EEXIST/m, 1],
  ["export ~/moved %/dump.yaml", "", /^4 nodes written to /m, 0],
  ["import %/dump.yaml ~/fromYaml", /^create ~\/fromYaml\n/, undefined, 0],
  ["diff -a ~/fromYaml ~/moved", "", undefined, 0],
  [
    "export -y ~/moved/c",
    /^format: quoll-subtree\n(.*\n)* {2}- path: ""\n {4}data: null\n/,
    undefined,
    0,
  ],
  ["export ~/moved/c", /^ {2}"format": "quoll-subtree",$/m, undefined, 0],
  ["import -n %/dump.json ~/back", /^create ~\/back\n/, undefined, 0],
  ["import %/dump.json ~/back", /^create ~\/back\n/, undefined, 0],
  ["diff -a ~/back ~/moved", "", undefined, 0],
  ["import %/none ~/back", "", /^ENOENT/m, 1],
  ["status", /^SERVER +MODE .*\n@ +standalone /, undefined, 0],
  ["status 127.0.0.1:1", /ECONNREFUSED/, /^1 of 1 servers do not answer$/m, 1],
  ["status -w list @", /^server +@\nmode +standalone\n(.*\n)*epoch +0$/m, undefined, 0],
  ["status -w wide", "", /^-w needs table or list$/m, 1],
  ["top -n 1", /^SERVER .*\n@ +standalone (.*\n)*REQUESTS .*\n(.*\n)*$/, undefined, 0],
  ["top -n 2 -i 1 -o ndjson", /^\{"servers":\[\{.*\n\{"servers":\[\{.*\n$/, undefined, 0],
  ["top 127.0.0.1:1", /ECONNREFUSED/, /^no server answers$/m, 1],
  ["check -d %", /^good +clock/m, undefined, 0],
  ["bench -n 20 -c 4 ~", /^OPERATION .*\ncreate +20 /, undefined, 0],
  ["edit ~", "", undefined, 0],
  ["get ~", "v3 edited\n", undefined, 0],
  ["delete ~", "", /^Node not empty: ~$/m, 1],
  ["delete -v 5 ~/t", "", /^version No is not valid : ~\/t$/m, 1],
  ["delete -v 0 ~/t", "", undefined, 0],
];
/** `~` is the test's own node where it begins a path, `%` its own folder, `@` the server. */
const withPlaces = (text: string): string =>
  text.replaceAll("~", ROOT).replaceAll("%", FOLDER).replaceAll("@", address);
const mine = (text: RegExp | string): RegExp | string =>
  typeof text === "string" ? withPlaces(text) : new RegExp(withPlaces(text.source), text.flags);
for (const [line, out, err, code] of commands) {
  const ran = await run(withPlaces(line).split(" "));
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
/** Types into a shell that takes its streams for a terminal; each answer is waited for. */
async function dialogue(steps: ReadonlyArray<readonly [keys: string, answer: RegExp]>) {
  const tty = () => Object.assign(new PassThrough(), { isTTY: true });
  const [stdin, stdout, stderr] = [tty(), tty(), tty()];
  let [shown, noted] = ["", ""];
  stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
  });
  stderr.setEncoding("utf8").on("data", (text: string) => {
    noted += text;
  });
  const env = { ...process.env, HOME: FOLDER, NO_COLOR: "1" };
  const ended = runCli(["-server", address ?? ""], { stdin, stdout, stderr, env });
  for (const [keys, answer] of steps) {
    const begun = performance.now();
    while (!answer.test(shown + noted) && performance.now() - begun < 5000) await wait(10);
    if (!answer.test(shown + noted)) break;
    [shown, noted] = ["", ""];
    stdin.write(keys);
  }
  // Also where an answer did not come.
  stdin.end();
  return { code: await ended, out: shown, err: noted };
}
const typed = await dialogue([
  [`ls ${ROOT}/sr\t`, /CONNECTED\) 0\]/],
  ["\n", /ls .*\/src/],
  [`watch ${ROOT}/q\n`, /\[a, c\].*CONNECTED\) 1\]/s],
  ["\x03", /watch .*\/q\r?\n/],
  ["half a line\x03", /CONNECTED\) 2\].*Cancelled\n/s],
  ["addauth digest a:b\n", /half a line.*CONNECTED\) 2\]/s],
  [`watch ${ROOT}\n\x03`, /CONNECTED\) 3\]/],
  [`set ${ROOT}/q no\n\x03`, /Cancelled\n.*CONNECTED\) 4\]|CONNECTED\) 4\].*Cancelled\n/s],
  [`watch ${ROOT}\nset ${ROOT}/q no\n\x03`, /CONNECTED\) 5\].*Cancelled\n/s],
  ["quit\n", /CONNECTED\) 6\].*Cancelled\n/s],
]);
check("a dialogue: completion, Ctrl-C, quit", typed, { out: /(?:)/ }, 130);
const historyFile = join(FOLDER, ".zkcli_history");
const kept = existsSync(historyFile) ? readFileSync(historyFile, "utf8") : "";
check(
  "the history file holds the lines, but no secret",
  { code: 0, out: kept, err: "" },
  {
    out:
      `ls ${ROOT}/src\nwatch ${ROOT}/q\nwatch ${ROOT}\nset ${ROOT}/q no\n` +
      `watch ${ROOT}\nquit\n`,
  },
);
check("what was given up or typed ahead was not done", await run(["get", "-b", `${ROOT}/q`]), {
  out: "AP8=\n",
});

/** Runs a `watch` command, and changes a node until it has seen enough. */
async function watched(...words: readonly string[]): Promise<Ran> {
  let isDone = false;
  const watching = run(["watch", ...words]).finally(() => {
    isDone = true;
  });
  while (!isDone) await run(["set", `${ROOT}/q`, "again"]);
  return watching;
}
check("watch", await watched("-n", "1", `${ROOT}/q`), { out: `NodeDataChanged ${ROOT}/q\n` });
const touched = join(FOLDER, "touched");
check("watch with a command", await watched("-R", "-n", "2", ROOT, "--", "touch", touched), {});
check("the command ran", { code: existsSync(touched) ? 0 : 1, out: "", err: "" }, {});
check("watch of no path", await run(["watch", "relative"]), { err: /^Path must start/m }, 1);
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

rmSync(FOLDER, { recursive: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
