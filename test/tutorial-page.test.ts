/** The tutorial's page as a script: that it reads as one, and that mistakes in it are found. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { tutorialSteps } from "./interop/tutorial.ts";

const PAGE = new URL("../../docs/tutorial-master-worker.md", import.meta.url);

const fenced = (session: string, lines: string): string =>
  `text\n\n\`\`\`console session=${session}\n${lines}\n\`\`\`\n`;

test("every session of the page is started before it is used", () => {
  const started = new Set<string>();
  for (const { kind, session, text, line } of tutorialSteps(readFileSync(PAGE, "utf8"))) {
    if (kind === "start") started.add(session);
    equal(started.has(kind === "kill" ? text : session), true, `line ${line}`);
  }
  equal(started.size, 4);
});

test("the lines of a block are steps, empty ones and other blocks are not", () => {
  const page =
    "```sh\n$ npm start\n```\n" +
    fenced("a", '$ bin/zkCli.sh -server x:1\n[zk: x:1(CONNECTED) 0] ls "/[a]"\n\n[]') +
    fenced("b", "$ kill -9 <a>");
  deepEqual(tutorialSteps(page), [
    { session: "a", line: 7, kind: "start", text: "-server x:1" },
    { session: "a", line: 8, kind: "type", text: 'ls "/[a]"' },
    { session: "a", line: 10, kind: "expect", text: "[]" },
    { session: "b", line: 15, kind: "kill", text: "a" },
  ]);
});

test("a command that nobody can run is a mistake", () =>
  throws(() => tutorialSteps(fenced("a", "$ rm -r x")), /line 4: \$ rm -r x\?/));
