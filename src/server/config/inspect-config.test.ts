/** What is said to a zoo.cfg: faults, notes and advice together. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "./config-error.ts";
import { inspectConfig } from "./inspect-config.ts";
import { loadConfig } from "./load-config.ts";

const FILE = "zoo.cfg";
const GOOD = "dataDir=/a\ndataLogDir=/b\nclientPort=1\nautopurge.purgeInterval=1\n";
const inspect = (text: string) => inspectConfig(FILE, () => text);
const told = (text: string): readonly string[] =>
  inspect(text).map(({ verdict, about }) => `${verdict} ${about}`);

const rows: ReadonlyArray<readonly [lines: string, told: readonly string[]]> = [
  ["", ["good configuration"]],
  ["# skipACL=yes\n! skipACL=yes", ["good configuration"]],
  ["skipACL = yes", ["bad skipACL"]],
  ["forceSync no", ["bad forceSync"]],
  ["forceSync=false", ["bad forceSync"]],
  ["dataDir=/tmp", ["bad dataDir", "look configuration"]],
  ["maxClientCnxns=0", ["look maxClientCnxns"]],
  ["4lw.commands.whitelist=stat, *", ["look 4lw.commands.whitelist"]],
  ["tickTime=500", ["look tickTime"]],
  ["tickTime=500x", ["bad tickTime"]],
  ["ticktime=500", ["look configuration"]],
  ["tickTime=0\nforceSync=maybe", ["bad tickTime", "bad forceSync"]],
  ["server.1=a:1", ["bad server.1"]],
  ["autopurge.purgeInterval=90m\nskipACL=\\u12", ["bad configuration"]],
  ["minSessionTimeout=9\nmaxSessionTimeout=8", ["bad minSessionTimeout"]],
];
describe("a configuration", () => {
  for (const [lines, want] of rows) {
    test(lines.replaceAll("\n", "; "), () => assert.deepEqual(told(GOOD + lines), want));
  }
  test("names what is missing, the worst first", () => {
    assert.deepEqual(told("").slice(0, 2), ["bad dataDir", "look dataLogDir"]);
  });
  test("an even number of voters", () => {
    assert.ok(told(`${GOOD}server.1=a:1:2\nserver.2=b:1:2\n`).includes("look server.N"));
  });
  test("says where a value stands and what to write", () => {
    const [first] = inspect(`${GOOD}tickTime=x`);
    assert.match(first!.advice, /^zoo.cfg:5: "x" is not a whole number. Write: whole number of ms/);
  });
  test("a file that cannot be read", () => {
    const verdicts = inspectConfig(FILE, () => {
      throw new Error("ENOENT");
    });
    assert.match(verdicts[0]!.advice, /cannot be read: ENOENT/);
  });
});

test("has faults of the form exactly where a server does not start", () => {
  for (const [lines] of rows) {
    const text = GOOD + lines;
    const isForm = (advice: string): boolean => advice.startsWith(FILE);
    const hasFault = inspect(text).some(
      ({ verdict, advice }) => verdict === "bad" && isForm(advice),
    );
    const load = () => loadConfig({ argv: [FILE], env: {}, readFile: () => text });
    if (hasFault) assert.throws(load, ConfigError, lines);
    else load();
  }
});
