/**
 * `mntr` in an ensemble: each role prints the names that the reference's prints in that role, in
 * the same form, but for those that docs/metrics.md says are left out; and what members count of
 * writes, of learners that come back and of sessions that move are the same numbers.
 */
import { setTimeout as wait } from "node:timers/promises";
import { METRIC_TABLE } from "../../../src/server/metric-table.ts";
import { TestEnsemble } from "../../support/ensembles.ts";
import { fourLetter } from "../../support/four-letter.ts";
import { create, granted } from "../../support/operations.ts";
import { RawSession } from "../../support/raw-session.ts";
import type { Start, Subject } from "../../support/subjects.ts";
import type { Outcome, Scenario } from "../scenario.ts";

const LIMIT_MS = 30_000;
const POLL_MS = 50;
const CONFIG = { tickTime: 500, initLimit: 40, syncLimit: 20 };
const WRITES = 20;
/** For each learner, under its number: they tell of queues that Quoll does not have. */
const LEFT_OUT = /^\d+_(learner_handler_qp_|ack_latency)/;
/** Ours alone. */
const ADDED = new Set(["large_replies", "reads_in_readers"]);
const PARTS_OF_SUMMARY = /^(avg|min|max|cnt|sum|p50|p95|p99|p999)_/;
const SETS = METRIC_TABLE.filter(({ kind }) => kind === "summarySet").map(({ name }) => name);
const ABSENT = new Set(
  METRIC_TABLE.filter(({ source }) => source === "absent").map(({ name }) => name),
);
/** Counted alike: the first of each pair, at roles of the second. */
const COUNTED: readonly (readonly [name: string, roles: readonly string[]])[] = [
  ["proposal_count", ["leader", "follower", "observer"]],
  ["commit_count", ["leader", "follower", "observer"]],
  ["cnt_quorum_ack_latency", ["leader"]],
  ["cnt_proposal_ack_creation_latency", ["leader", "follower"]],
  ["learner_proposal_received_count", ["leader", "follower", "observer"]],
  ["learner_commit_received_count", ["leader", "follower", "observer"]],
  ["cnt_proposal_latency", ["leader", "follower"]],
  ["cnt_commit_propagation_latency", ["leader", "follower", "observer"]],
  ["cnt_propagation_latency", ["leader", "follower", "observer"]],
  ["revalidate_count", ["leader", "follower", "observer"]],
  ["cnt_unavailable_time", ["leader", "follower", "observer"]],
  ["cnt_leader_unavailable_time", ["leader", "follower", "observer"]],
  ["cnt_follower_sync_time", ["leader", "follower"]],
  ["cnt_observer_sync_time", ["leader", "observer"]],
  ["observer_master_id", ["observer"]],
  ["quorum_size", ["leader", "follower", "observer"]],
  ["learners", ["leader"]],
  ["synced_followers", ["leader"]],
  ["synced_observers", ["leader"]],
];

type Figures = ReadonlyMap<string, string>;

async function figuresOf({ port }: Subject): Promise<Figures> {
  const lines = (await fourLetter(port, "mntr")).trimEnd().split("\n");
  return new Map(lines.map((line) => line.replace(/^zk_/, "").split("\t") as [string, string]));
}

/** Whether the reference prints it and we do too. */
function isCommon(name: string): boolean {
  const base = name.replace(PARTS_OF_SUMMARY, "");
  if (LEFT_OUT.test(base) || SETS.some((set) => base.endsWith(`_${set}`))) return false;
  return !ABSENT.has(base) && !ADDED.has(base) && !ABSENT.has(name);
}

function formOf(value: string): string {
  if (/^-?\d+$/.test(value)) return "whole";
  return /^-?\d+\.\d+(E-?\d+)?$/.test(value) ? "with a point" : "words";
}

class Observation {
  readonly lines: string[] = [];
  private readonly ensemble: TestEnsemble;

  constructor(ensemble: TestEnsemble) {
    this.ensemble = ensemble;
  }

  async names(): Promise<void> {
    for (const member of this.ensemble.members) {
      const figures = await figuresOf(member);
      const role = figures.get("server_state");
      for (const name of [...figures.keys()].filter(isCommon).sort()) {
        this.lines.push(`${role}: ${name}, ${formOf(figures.get(name)!)}`);
      }
    }
  }

  /** Through a follower, and by a session that moves to the observer. */
  async write(): Promise<void> {
    const { members } = this.ensemble;
    const first = await RawSession.open(members[0]!.port);
    for (let write = 0; write < WRITES; write++) {
      await granted("create", create(first, `/write-${write}`, null));
    }
    const { sessionId, password, lastZxid } = first;
    await first.cut();
    // Who is behind what a client has seen lets it not in.
    await this.settled();
    const moved = { sessionId, password, lastZxidSeen: lastZxid };
    const second = await RawSession.open(members[3]!.port, moved);
    await granted("create", create(second, "/moved", null));
    await second.close();
    await this.settled();
    for (const member of members) {
      const figures = await figuresOf(member);
      const role = figures.get("server_state")!;
      for (const [name, roles] of COUNTED) {
        if (roles.includes(role)) this.lines.push(`${role}: ${name} is ${figures.get(name)}`);
      }
    }
  }

  /** One learner lacks a write, and then all. */
  async comeBack(how: "diff_count" | "snap_count"): Promise<void> {
    const [learner, , leader] = this.ensemble.members;
    const before = (await figuresOf(leader!)).get(how);
    await learner!.kill9();
    if (how === "snap_count") await this.ensemble.empty(learner!);
    const session = await RawSession.open(leader!.port);
    await granted("create", create(session, `/${how}`, null));
    await session.close();
    await learner!.restart();
    await this.settled();
    const after = (await figuresOf(leader!)).get(how);
    this.lines.push(`${how} grows by ${Number(after) - Number(before)}`);
  }

  private async settled(): Promise<void> {
    const startedAt = performance.now();
    for (;;) {
      const answers = this.ensemble.members.map(({ port }) => fourLetter(port, "srvr"));
      const zxids = (await Promise.all(answers)).map((told) => /Zxid: (\S+)/.exec(told)?.[1]);
      if (zxids.every((zxid) => zxid !== undefined && zxid === zxids[0])) return;
      if (performance.now() - startedAt > LIMIT_MS) throw new Error(`zxids: ${zxids}`);
      await wait(POLL_MS);
    }
  }
}

async function play(start: Start): Promise<Outcome> {
  const members = [{ start }, { start }, { start }, { start, role: "observer" as const }];
  const order = [[3, 2], [1], [4]];
  const ensemble = await TestEnsemble.start(members, { config: CONFIG, order });
  try {
    const observation = new Observation(ensemble);
    await observation.names();
    await observation.write();
    await observation.comeBack("diff_count");
    await observation.comeBack("snap_count");
    return observation.lines;
  } finally {
    await ensemble.dispose();
  }
}

export const mntrKeys: Scenario = { name: "mntr-keys", run: play };
