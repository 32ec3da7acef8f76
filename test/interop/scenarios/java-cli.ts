/**
 * The Java command line, `zkCli.sh`, with its commands typed into one JVM.
 *
 * It prints answers to one stream, errors to another, and watch events from a thread of its own,
 * so the outcome has three parts: answers, errors, events, each in order. Zxids are compared as
 * they are: both servers start from nothing, so each write has the same number.
 */
import { runCommand } from "../../support/processes.ts";
import type { Scenario } from "../scenario.ts";

const CLI = "/usr/share/zookeeper/bin/zkCli.sh";
const LIMIT_MS = 120_000;

const COMMANDS: readonly string[] = [
  "ls /",
  "create /a hello",
  "create -s /a/s- one",
  "create -e /a/e two",
  "create -e -s /a/es- three",
  "create -c /a/container",
  "create /a/container/child",
  "create -t 3600000 /a/ttl four",
  "create -s -t 3600000 /a/ttls- five",
  "create /a/nothing",
  "create /a again",
  "create /none/child x",
  "create /a/e/child x",
  "create relative x",
  "create /a//double x",
  "create /trailing/ x",
  "create /a/private secret digest:bob:ikIaKsbtGweaHnb/jKn7OHqbunM=:cdrwa",
  "create /a/badacl x nobody:knows:r",
  "get /a/private",
  "getAcl /a/private",
  "set /a/private stolen",
  "create /a/private/child x",
  "addauth digest bob:pw",
  "get /a/private",
  "getAcl -s /a/private",
  "set /a/private mine",
  "setAcl /a/private world:anyone:r,digest:bob:ikIaKsbtGweaHnb/jKn7OHqbunM=:cdrwa",
  "setAcl -v 7 /a/private world:anyone:r",
  "setAcl -s -v 1 /a/private world:anyone:cdrwa",
  "create /a/auth x auth::cdrwa",
  "getAcl /a/auth",
  "create /a/ip x ip:127.0.0.0/8:r",
  "getAcl /a/ip",
  "get /a",
  "get -s /a",
  "get -w /a",
  "set /a bye",
  "set -s /a again",
  "set -v 0 /a wrong",
  "set -v 2 /a right",
  "stat /a",
  "stat -w /a/new",
  "create /a/new",
  "stat /none",
  "get /none",
  "ls -w /a",
  "create /a/watched x",
  "ls -s /a",
  "ls -R /a",
  "ls /none",
  "addWatch -m PERSISTENT /a/new",
  "set /a/new 1",
  "set /a/new 2",
  "addWatch -m PERSISTENT_RECURSIVE /a/container",
  "set /a/container/child 1",
  "create /a/container/child/deep",
  "removewatches /a/new",
  "removewatches /a/new",
  "set /a/new 3",
  "getAllChildrenNumber /a",
  "getEphemerals",
  "getEphemerals /a/e",
  "sync /a",
  "whoami",
  "printwatches off",
  "printwatches on",
  "delete -v 7 /a/watched",
  "delete /a",
  "delete /none",
  "delete /",
  "delete /zookeeper",
  "delete -v 0 /a/watched",
  "deleteall /a/container",
  "ls -R /",
  "get -s /zookeeper/config",
  "config",
  "setquota -n 2 /none",
  "create /q x",
  "setquota -n 100 /q",
  "listquota /q",
  "create /q/child 12345",
  "listquota /q",
  "delquota /q",
  "reconfig -add server.9=localhost:1:2;3",
  "deleteall /a",
  "ls -R /",
  "close",
  "ls /",
  "quit",
];

/** The JVM may end before its thread of events has told of the client's own closing. */
const CLOSED = "WatchedEvent state:Closed type:None path:null";

const isNoise = (line: string): boolean =>
  line.trim() === "" ||
  line === CLOSED ||
  line.startsWith("SLF4J:") ||
  line.startsWith("WATCHER::");

function masked(text: string, port: number): readonly string[] {
  return text
    .split("\n")
    .filter((line) => !isNoise(line))
    .map((line) => line.replaceAll(`:${port}`, ":PORT"))
    .map((line) => (line.startsWith("[/") ? line.slice(1, -1).split(", ").sort().join(", ") : line))
    .map((line) => line.replace(/^([cm]time = ).*/, "$1*"))
    .map((line) => line.replace(/^(ephemeralOwner = )0x[0-9a-f]{2,}/, "$1*"));
}

/** Identities are told in no order: the lines of `whoami` are sorted. */
function sortIdentities(lines: readonly string[]): readonly string[] {
  const first = lines.indexOf("Auth scheme: User") + 1;
  if (first === 0) return lines;
  let end = first;
  while (/^\w+: /.test(lines[end] ?? "")) end++;
  return [...lines.slice(0, first), ...lines.slice(first, end).sort(), ...lines.slice(end)];
}

export const javaCli: Scenario = {
  name: "java-cli",
  async run(start) {
    const server = await start();
    try {
      const ran = await runCommand([CLI, "-server", `127.0.0.1:${server.port}`], {
        limitMs: LIMIT_MS,
        input: `${COMMANDS.join("\n")}\n`,
      });
      const printed = sortIdentities(masked(ran.stdout, server.port));
      const isEvent = (line: string): boolean => line.startsWith("WatchedEvent");
      return [
        `exit ${ran.code}`,
        ...printed.filter((line) => !isEvent(line)),
        ...masked(ran.stderr, server.port).map((line) => `error: ${line}`),
        ...printed.filter(isEvent),
      ];
    } finally {
      await server.dispose();
    }
  },
};
