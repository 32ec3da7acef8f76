/**
 * Runs a script against one server and tells what was seen, in terms that do not depend on the
 * server: zxids by the step that made them, sessions by their number, clock times not at all.
 */
import { setTimeout as wait } from "node:timers/promises";
import { hexOf } from "../../../src/base/bytes.ts";
import { ProtocolError } from "../../../src/base/errors.ts";
import type { SessionId, Zxid } from "../../../src/base/ids.ts";
import type { WatcherEvent } from "../../../src/records/client.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { canonical, readBody } from "../../support/operations.ts";
import {
  ClosedError,
  type OpenOptions,
  RawSession,
  type Reply,
} from "../../support/raw-session.ts";
import type { Request } from "./request.ts";
import { describeStep, SESSIONS, type Step } from "./script.ts";

const TIMEOUT_MS = 40_000;
/** A session that is to expire has this timeout; both servers must grant it (`SERVER_CONFIG`). */
const SHORT_TIMEOUT_MS = 400;
/** Until it has surely expired: three times what both servers need. */
const EXPIRY_MS = 1_500;
/** The settings of both servers. */
export const SERVER_CONFIG = { tickTime: 200, maxSessionTimeout: 60_000, enforceQuota: true };

export type Answer = {
  readonly err: number | "closed";
  readonly body: string;
  /** The step that made the zxid of the reply's header. */
  readonly zxid: string;
  /** How far the zxid of the header is ahead of all that were seen before. */
  readonly advance: string;
};
export type Seen = {
  readonly answers: readonly Answer[];
  /**
   * Watch events, for each session in the order of arrival; `REPLY` stands between them for each
   * reply to a request.
   */
  readonly events: readonly (readonly string[])[];
};

export const REPLY = "{}";
const UNIMPLEMENTED = -6;
const CLOSE_MS_MAX = 2_000;
const REATTACH_TRIES = 20;
const REATTACH_PAUSE_MS = 50;

const CLOSED: Answer = { err: "closed", body: "", zxid: "", advance: "" };
/** Lists in no particular order. */
const UNORDERED = new Set(["children", "ephemerals", "clientInfo"]);

export class Observer {
  private readonly port: number;
  private readonly sessions: RawSession[] = [];
  private readonly sessionNames = new Map<SessionId | bigint, string>();
  private readonly zxidNames = new Map<bigint, string>([[0n, "0"]]);
  /** After each step. */
  private readonly zxids: Zxid[] = [];
  private highest: bigint = 0n;

  constructor(port: number) {
    this.port = port;
  }

  async run(steps: readonly Step[]): Promise<readonly Seen[]> {
    for (let index = 0; index < SESSIONS; index++) await this.open(index, `start${index}`);
    const seen: Seen[] = [];
    for (const [at, step] of steps.entries()) {
      try {
        seen.push(await this.take(step, at));
      } catch (cause) {
        throw new Error(`step ${at}: ${describeStep(step)}`, { cause });
      }
      this.zxids.push(this.highest as Zxid);
    }
    for (const session of this.sessions) await session.cut();
    return seen;
  }

  private async take(step: Step, at: number): Promise<Seen> {
    const name = `#${at}`;
    // A connection that one server closed and the other did not: both go on with the session.
    if (this.sessions[step.session]!.closed) await this.reattach(step.session);
    const answers = await this.answers(step, name);
    // Unknown operations: the server closes some time after its answer.
    if (answers.some(({ err, zxid }) => err === UNIMPLEMENTED && zxid === "-1")) {
      await Promise.race([this.sessions[step.session]!.whenClosed(), wait(CLOSE_MS_MAX)]);
    }
    const events = await Promise.all(this.sessions.map((session) => this.eventsOf(session)));
    return { answers, events };
  }

  private async answers(step: Step, name: string): Promise<readonly Answer[]> {
    const session = this.sessions[step.session]!;
    switch (step.kind) {
      case "requests":
        return this.ask(session, step.requests, name);
      case "auth": {
        const reply = await caught(session.auth(step.scheme, step.id));
        return [this.answer(OpCode.auth, reply, name)];
      }
      case "reattach":
        return [await this.reattach(step.session)];
      case "renew": {
        const reply = await caught(session.request(OpCode.closeSession, new Uint8Array(0)));
        await session.cut();
        const closed = this.answer(OpCode.closeSession, reply, name);
        await this.open(step.session, `${name}.new`);
        return [closed];
      }
      case "intrude":
        return [await this.intrude(session), await this.reattach(step.session)];
      case "expire":
        return [await this.expire(step.session, name)];
      case "nothing":
        return [];
    }
  }

  private async ask(session: RawSession, requests: readonly Request[], name: string) {
    const sent = requests.map(({ type, body }) => caught(session.request(type, body(this.zxids))));
    const replies = await Promise.all(sent);
    return replies.map((reply, at) => this.answer(requests[at]!.type, reply, `${name}.${at}`));
  }

  private async open(index: number, name: string): Promise<void> {
    const session = await RawSession.open(this.port, { timeoutMs: TIMEOUT_MS });
    this.sessions[index] = session;
    this.sessionNames.set(session.sessionId, `session ${index} of ${name}`);
    this.answer(OpCode.ping, await session.ping(), name);
  }

  private async reattach(index: number): Promise<Answer> {
    const { sessionId, password } = this.sessions[index]!;
    await this.sessions[index]!.cut();
    const options = { timeoutMs: TIMEOUT_MS, sessionId, password };
    const session = await this.openAgain(options);
    this.sessions[index] = session;
    const same = session.sessionId === sessionId;
    return { err: 0, body: same ? "same session" : "refused", zxid: "", advance: "" };
  }

  private async intrude({ sessionId }: RawSession): Promise<Answer> {
    const password = new Uint8Array(16).fill(7);
    const intruder = await this.openAgain({ timeoutMs: TIMEOUT_MS, sessionId, password });
    const granted = intruder.timeoutMs > 0 && intruder.sessionId === sessionId;
    await intruder.cut();
    return { err: 0, body: granted ? "let in" : "refused", zxid: "", advance: "" };
  }

  private async expire(index: number, name: string): Promise<Answer> {
    const { sessionId, password } = this.sessions[index]!;
    await this.sessions[index]!.cut();
    const last = await this.openAgain({ timeoutMs: SHORT_TIMEOUT_MS, sessionId, password });
    await last.cut();
    await wait(EXPIRY_MS);
    const late = await this.openAgain({ timeoutMs: SHORT_TIMEOUT_MS, sessionId, password });
    await late.cut();
    const told = late.timeoutMs > 0 ? "still there" : `expired, had ${last.timeoutMs} ms`;
    await this.open(index, `${name}.new`);
    return { err: 0, body: told, zxid: "", advance: "" };
  }

  /** The end of the old connection, when the server comes to see it, can take the new one along. */
  private async openAgain(options: OpenOptions): Promise<RawSession> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await RawSession.open(this.port, options);
      } catch (error) {
        if (!(error instanceof ClosedError) || attempt === REATTACH_TRIES) throw error;
        await wait(REATTACH_PAUSE_MS);
      }
    }
  }

  /** What a session was told since the last time; a ping's reply comes after all of it. */
  private async eventsOf(session: RawSession): Promise<readonly string[]> {
    await caught(session.ping());
    const events: string[] = [];
    for (const arrival of session.arrivals.splice(0)) {
      if (arrival.kind === "event") events.push(this.describeEvent(arrival.event, arrival.zxid));
      else if (arrival.reply.xid >= 0) events.push(REPLY);
    }
    return events;
  }

  /**
   * 3.8.0 has no zxid for events: -1 (divergences.md `event-zxid`). One that an event does have must
   * have been made in this step.
   */
  private describeEvent(event: WatcherEvent, zxid: bigint): string {
    const isRight = zxid === -1n || zxid > (this.zxids.at(-1) ?? 0n);
    return canonical(isRight ? event : { ...event, zxid: `not of this step: ${zxid}` });
  }

  private answer(type: number, reply: Reply | null, name: string): Answer {
    if (reply === null) return CLOSED;
    const advance = reply.zxid > this.highest ? reply.zxid - this.highest : 0n;
    if (advance > 0n) {
      this.highest = reply.zxid;
      this.zxidNames.set(reply.zxid, name);
    }
    const zxid = reply.zxid === -1n ? "-1" : this.zxidName(reply.zxid);
    const body = canonical(readable(type, reply), (key, value) => this.masked(key, value));
    return { err: reply.err, body, zxid, advance: String(advance) };
  }

  private zxidName(zxid: bigint): string {
    return this.zxidNames.get(zxid) ?? "unknown";
  }

  private masked(key: string, value: unknown): unknown {
    if (key === "ctime" || key === "mtime") return value === 0 ? 0 : "time";
    if (key === "czxid" || key === "mzxid" || key === "pzxid")
      return this.zxidName(value as bigint);
    if (key === "ephemeralOwner" && value !== 0n) return this.sessionNames.get(value as bigint);
    // Elements of a list come with the key of the list: only the list itself is put in order.
    if (UNORDERED.has(key) && Array.isArray(value)) {
      return [...value].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
    }
    return value;
  }
}

/** As `readBody`; bytes that are no such record as they are. */
function readable(type: number, reply: Reply): unknown {
  try {
    return readBody(type, reply);
  } catch (error) {
    if (error instanceof ProtocolError) return { unreadable: hexOf(reply.body) };
    throw error;
  }
}

/** Null when the connection ended instead of an answer. */
const caught = (answer: Promise<Reply>): Promise<Reply | null> =>
  answer.catch((error: unknown) => {
    if (error instanceof ClosedError) return null;
    throw error;
  });
