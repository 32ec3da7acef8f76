/**
 * `npm run test:kill [-- --rounds N --seed S --subject quoll|apache]`: what was acknowledged
 * survives.
 *
 * Several sessions write without waiting while the server is killed at a random moment (SIGKILL)
 * and started again on the same folder. After each start: every acknowledged write is there with
 * its data, version and zxids; of the others a whole beginning, in order, or nothing; zxids have
 * not gone back; sessions that are resumed own their ephemerals, and those of abandoned sessions
 * go when they expire.
 */

import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { textOf } from "../../src/base/bytes.ts";
import { ZXID_ZERO, type Zxid } from "../../src/base/ids.ts";
import { Prng } from "../../src/base/prng.ts";
import { GetChildrenResponse, GetDataResponse } from "../../src/records/client.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { create, granted, read } from "../support/operations.ts";
import { decoded, RawSession } from "../support/raw-session.ts";
import { START, type Subject, type SubjectName } from "../support/subjects.ts";
import { installReference } from "./install.ts";
import { explain, type Node } from "./kill/model.ts";
import { Writer } from "./kill/writer.ts";

const WRITERS = 6;
const IN_FLIGHT_MAX = 16;
const TICK_MS = 200;
/** Long enough that a session outlives a restart; the server starts it anew at each start. */
const TIMEOUT_MS = 4_000;
/**
 * A session that is abandoned is gone this long after the server is up: its timeout, two ticks,
 * slack.
 */
const EXPIRED_MS = TIMEOUT_MS + 2 * TICK_MS + 1_000;
const RUN_MS_MAX = 700;
/** Rounds between those in which a session is abandoned and seen to expire. */
const ABANDON_EVERY = 40;
const CONFIG = { tickTime: TICK_MS, snapCount: 2_000, preAllocSize: 1024 };

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    subject: { type: "string", default: "quoll" },
  },
});

type Run = {
  readonly server: Subject;
  readonly prng: Prng;
  readonly writers: Writer[];
  readonly failures: string[];
  writersMade: number;
  lastSeen: Zxid;
  writes: number;
  kept: number;
  lost: number;
};

async function newWriter(run: Run): Promise<Writer> {
  const session = await RawSession.open(run.server.port, { timeoutMs: TIMEOUT_MS });
  const root = `/kill${run.writersMade++}`;
  await granted(root, create(session, root, null));
  return new Writer(root, session, new Prng(run.prng.uint32()), IN_FLIGHT_MAX);
}

async function readNodes(session: RawSession, root: string): Promise<Map<string, Node>> {
  const list = await granted(root, read(session, OpCode.getChildren, root));
  const names = decoded(GetChildrenResponse, list.body).children;
  const replies = await Promise.all(
    names.map((name) => read(session, OpCode.getData, `${root}/${name}`)),
  );
  const nodes = new Map<string, Node>();
  for (const [at, name] of names.entries()) {
    const reply = await granted(name, Promise.resolve(replies[at]!));
    const { data, stat } = decoded(GetDataResponse, reply.body);
    const { version, czxid, mzxid } = stat;
    const owned = stat.ephemeralOwner !== 0n;
    nodes.set(`${root}/${name}`, {
      data: textOf(data ?? new Uint8Array()),
      version,
      owned,
      czxid,
      mzxid,
    });
  }
  return nodes;
}

function noteZxid(run: Run, what: string, zxid: Zxid): void {
  if (zxid < run.lastSeen)
    run.failures.push(`${what}: zxid went back from ${run.lastSeen} to ${zxid}`);
  else run.lastSeen = zxid;
}

/** Compares what `writer` finds with what it was told, and goes on from there. */
async function verify(run: Run, writer: Writer): Promise<void> {
  if (!(await writer.resume(run.server.port))) {
    run.failures.push(`${writer.root}: its session is gone`);
    return;
  }
  noteZxid(run, writer.root, (await writer.session.ping()).zxid);
  const found = await readNodes(writer.session, writer.root);
  const outcome = explain(writer.acknowledged, writer.pending, found);
  if ("why" in outcome) run.failures.push(`${writer.root}: ${outcome.why}`);
  else {
    run.kept += outcome.kept;
    run.lost += writer.pending.length - outcome.kept;
  }
  writer.adopt(found);
}

async function round(run: Run, abandons: boolean): Promise<void> {
  for (const writer of run.writers) writer.start();
  await wait(run.prng.below(RUN_MS_MAX));
  await run.server.kill9();
  await Promise.all(run.writers.map((writer) => writer.session.whenClosed()));
  for (const writer of run.writers) {
    if (writer.session.lastZxid > run.lastSeen) run.lastSeen = writer.session.lastZxid;
    run.failures.push(...writer.failures.splice(0));
    run.writes += writer.writes;
    writer.writes = 0;
  }
  await run.server.restart();
  const left = abandons ? run.writers.shift() : undefined;
  await Promise.all(run.writers.map((writer) => verify(run, writer)));
  if (left !== undefined) await replaceAbandoned(run, left);
}

/** Nobody comes back to the session of `left`: its ephemerals are there at first, and then gone. */
async function replaceAbandoned(run: Run, left: Writer): Promise<void> {
  const [other] = run.writers;
  const found = await readNodes(other!.session, left.root);
  const outcome = explain(left.acknowledged, left.pending, found);
  if ("why" in outcome) run.failures.push(`${left.root}, abandoned: ${outcome.why}`);
  const pings = setInterval(() => {
    for (const writer of run.writers) writer.session.ping().catch(() => {}); // verified later
  }, TIMEOUT_MS / 4);
  await wait(EXPIRED_MS);
  clearInterval(pings);
  const remaining = await readNodes(other!.session, left.root);
  for (const [path, node] of found) {
    if (node.owned === remaining.has(path)) {
      run.failures.push(`${path}: ${node.owned ? "outlives its session" : "went with a session"}`);
    }
  }
  run.writers.push(await newWriter(run));
}

async function main(): Promise<boolean> {
  await installReference();
  const name = flags.subject as SubjectName;
  const rounds = Number(flags.rounds);
  console.log(`seed ${flags.seed}, ${rounds} rounds, ${name}`);
  const server = await START[name]({ config: CONFIG });
  const run: Run = {
    server,
    prng: new Prng(Number(flags.seed)),
    writers: [],
    failures: [],
    writersMade: 0,
    lastSeen: ZXID_ZERO,
    writes: 0,
    kept: 0,
    lost: 0,
  };
  let failed = 0;
  let done = 0;
  try {
    while (run.writers.length < WRITERS) run.writers.push(await newWriter(run));
    for (; done < rounds && failed === 0; done++) {
      await round(run, done % ABANDON_EVERY === ABANDON_EVERY / 2);
      for (const failure of run.failures) console.log(`round ${done + 1}: ${failure}`);
      if (run.failures.splice(0).length > 0) failed++;
    }
  } finally {
    await server.dispose();
  }
  console.log(`${run.writes} acknowledged writes; of the others ${run.kept} kept, ${run.lost} not`);
  console.log(`${done - failed} passed, ${failed} failed`);
  return failed === 0;
}

process.exitCode = (await main()) ? 0 : 1;
