/**
 * One data folder, served in turn by Apache ZooKeeper and by the subject: after each change of
 * server the whole tree must be the same, node by node, Stat included; sessions go on; and each
 * goes on writing where the other one stopped. Snapshots are frequent, so that both snapshots and
 * logs are read.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpCode } from "../../../src/records/op-codes.ts";
import { granted, read } from "../../support/operations.ts";
import { RawSession } from "../../support/raw-session.ts";
import { type Start, startApache } from "../../support/subjects.ts";
import { dumpTree } from "../../support/tree-dump.ts";
import { writeVariedTree } from "../../support/varied-tree.ts";
import type { Outcome, Scenario } from "../scenario.ts";

const CONFIG = { snapCount: 60, preAllocSize: 64 };

/** The tree without what differs from run to run: clock times and session ids. */
const masked = (dump: Outcome): Outcome =>
  dump.map((line) =>
    line
      .replace(/"([cm]time)":\d+/g, '"$1":"*"')
      .replace(/"ephemeralOwner":"0x[0-9a-f]{2,}"/, '"ephemeralOwner":"*"'),
  );

/** Throws unless both dumps are equal; names the first nodes that differ. */
function same(what: string, before: Outcome, after: Outcome): void {
  const [there, here] = [new Set(before), new Set(after)];
  const lost = before.filter((line) => !here.has(line)).map((line) => `- ${line.slice(0, 600)}`);
  const extra = after.filter((line) => !there.has(line)).map((line) => `+ ${line.slice(0, 600)}`);
  if (lost.length + extra.length === 0) return;
  const shown = [...lost.slice(0, 5), ...extra.slice(0, 5)];
  throw new Error(`${what}: ${lost.length} lost, ${extra.length} extra\n${shown.join("\n")}`);
}

/** The sessions of the last server, opened again on this one: they own what they owned. */
async function resume(port: number, sessions: readonly RawSession[]): Promise<string> {
  const told: string[] = [];
  for (const { sessionId, password, timeoutMs } of sessions) {
    const session = await RawSession.open(port, { sessionId, password, timeoutMs });
    const owned = await granted("ping", session.ping());
    told.push(session.sessionId === sessionId && owned.err === 0 ? "resumed" : "refused");
    await session.cut();
  }
  return told.join(" ");
}

/**
 * The folder passes through `starts`; each writes its part, is killed or stopped, and hands over.
 */
async function passOn(starts: readonly Start[]): Promise<Outcome> {
  const dataDir = await mkdtemp(join(tmpdir(), "quoll-test-folder-"));
  const lines: string[] = [];
  let before: Outcome | null = null;
  let sessions: readonly RawSession[] = [];
  try {
    for (const [turn, start] of starts.entries()) {
      const server = await start({ dataDir, config: CONFIG });
      try {
        const found = await dumpTree(server.port);
        if (before !== null) same(`turn ${turn}, served by ${server.name}`, before, found);
        lines.push(`turn ${turn}: ${found.length} nodes as before`);
        lines.push(`turn ${turn}: sessions ${await resume(server.port, sessions)}`);
        const opened = await writeVariedTree(server.port, turn + 1);
        await Promise.all(
          opened.map((session) => granted("sync", read(session, OpCode.exists, "/"))),
        );
        before = await dumpTree(server.port);
        // Ended in both ways: in the middle of its life, and properly.
        await (turn % 2 === 0 ? server.kill9() : server.stop());
        sessions = opened;
      } finally {
        await server.dispose();
      }
    }
    lines.push(...masked(before ?? []));
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  return lines;
}

export const folderSwapFromApache: Scenario = {
  name: "folder-swap-from-apache",
  run: (start) => passOn([startApache, start, startApache, start]),
};

export const folderSwapFromSubject: Scenario = {
  name: "folder-swap-from-subject",
  run: (start) => passOn([start, startApache, start, startApache]),
};
