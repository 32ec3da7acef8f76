/**
 * A client of a simulated world: the real session machine on the simulated network, and a record of
 * everything that its program would see.
 *
 * Promises: each ask ends once, by an answer, a refusal or a loss, and is recorded so.
 * Size: one driver, and what of its talk is written down.
 */
import { assert, unreachable } from "../base/assert.ts";
import type { Millis, ServerId, SessionId } from "../base/ids.ts";
import type { Host } from "../client-core/connect-string.ts";
import { ClientMachine } from "../client-core/machine.ts";
import {
  type ClientEffect,
  type ClientInput,
  type ClientOptions,
  isLive,
  isOver,
  type Outcome,
} from "../client-core/protocol.ts";
import type { EventType } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { type Ask, cardOf, operationOf, resultOf, watches } from "./asks.ts";
import type { Clock } from "./clock.ts";
import type { CallId, ClientId, Operation, Result } from "./history.ts";
import { type Frame, Tap } from "./tap.ts";
import type { ClientSurroundings, ClientWire } from "./world-parts.ts";

/** How an ask ended. `err`: of the header, or of the step that failed; undefined when it is lost. */
export type Answer = {
  readonly err: number | undefined;
  /** False: it was never done. */
  readonly sent: boolean;
  readonly result: Result | undefined;
  readonly outcome: Outcome;
};

export type Seen = { readonly type: number; readonly path: string };

type Ticket = {
  readonly id: CallId;
  readonly ask: Ask;
  readonly record: { xid?: number };
  readonly answered: (answer: Answer) => void;
};
type Reply = Extract<Frame, { readonly kind: "reply" }>;
type Watcher = (seen: Seen) => void;
type Input = ClientInput<Ticket, Watcher>;
type Effect = ClientEffect<Ticket, Watcher>;

export type ClientSetup = Pick<ClientOptions, "hosts" | "timeoutMs" | "canBeReadOnly" | "seed">;

/** How a client's own process behaves. */
export type ClientHabits = {
  /** Reads stop for up to this long, now and then; 0: never. */
  readonly dawdleMs: Millis;
};

const PROBE_MS_MAX: Millis = 1000;
const TURN_MS: Millis = 0.01;

export class SimClient {
  readonly id: ClientId;
  readonly host: string;
  readonly machine: ClientMachine<Ticket, Watcher>;
  /** Called for each watch event. */
  onEvent: Watcher = () => {};
  /** The session is over: nothing more can be asked. */
  onOver: () => void = () => {};
  /** Asks that are not answered yet. */
  waiting = 0;
  private readonly parts: ClientSurroundings;
  private readonly clock: Clock;
  private readonly habits: ClientHabits;
  private readonly out: Effect[] = [];
  private readonly unsent: Ticket[] = [];
  private connection: ClientWire | undefined;
  private tap = new Tap();
  private timerAt = Number.POSITIVE_INFINITY;
  private timerNumber = 0;
  private session: SessionId | undefined;
  private isAttached = false;
  /** Of the connection: its server has said that it has no quorum. */
  private readOnly: { readonly readOnly?: true } = {};
  private isGone = false;
  private endTold = false;
  /** closeSession, until it is answered. */
  private closing: Ticket | undefined;

  constructor(
    id: ClientId,
    setup: ClientSetup,
    parts: ClientSurroundings,
    clock: Clock,
    habits: ClientHabits,
  ) {
    this.id = id;
    this.host = `c${id}`;
    this.parts = parts;
    this.clock = clock;
    this.habits = habits;
    this.machine = new ClientMachine({
      ...setup,
      chroot: "",
      sasl: false,
      requestBytesMax: 1 << 24,
    });
  }

  get isLive(): boolean {
    return isLive(this.machine.state);
  }
  /** Its server has no quorum. */
  get isReadOnly(): boolean {
    return this.machine.state === "CONNECTED_READ_ONLY";
  }
  get isOver(): boolean {
    return this.isGone || isOver(this.machine.state);
  }
  private get now(): Millis {
    return this.clock.now(this.parts.scheduler.now);
  }

  start(): void {
    this.feed({ kind: "start", now: this.now });
  }

  /** `answered` is called once. The world goes on in between. */
  ask(ask: Exclude<Ask, { kind: "closeSession" }>, answered: (answer: Answer) => void): void {
    const ticket = this.call(ask, answered);
    const [operation, request] = cardOf(ask);
    const watcher = watches(ask) ? this.watcher : undefined;
    this.unsent.push(ticket);
    this.feed({ kind: "submit", call: { ticket, operation, request, watcher } });
    this.feed({ kind: "flush", now: this.now });
  }

  /** Ends the session, where there is one and nothing else is waited for. */
  close(): void {
    if (!this.isLive || this.waiting > 0) return;
    const ticket = this.call({ kind: "closeSession" }, () => {});
    this.unsent.push(ticket);
    this.closing = ticket;
    this.feed({ kind: "close", now: this.now });
  }

  /** The client's process ends without a word. */
  vanish(): void {
    if (this.isOver) return;
    this.isGone = true;
    this.connection?.die(0, false);
    this.parts.recorder.add({ kind: "gone", client: this.id });
    this.parts.probes.reach("a client vanished");
    this.tellOver();
  }

  private readonly watcher: Watcher = (seen) => this.onEvent(seen);

  private call(ask: Ask, answered: (answer: Answer) => void): Ticket {
    assert(!this.isGone, "nobody asks in the name of a client that is gone");
    const id = this.parts.recorder.nextCall();
    const record = { kind: "call" as const, id, client: this.id, op: operationOf(ask) };
    this.waiting++;
    return { id, ask, answered, record: this.recordCall(record) };
  }

  private recordCall(call: {
    readonly kind: "call";
    readonly id: CallId;
    readonly client: ClientId;
    readonly op: Operation;
  }): { xid?: number } {
    const { records } = this.parts.recorder;
    this.parts.recorder.add(call);
    return records.at(-1) as { xid?: number };
  }

  private feed(input: Input): void {
    if (this.isGone) return;
    this.machine.step(input, this.out);
    const effects = this.out.splice(0);
    for (const effect of effects) this.perform(effect);
    this.setTimer();
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case "connect":
        return this.dial(effect.host, effect.attempt);
      case "write":
        return this.write(effect.bytes);
      case "disconnect":
        return this.hangUp();
      case "probe":
        return this.probe(effect.host);
      case "settle":
        return this.settle(effect.ticket, effect.outcome, undefined);
      case "event":
      case "prove": // never: these clients have no mechanism
        return;
      case "state":
        return this.stateChanged(effect.state);
      default:
        return unreachable(effect);
    }
  }

  private dial(host: Host, attempt: number): void {
    const tap = new Tap();
    this.tap = tap;
    this.connection = this.parts.network.dial(this.host, host.name, host.port, {
      opened: () => {
        if (this.session !== undefined && !this.isGone) {
          this.parts.recorder.add({ kind: "session", client: this.id, what: "asking" });
        }
        this.feed({ kind: "connected", now: this.now, attempt });
      },
      received: (bytes) => {
        if (tap === this.tap) this.receive(bytes, attempt);
      },
      closed: (reason) => this.feed({ kind: "disconnected", now: this.now, attempt, reason }),
    });
  }

  private write(bytes: Uint8Array): void {
    for (const xid of this.tap.written(bytes)) {
      const ticket = this.unsent.shift();
      if (ticket !== undefined) ticket.record.xid = xid;
    }
    this.connection?.send(0, bytes);
  }

  private hangUp(): void {
    this.connection?.close(0, this.parts.prng.chance(0.3));
    this.connection = undefined;
    this.tap = new Tap();
  }

  /** Replies and events are recorded in the order of their frames. */
  private receive(bytes: Uint8Array, attempt: number): void {
    this.dawdle();
    const frames = this.tap.received(bytes);
    const out: Effect[] = [];
    this.machine.step({ kind: "received", now: this.now, attempt, bytes }, out);
    let at = 0;
    for (const frame of frames) {
      if (frame.kind === "welcome") this.welcomed(frame);
      else if (frame.kind === "event") this.eventCame(frame);
      else {
        this.checkTurn(frame);
        at = this.replied(frame, out, at);
      }
    }
    for (; at < out.length; at++) this.perform(out[at]!);
    this.setTimer();
  }

  private checkTurn(frame: Reply): void {
    const what = this.tap.outOfTurn(frame);
    if (what === undefined) return;
    this.parts.recorder.add({ kind: "misread", reader: this.host, what });
  }

  /** Performs what belongs to this reply; returns where the rest begins. */
  private replied(frame: Reply, out: readonly Effect[], at: number): number {
    const found = out.findIndex((effect, index) => index >= at && effect.kind === "settle");
    const effect = out[found];
    if (effect?.kind !== "settle") {
      this.closed(frame);
      return at;
    }
    for (; at < found; at++) this.perform(out[at]!);
    this.settle(effect.ticket, effect.outcome, frame);
    return found + 1;
  }

  private settle(ticket: Ticket, outcome: Outcome, frame: Reply | undefined): void {
    const { recorder } = this.parts;
    const { id, ask } = ticket;
    this.waiting--;
    const index = this.unsent.indexOf(ticket);
    if (index >= 0) this.unsent.splice(index, 1);
    if (frame === undefined) {
      const sent = outcome.kind === "done" || outcome.sent;
      recorder.add({ kind: "lost", id, sent });
      return this.answerSoon(ticket, { err: undefined, sent, result: undefined, outcome });
    }
    const result = resultOf(ask, outcome);
    const { zxid, err: inHeader } = frame;
    const base = {
      ...{ kind: "reply" as const, id, zxid, err: inHeader },
      ...{ ...this.server(), ...this.readOnly },
    };
    if (this.readOnly.readOnly === true) this.countReadOnly(inHeader);
    recorder.add(result === undefined ? base : { ...base, result });
    const err = outcome.kind === "done" ? inHeader : outcome.err;
    this.answerSoon(ticket, { err, sent: true, result, outcome });
  }

  private countReadOnly(err: number): void {
    const { probes } = this.parts;
    if (err === ErrorCode.Ok) probes.reach("a client read at a server without a quorum");
    if (err === ErrorCode.NotReadOnly) probes.reach("a write was refused for want of a quorum");
  }

  /** A program goes on in a turn of its own. */
  private answerSoon(ticket: Ticket, answer: Answer): void {
    this.parts.scheduler.after(TURN_MS, () => {
      if (!this.isGone) ticket.answered(answer);
    });
  }

  private eventCame({ zxid, type, path }: Extract<Frame, { kind: "event" }>): void {
    const event = { kind: "event" as const, client: this.id, type: type as EventType, path };
    this.parts.recorder.add(zxid > 0n ? { ...event, zxid } : event);
    this.parts.scheduler.after(TURN_MS, () => {
      if (!this.isGone) this.onEvent({ type, path });
    });
  }

  private welcomed({ response }: Extract<Frame, { kind: "welcome" }>): void {
    const { recorder, probes } = this.parts;
    const { sessionId: session, timeoutMs } = response;
    if (timeoutMs <= 0) {
      this.endTold = true;
      recorder.add({ kind: "session", client: this.id, what: "expired" });
      probes.reach("a client was told that its session expired");
      return;
    }
    this.isAttached = true;
    const wasReadOnly = this.readOnly.readOnly === true;
    this.readOnly = response.readOnly === true ? { readOnly: true } : {};
    const isReadOnly = response.readOnly === true;
    const base = {
      ...{ kind: "session" as const, client: this.id, timeoutMs },
      ...{ ...this.server(), ...this.readOnly },
    };
    // A session without a quorum is given up for one with a quorum.
    if (this.session === session) {
      probes.reach("a session came back on another connection");
      if (isReadOnly && !wasReadOnly) probes.reach("a session went on without a quorum");
      if (wasReadOnly && !isReadOnly) probes.reach("a session found a quorum again");
      return recorder.add({ ...base, what: "attached" });
    }
    this.session = session;
    recorder.add({ ...base, what: "created", session });
  }

  private stateChanged(state: string): void {
    if (state === "CONNECTING" && this.isAttached) this.detached();
    if (state === "EXPIRED" || state === "CLOSED" || state === "AUTH_FAILED") {
      if (this.isAttached) this.detached();
      const { closing } = this;
      this.closing = undefined;
      const lost = { kind: "failed", err: ErrorCode.ConnectionLoss, sent: true } as const;
      if (closing !== undefined) this.settle(closing, lost, undefined);
      if (!this.endTold) this.parts.recorder.add({ kind: "gone", client: this.id });
      this.endTold = true;
      this.parts.scheduler.after(TURN_MS, () => this.tellOver());
    }
  }

  private detached(): void {
    this.isAttached = false;
    this.parts.recorder.add({ kind: "session", client: this.id, what: "detached" });
  }

  /** The reply to closeSession. */
  private closed(frame: Reply): void {
    const { closing } = this;
    if (closing === undefined) return;
    this.closing = undefined;
    this.endTold = true;
    this.settle(closing, { kind: "done", reply: undefined }, frame);
  }

  private tellOver(): void {
    const { onOver } = this;
    this.onOver = () => {};
    onOver();
  }

  private server(): { readonly server?: ServerId } {
    const name = this.machine.host?.name ?? "";
    return /^s\d+$/.test(name) ? { server: BigInt(name.slice(1)) as ServerId } : {};
  }

  private probe(host: Host): void {
    const { network, scheduler } = this.parts;
    let answer = "";
    const connection = network.dial(this.host, host.name, host.port, {
      opened: () => connection.send(0, new TextEncoder().encode("isro")),
      received: (bytes) => {
        answer += String.fromCharCode(...bytes);
      },
      closed: () => {
        this.feed({ kind: "probed", now: this.now, host, writable: answer === "rw" });
      },
    });
    scheduler.after(PROBE_MS_MAX, () => connection.close(0));
  }

  /** Stops reading for a while, as a program that is busy. */
  private dawdle(): void {
    const { dawdleMs } = this.habits;
    const { prng, scheduler, probes } = this.parts;
    if (dawdleMs === 0 || !prng.chance(0.02)) return;
    const { connection } = this;
    connection?.setReading(0, false);
    probes.reach("a client read slowly");
    scheduler.after(prng.below(dawdleMs), () => connection?.setReading(0, true));
  }

  private setTimer(): void {
    const deadline = this.machine.nextDeadline();
    // A timer that is early does no harm: it finds nothing to do and is set again.
    if (deadline >= this.timerAt || deadline === Number.POSITIVE_INFINITY) return;
    this.timerAt = deadline;
    const number = ++this.timerNumber;
    const { scheduler } = this.parts;
    scheduler.after(this.clock.until(deadline, scheduler.now) + TURN_MS, () => {
      if (number !== this.timerNumber) return;
      this.timerAt = Number.POSITIVE_INFINITY;
      this.feed({ kind: "tick", now: this.now });
    });
  }
}
