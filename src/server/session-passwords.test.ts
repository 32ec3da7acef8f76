/** Session passwords of a secret: not to be computed from outside, and the same after a restart. */
import { deepEqual, equal, notDeepEqual, throws } from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { toSessionId } from "../base/ids.ts";
import { passwordOf } from "../session/password.ts";
import { FolderError } from "./data-folders.ts";
import { sessionPasswords } from "./session-passwords.ts";

const HOME = mkdtempSync(join(tmpdir(), "quoll-secret-"));
after(() => rmSync(HOME, { recursive: true, force: true }));
const newFolder = (): string => mkdtempSync(join(HOME, "data"));
const random = (dataDir: string) => sessionPasswords({ sessionPasswords: "random", dataDir });
const [ONE, TWO] = [toSessionId(0x100000000000001n), toSessionId(-2n)];

test("the reference's passwords need no file", () => {
  const dataDir = newFolder();
  equal(sessionPasswords({ sessionPasswords: "compatible", dataDir }), passwordOf);
  deepEqual(readdirSync(dataDir), []);
});

test("the secret is made once, for its owner alone", () => {
  const dataDir = newFolder();
  const before = random(dataDir);
  deepEqual(readdirSync(dataDir), ["session-secret"]);
  const path = join(dataDir, "session-secret");
  equal(statSync(path).size, 32);
  equal(statSync(path).mode & 0o777, 0o600);
  const restarted = random(dataDir);
  for (const id of [ONE, TWO]) deepEqual(before(id), restarted(id));
});

test("passwords differ by session, by server, and from the reference's", () => {
  const [a, b] = [random(newFolder()), random(newFolder())];
  equal(a(ONE).length, 16);
  notDeepEqual(a(ONE), a(TWO));
  notDeepEqual(a(ONE), b(ONE));
  notDeepEqual(a(ONE), passwordOf(ONE));
});

test("what a start that was cut short left is no hindrance", () => {
  const dataDir = newFolder();
  writeFileSync(join(dataDir, "session-secret.new"), "ab", { mode: 0o644 });
  random(dataDir);
  equal(statSync(join(dataDir, "session-secret")).mode & 0o777, 0o600);
  deepEqual(readdirSync(dataDir), ["session-secret"]);
});

test("a file without a secret is told, and nothing is overwritten", () => {
  const dataDir = newFolder();
  writeFileSync(join(dataDir, "session-secret"), "no digits");
  throws(
    () => random(dataDir),
    (error) => error instanceof FolderError && /is not a secret of 32 bytes/.test(error.message),
  );
  equal(readFileSync(join(dataDir, "session-secret"), "utf8"), "no digits");
});
