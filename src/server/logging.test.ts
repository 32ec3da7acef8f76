/** The log: forms, levels, and no secret in it. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { test } from "node:test";
import { makeLogger, withoutSecrets } from "./logging.ts";

async function logged(env: Record<string, string>, isTerminal = false) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: await makeLogger({ env, isTerminal, destination }) };
}

test("one JSON object a line, with level, time and message", async () => {
  const { lines, logger } = await logged({});
  logger.info({ sessionId: 0x1000012d9100001n, port: 2181 }, "session opened");
  logger.debug("not shown at this level");
  equal(lines.length, 1);
  const { time, ...rest } = JSON.parse(lines[0]!);
  match(time, /^\d{4}-\d\d-\d\dT/);
  deepEqual(rest, {
    level: "info",
    sessionId: "0x1000012d9100001",
    port: 2181,
    msg: "session opened",
  });
});

test("QUOLL_LOG_LEVEL sets the level, in any case", async () => {
  const { lines, logger } = await logged({ QUOLL_LOG_LEVEL: "DEBUG" });
  logger.debug("shown");
  equal(lines.length, 1);
});

test("a level that does not exist is told and info is used", async () => {
  const { lines, logger } = await logged({ QUOLL_LOG_LEVEL: "loud" });
  equal(logger.level, "info");
  match(lines[0]!, /QUOLL_LOG_LEVEL is not a level/);
});

test("a terminal gets readable lines", async () => {
  const { lines, logger } = await logged({}, true);
  logger.warn({ port: 2181 }, "cannot listen");
  match(lines.join(""), /WARN.*: cannot listen\n\s+port: 2181/);
});

test("no secret is written, however deep it stands", async () => {
  const { lines, logger } = await logged({});
  const config = {
    superDigest: "super:hidden",
    ssl: [{ keyStorePassword: "hidden", location: "/k" }],
    "ssl.keyStore.password": "hidden",
  };
  const passwd = new Uint8Array([104, 105]);
  logger.info({ config, passwd, auth: passwd, data: passwd }, "configured");
  ok(!lines.join("").includes("hidden"));
  const { passwd: p, auth, data, config: told } = JSON.parse(lines[0]!);
  deepEqual([p, auth, data], ["[secret]", "[secret]", "<2 bytes>"]);
  deepEqual(told.ssl, [{ keyStorePassword: "[secret]", location: "/k" }]);
});

test("what an error carries is cleaned too", async () => {
  const { lines, logger } = await logged({});
  const error = Object.assign(new Error("refused"), { code: "X", password: "hidden" });
  logger.error({ err: error }, "it failed");
  logger.error(error);
  ok(!lines.join("").includes("hidden"));
  equal(JSON.parse(lines[0]!).err.message, "refused");
});

test("other keys are left alone", () => {
  const fields = { author: "a", digest: "b", n: null, u: undefined };
  deepEqual(withoutSecrets(fields), fields);
});
