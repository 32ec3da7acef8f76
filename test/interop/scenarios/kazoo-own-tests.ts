/**
 * kazoo's own tests, as its authors wrote them for a real ZooKeeper server and as Debian ships
 * them: what passes on Apache must pass on Quoll.
 *
 * The suite starts its servers itself, by a `java` of the PATH; for Quoll that is
 * `test/interop/stand-in/java`. A test that fails is asked once more by itself: many of them
 * count on times that a busy machine does not keep.
 */
import { join } from "node:path";
import { freePort, returnPort } from "../../support/ports.ts";
import { runCommand } from "../../support/processes.ts";
import {
  QUOLL_MAIN,
  REPOSITORY,
  START,
  type SubjectName,
  ZOOKEEPER_JAR,
} from "../../support/subjects.ts";
import { installFor } from "../install.ts";
import type { Scenario } from "../scenario.ts";

const PACKAGES = "/usr/lib/python3/dist-packages";
const TESTS = `${PACKAGES}/kazoo/tests`;
const NEEDED = {
  [`${PACKAGES}/pytest/__init__.py`]: "python3-pytest",
  [`${PACKAGES}/mock/__init__.py`]: "python3-mock",
  [`${PACKAGES}/objgraph.py`]: "python3-objgraph",
};
/**
 * SASL is not served yet, and without it these tests wait for minutes. The modules of the other
 * handlers ask the same questions again with another kind of thread in the client.
 */
const LEFT_OUT = ["test_sasl.py", "test_gevent_handler.py", "test_eventlet_handler.py"];
const STAND_IN = join(REPOSITORY, "test/interop/stand-in");
const LIMIT_S = 240;
const RERUN_MAX = 20;

type Results = ReadonlyMap<string, string>;

async function pytest(subject: SubjectName, tests: readonly string[]): Promise<Results> {
  const port = await freePort();
  const path = process.env["PATH"] ?? "";
  const env = {
    ...process.env,
    PATH: subject === "quoll" ? `${STAND_IN}:${path}` : path,
    QUOLL_MAIN,
    QUOLL_NODE: process.execPath,
    ZOOKEEPER_CLASSPATH: ZOOKEEPER_JAR,
    ZOOKEEPER_VERSION: "3.8.0",
    ZOOKEEPER_CLUSTER_SIZE: "1",
    ZOOKEEPER_PORT_OFFSET: String(port),
  };
  // `timeout` ends the servers of the suite along with it.
  const argv = ["timeout", "--kill-after=5", String(LIMIT_S), "/usr/bin/python3", "-B"];
  argv.push("-m", "pytest", "-v", "--tb=no", "-p", "no:cacheprovider", "--rootdir=.", ...tests);
  for (const module of LEFT_OUT) argv.push(`--ignore=${module}`);
  try {
    const ran = await runCommand(argv, { limitMs: (LIMIT_S + 10) * 1_000, cwd: TESTS, env });
    const lines = ran.stdout.matchAll(/^(\S+::\S+) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)/gm);
    const results = new Map(Array.from(lines, ([, id, result]) => [id!, result!.toLowerCase()]));
    // 0: all passed, 1: some did not.
    if (ran.code === 0 || ran.code === 1) return results;
    throw new Error(`pytest ended with ${ran.code}: ${ran.stdout.slice(-1_000)}\n${ran.stderr}`);
  } finally {
    returnPort(port);
  }
}

const failedOf = (results: Results): readonly string[] =>
  [...results].filter(([, result]) => result === "failed" || result === "error").map(([id]) => id);

async function runSuite(subject: SubjectName): Promise<readonly string[]> {
  const results = new Map(await pytest(subject, []));
  const failed = failedOf(results);
  if (failed.length > 0 && failed.length <= RERUN_MAX) {
    for (const [id, result] of await pytest(subject, failed)) results.set(id, result);
  }
  const lasting = failedOf(results);
  console.log(`       ${subject}: ${results.size} tests, ${lasting.length} failed`);
  if (subject === "apache") for (const id of lasting) console.log(`       fails on Apache: ${id}`);
  return [...results].map(([id, result]) => `${id}: ${result}`);
}

export const kazooOwnTests: Scenario = {
  name: "kazoo-own-tests",
  wanted: [
    {
      apache: /: (failed|error)$/,
      quoll: /: passed$/,
      reason: "what fails on Apache may pass",
    },
  ],
  async run(start) {
    await installFor(NEEDED);
    return runSuite(start === START.apache ? "apache" : "quoll");
  },
};
