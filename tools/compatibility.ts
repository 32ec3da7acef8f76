/**
 * docs/compatibility.md: which test proves which statement of the compatibility specification,
 * chapters 2 to 4 and the first table of 7. Printed from the `statement(` calls in
 * test/compatibility, so that it cannot go stale; what no test can prove yet stands in a table
 * here, with what it waits for.
 */
import { readdirSync, readFileSync } from "node:fs";
import { ROOT } from "./root.ts";

const FOLDER = "test/compatibility";

export type Proven = { readonly section: string; readonly text: string; readonly file: string };

const TITLES: Readonly<Record<string, string>> = {
  "2.1": "Framing",
  "2.2": "Handshake",
  "2.3": "Sessions",
  "2.4": "Requests, replies, order",
  "2.5": "Authentication",
  "2.6": "Access control",
  "2.7": "Versions, counters and Stat",
  "2.8": "Tree layout and reserved nodes",
  "2.9": "Path rules",
  "2.10": "Operations: order of checks, effects, events",
  "2.11": "Quota",
  "2.12": "Read-only mode",
  "2.13": "Limits and throttling",
  "2.14": "Four-letter commands",
  "3.1": "Connections between electing servers",
  "3.2": "Notifications",
  "3.3": "State of an elector",
  "3.4": "Answers to notifications",
  "3.5": "The election",
  "4.1": "Sequence between learner and leader",
  "4.2": "Epochs",
  "4.3": "What the leader sends to synchronise",
  "4.4": "Snapshot stream",
  "4.5": "The learner until UPTODATE",
  "4.6": "Broadcast",
  "4.7": "Requests, sessions, sync",
  "4.8": "Loss of the leader",
  "4.11": "Living with members of the reference",
  "7": "Known defects of the reference: synchronisation and epochs",
};

type Waiting = readonly [section: string, statement: string, waitsFor: string];

/** Statements about what this version does not have. */
const NOT_IN_THIS_VERSION: readonly Waiting[] = [
  ["2.5", "sasl: on success the connection gets (sasl, authorizationId)", "SASL"],
  ["2.5", "sasl: failure is -115 and close, unless failed clients are allowed", "SASL"],
  ["2.6", "Matcher sasl: equal strings, and an optional super pattern", "SASL"],
  ["2.6", "reconfig needs WRITE on /zookeeper/config", "reconfig"],
  ["2.10", "reconfig: checks from BadVersion to NoAuth, and its event", "reconfig"],
  ["2.10", "Servers that are not the leader delete no containers", "ensembles"],
  ["2.11", "Quota text that cannot be parsed is refused in a mixed ensemble", "ensembles"],
  ["2.14", "Mode is leader, follower, observer or read-only", "ensembles"],
  ["3.1", "Quorum TLS wraps the connection, with port unification", "TLS between servers"],
  ["3.1", "Quorum SASL after the initial message", "SASL"],
  ["3.4", "Looking, a later configuration is adopted, and the election restarts", "reconfig"],
  ["4.2", "A first start gives the configuration the version epoch<<32", "reconfig"],
  ["4.5", "A reconfig PROPOSAL makes its text the last seen configuration", "reconfig"],
  ["4.5", "COMMITANDACTIVATE, INFORMANDACTIVATE: a change of role or leader", "reconfig"],
  ["4.6", "After a reconfig that names another leader nothing more is committed", "reconfig"],
  ["4.9", "All rules: reconfiguration packets and what they do", "reconfig"],
  ["4.10", "Quorum SASL: tokens between the dialer and the acceptor", "SASL"],
  ["4.12", "All rules: followers that accept observers", "observer masters"],
];

const CALL = /\bstatement\(\s*"([\d.]+)",\s*("(?:[^"\\]|\\.)*")/g;

/** The statements of one source, in its order. */
export const statementsIn = (source: string, file: string): readonly Proven[] =>
  [...source.matchAll(CALL)].map(([, section, text]) => ({
    section: section!,
    text: JSON.parse(text!) as string,
    file,
  }));

/** All statements that have a test, by section, then by file in the order of the source. */
export function provenStatements(): readonly Proven[] {
  const files = readdirSync(`${ROOT}${FOLDER}`).filter((name) => name.endsWith(".test.ts"));
  const all = files
    .sort()
    .flatMap((name) => statementsIn(readFileSync(`${ROOT}${FOLDER}/${name}`, "utf8"), name));
  return all.toSorted((a, b) => sectionNumber(a.section) - sectionNumber(b.section));
}

/** 2.10 stands behind 2.9, and both before 3.1. */
function sectionNumber(section: string): number {
  const [chapter, part = 0] = section.split(".").map(Number);
  return chapter! * 100 + part;
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("*", "\\*");

export function describeCompatibility(): string {
  const all = provenStatements();
  const sections = Object.keys(TITLES).flatMap((section) => describeSection(section, all));
  return [
    "# Compatibility",
    "",
    "Each statement of the compatibility specification's chapters 2, client protocol and",
    "semantics, 3, leader election, and 4, learner and leader, each defect of the reference's",
    "synchronisation (chapter 7), and the file with the test that proves it.",
    "The test's name is the section and the statement:",
    `\`node --test --test-name-pattern='^2.4 ' dist/${FOLDER}/*.js\` runs those of a section.`,
    "Where a statement ends with `(divergences: id)`, Quoll departs from the reference on purpose;",
    "the row `id` of [divergences.md](divergences.md) tells why.",
    "",
    "This page is printed from the tests: `node dist/tools/print-compatibility.js`.",
    `Statements with a test: ${all.length}. Not in this version: ${NOT_IN_THIS_VERSION.length}.`,
    "",
    ...sections,
    "## Not in this version",
    "",
    "| section | statement | waits for |",
    "|---|---|---|",
    ...NOT_IN_THIS_VERSION.map(
      ([section, text, what]) => `| ${section} | ${cell(text)} | ${what} |`,
    ),
    "",
  ].join("\n");
}

function describeSection(section: string, all: readonly Proven[]): readonly string[] {
  const own = all.filter((proven) => proven.section === section);
  if (own.length === 0) return [];
  return [
    `## ${section} ${TITLES[section]}`,
    "",
    "| statement | test |",
    "|---|---|",
    ...own.map(({ text, file }) => `| ${cell(text)} | [${file}](../${FOLDER}/${file}) |`),
    "",
  ];
}
