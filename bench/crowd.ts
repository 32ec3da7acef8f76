/**
 * `npm run bench:crowd -- [--sessions N] [--watches N] [--paths N] [--ephemerals] [--subject S]`:
 * what a crowd of idle sessions and their watches cost a server in memory, and how long others wait
 * while all of the crowd expire at once. Prints a line a figure (docs/limits.md has them).
 *
 * Needs as many open files as sessions, here and in the server (`ulimit -n`).
 */
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { joinBytes } from "../src/base/bytes.ts";
import { CreateRequest, ReadRequest, RequestHeader } from "../src/records/client.ts";
import { Xid } from "../src/records/constants.ts";
import { OPEN_ACL } from "../src/records/data.ts";
import { OpCode } from "../src/records/op-codes.ts";
import { installReference } from "../test/interop/install.ts";
import { encoded, frame } from "../test/support/raw-session.ts";
import { START, type SubjectName } from "../test/support/subjects.ts";
import type { ProbeResult } from "./jobs.ts";
import { LoadConnection } from "./load-connection.ts";
import { load } from "./load-process.ts";
import { residentMegabytes } from "./usage.ts";

const { values: flags } = parseArgs({
  options: {
    sessions: { type: "string", default: "10000" },
    watches: { type: "string", default: "1000000" },
    paths: { type: "string", default: "1000000" },
    ephemerals: { type: "boolean", default: false },
    subject: { type: "string" },
  },
});
const SESSIONS = Number.parseInt(flags.sessions, 10);
const WATCHES = Number.parseInt(flags.watches, 10);
const PATHS = Number.parseInt(flags.paths, 10);
/** Long enough for the crowd to come in; all are heard once more before they fall silent. */
const TIMEOUT_MS = 30_000;
const PING_EVERY_MS = 8_000;
const PROBE_EVERY_MS = 1;
/** Before memory is read: what the step left behind is collected. */
const REST_MS = 3_000;
const UNANSWERED_MAX = 20_000;
const OPENING_AT_A_TIME = 200;
const WATCHES_AT_A_TIME = 1_000;

const PING = frame(encoded(RequestHeader, { xid: Xid.ping, type: OpCode.ping }));
const pathOf = (index: number): string =>
  `/crowd/watched-${String(index % PATHS).padStart(7, "0")}`;

const watchFrame = (index: number): Uint8Array =>
  frame(
    encoded(RequestHeader, { xid: 1, type: OpCode.exists }),
    encoded(ReadRequest, { path: pathOf(index), watch: true }),
  );
const ephemeralFrame = (index: number): Uint8Array =>
  frame(
    encoded(RequestHeader, { xid: 1, type: OpCode.create }),
    encoded(CreateRequest, { path: `/member-${index}`, data: null, acl: OPEN_ACL, flags: 1 }),
  );

/** The sessions of one server, all on this process. */
class Crowd {
  readonly members: LoadConnection[] = [];
  /** Set while the crowd is to be there: who leaves then ends the measurement. */
  private staying = true;
  private gone = 0;
  private unanswered = 0;
  private pings: NodeJS.Timeout | undefined;

  async enter(port: number): Promise<void> {
    this.pings = setInterval(() => this.ping(), PING_EVERY_MS);
    while (this.members.length < SESSIONS) {
      const more = Math.min(OPENING_AT_A_TIME, SESSIONS - this.members.length);
      const opening = Array.from({ length: more }, () =>
        LoadConnection.open(port, (error) => this.left(error), TIMEOUT_MS),
      );
      for (const member of await Promise.all(opening)) {
        member.start({ replies: (count) => this.heard(count) });
        this.members.push(member);
      }
    }
  }

  /** Sends one request for each index below `count`, spread over the members. */
  async ask(count: number, request: (index: number) => Uint8Array): Promise<void> {
    const each = Math.ceil(count / this.members.length);
    for (const [at, member] of this.members.entries()) {
      for (let from = 0; from < each; from += WATCHES_AT_A_TIME) {
        const some = Math.min(WATCHES_AT_A_TIME, each - from);
        const frames = Array.from({ length: some }, (_, n) => request(at * each + from + n));
        this.send(member, joinBytes(frames), some);
        await this.answered(UNANSWERED_MAX);
      }
    }
    await this.answered(0);
  }

  /** Everybody is heard once more, and then nobody. */
  async fallSilent(): Promise<void> {
    clearInterval(this.pings);
    this.ping();
    await this.answered(0);
    this.staying = false;
  }

  async allGone(): Promise<void> {
    while (this.gone < this.members.length) await wait(10);
  }

  private ping(): void {
    for (const member of this.members) this.send(member, PING, 1);
  }

  private send(member: LoadConnection, bytes: Uint8Array, requests: number): void {
    this.unanswered += requests;
    member.socket.write(bytes);
  }

  private async answered(allBut: number): Promise<void> {
    while (this.unanswered > allBut) await wait(1);
  }

  private heard(replies: number): void {
    this.unanswered -= replies;
  }

  private left(error: Error): void {
    if (this.staying) throw error;
    this.gone++;
  }
}

function tell(what: string, figures: string): void {
  console.log(`${what.padEnd(34)} ${figures}`);
}
const kilobytes = (megabytes: number, count: number): string =>
  `${((megabytes * 1024) / count).toFixed(2)} KB each`;

async function measureCrowd(name: SubjectName): Promise<void> {
  const server = await START[name]({ config: { tickTime: 2000, maxClientCnxns: 0 } });
  const { port, pid } = server;
  try {
    await wait(REST_MS);
    const empty = residentMegabytes(pid);
    tell(`${name}, nobody there`, `${empty.toFixed(0)} MB`);
    const crowd = new Crowd();
    await crowd.enter(port);
    await wait(REST_MS);
    const met = residentMegabytes(pid);
    tell(`${SESSIONS} idle sessions`, `${met.toFixed(0)} MB, ${kilobytes(met - empty, SESSIONS)}`);
    await crowd.ask(WATCHES, watchFrame);
    if (flags.ephemerals) await crowd.ask(SESSIONS, ephemeralFrame);
    await wait(REST_MS);
    const watched = residentMegabytes(pid);
    tell(
      `${WATCHES} watches, ${PATHS} paths`,
      `${watched.toFixed(0)} MB, ${kilobytes(watched - met, WATCHES)}`,
    );
    await crowd.fallSilent();
    const probes = [false, true].map((writes) =>
      load<ProbeResult>({ kind: "probe", port, everyMs: PROBE_EVERY_MS, writes }),
    );
    await crowd.allGone();
    for (const probe of probes) probe.child.stdin!.end();
    const [pinged, written] = await Promise.all(probes.map(({ result }) => result));
    tell("longest ping while all expire", `${pinged!.maxMs.toFixed(1)} ms of ${pinged!.count}`);
    tell("longest write while all expire", `${written!.maxMs.toFixed(1)} ms of ${written!.count}`);
    await wait(REST_MS);
    tell("afterwards", `${residentMegabytes(pid).toFixed(0)} MB`);
  } finally {
    await server.dispose();
  }
}

await installReference();
const subjects: readonly SubjectName[] =
  flags.subject === undefined ? ["apache", "quoll"] : [flags.subject as SubjectName];
for (const name of subjects) await measureCrowd(name);
