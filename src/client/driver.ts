/**
 * Drives the session machine: one loop that feeds it sockets, timers and requests in a single
 * order, and performs what it asks for.
 *
 * Promises: replies and watch events reach the program in the order in which the server sent them.
 * Watchers run as jobs of their own: what one throws is an uncaught exception, and the client goes
 * on. Requests made in one turn of the event loop leave in one write.
 * Size: one loop and what it performs.
 */
import { unreachable } from "../base/assert.ts";
import type { Host } from "../client-core/connect-string.ts";
import type { WatchedEvent } from "../client-core/events.ts";
import { ClientMachine } from "../client-core/machine.ts";
import type { Operation } from "../client-core/operation.ts";
import {
  type Auth,
  type ClientEffect,
  type ClientInput,
  type ClientOptions,
  type ClientState,
  isOver,
  type Outcome,
} from "../client-core/protocol.ts";
import { ErrorCode } from "../records/error-codes.ts";
import type { MultiResult } from "../records/multi.ts";
import type { Connection, Dial } from "./connection.ts";
import { answered, type Logger, Reporter, startOfRequest } from "./diagnostics.ts";
import { ClosedError, type KeeperError, keeperError } from "./keeper-error.ts";
import { isWritable } from "./probe.ts";
import { Prover, type SaslMechanism } from "./sasl.ts";

/**
 * Told of events. Registered twice for the same, a function is told once.
 * @example
 * const watcher: Watcher = ({ type, path }) => console.log(type, path);
 * await zk.getData("/config", { watch: watcher });
 */
export type Watcher = (event: WatchedEvent) => void;

type Ticket = {
  readonly operation: string;
  readonly path: string | undefined;
  readonly writes: boolean;
  /** For `answered`. */
  readonly startedAt: number;
  readonly resolve: (reply: never) => void;
  readonly reject: (error: unknown) => void;
  /** Takes the listener off the caller's signal; undefined where there is none. */
  stopHeeding: (() => void) | undefined;
};
type Effect = ClientEffect<Ticket, Watcher>;

export type Listeners = {
  /** Told of session events without having asked for a watch. */
  readonly watcher?: Watcher | undefined;
  /** Told why a connection ended or could not be made. */
  readonly onTrouble?: ((reason: string) => void) | undefined;
  readonly logger?: Logger | undefined;
  readonly sasl?: SaslMechanism | undefined;
};

type CallOptions = {
  readonly watcher?: Watcher | undefined;
  readonly signal?: AbortSignal | undefined;
};

/** Node's timers take no more, in ms. */
const TIMER_MS_MAX = 0x7fff_ffff;

export class Driver {
  readonly machine: ClientMachine<Ticket, Watcher>;
  private readonly dial: Dial;
  private readonly listeners: Listeners;
  private readonly reporter: Reporter;
  private readonly prover: Prover;
  private readonly out: Effect[] = [];
  private readonly stateListeners = new Set<(state: ClientState) => void>();
  private connection: Connection | undefined;
  /** The connection that is in use; 0 for none. */
  private currentAttempt = 0;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private flushIsDue = false;
  private closed = false;
  /** Why the last connection ended. */
  lastTrouble: string | undefined;

  constructor(options: ClientOptions, dial: Dial, listeners: Listeners) {
    this.machine = new ClientMachine(options);
    this.dial = dial;
    this.listeners = listeners;
    this.reporter = new Reporter(listeners.logger);
    this.prover = new Prover(listeners.sasl);
  }

  start(): void {
    this.feed({ kind: "start", now: performance.now() });
  }

  /**
   * Sends a request. Aborting stops the wait, and the request too where it has not been sent yet.
   */
  call<Q, A>(operation: Operation<Q, A>, request: Q, options: CallOptions): Promise<A> {
    const { signal, watcher } = options;
    // One object and no closure but this one: who pipelines makes hundreds of thousands a second.
    return new Promise<A>((resolve, reject) => {
      const ticket: Ticket = {
        operation: operation.name,
        path: operation.pathOf(request),
        writes: operation.writes,
        startedAt: startOfRequest(),
        resolve,
        reject,
        stopHeeding: undefined,
      };
      if (signal !== undefined && !this.heed(signal, ticket)) return;
      this.feed({ kind: "submit", call: { ticket, operation, request, watcher } });
      this.flushSoon();
    });
  }

  addAuth(auth: Auth, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const about = { operation: "addAuth", path: undefined, writes: false };
      const settling = { startedAt: startOfRequest(), resolve, reject, stopHeeding: undefined };
      const ticket: Ticket = { ...about, ...settling };
      if (signal !== undefined && !this.heed(signal, ticket)) return;
      this.feed({ kind: "addAuth", now: performance.now(), auth, ticket });
    });
  }

  /** `hosts` is not empty. */
  updateServers(hosts: readonly Host[]): void {
    this.feed({ kind: "updateServers", now: performance.now(), hosts });
  }

  /** Ends the session. Resolves when it is over; what was asked before is answered first. */
  close(): Promise<void> {
    this.closed = true;
    return new Promise((resolve) => {
      const stop = this.onState((state) => {
        if (!isOver(state)) return;
        stop();
        resolve();
      });
      if (isOver(this.machine.state)) resolve();
      else this.feed({ kind: "close", now: performance.now() });
    });
  }

  /** Calls `listener` at each change of state; returns how to stop it. */
  onState(listener: (state: ClientState) => void): () => void {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  }

  /** The error of something that ended because the session did, or because it did not begin. */
  errorFor(err: number, about: { operation: string; path?: string; detail?: string }): KeeperError {
    const detail = this.machine.endReason;
    const why = detail === undefined ? {} : { detail };
    const whole = { ambiguous: false, path: undefined, ...why, ...about };
    return this.closed ? new ClosedError(whole) : keeperError(err, whole);
  }

  /** The error of what ended because the session did, or its owner's wish. */
  overError(about: { operation: string; path: string }): KeeperError {
    const { state } = this.machine;
    if (state === "EXPIRED") return this.errorFor(ErrorCode.SessionExpired, about);
    if (state === "AUTH_FAILED") return this.errorFor(ErrorCode.AuthFailed, about);
    return new ClosedError({ ...about, ambiguous: false });
  }

  /** Ends the wait when `signal` is aborted. False: it is already, and the wait is over. */
  private heed(signal: AbortSignal, ticket: Ticket): boolean {
    if (signal.aborted) {
      ticket.reject(signal.reason);
      return false;
    }
    const onAbort = (): void => {
      ticket.reject(signal.reason);
      this.feed({ kind: "cancel", ticket });
    };
    signal.addEventListener("abort", onAbort);
    ticket.stopHeeding = () => signal.removeEventListener("abort", onAbort);
    return true;
  }

  private feed(input: ClientInput<Ticket, Watcher>): void {
    this.machine.step(input, this.out);
    // Nobody's code runs in here: what is performed comes back to the machine in a later job.
    for (const effect of this.out) this.perform(effect);
    this.out.length = 0;
    this.setTimer();
  }

  private flushSoon(): void {
    if (this.flushIsDue) return;
    this.flushIsDue = true;
    process.nextTick(() => {
      this.flushIsDue = false;
      this.feed({ kind: "flush", now: performance.now() });
    });
  }

  private perform(effect: Effect): void {
    switch (effect.kind) {
      case "connect":
        this.currentAttempt = effect.attempt;
        this.reporter.dialing(effect.host);
        this.connection = this.open(effect.host, effect.attempt);
        return;
      case "write":
        return this.connection?.write(effect.bytes);
      case "disconnect":
        this.noteTrouble(effect.reason);
        return this.connection?.close();
      case "probe":
        return this.probe(effect.host);
      case "prove":
        return this.prove(effect.attempt, effect.host, effect.challenge);
      case "settle":
        return this.settle(effect.ticket, effect.outcome);
      case "event":
        return this.tell(effect.event, effect.watchers);
      case "state":
        this.reporter.state(effect.state, this.machine.sessionId);
        return this.tellState(effect.state);
      default:
        unreachable(effect);
    }
  }

  private open(host: Host, attempt: number): Connection {
    return this.dial(host, {
      opened: () => this.feed({ kind: "connected", now: performance.now(), attempt }),
      received: (bytes) => this.feed({ kind: "received", now: performance.now(), attempt, bytes }),
      closed: (reason) => {
        // A connection that the machine has left tells nothing new.
        if (attempt === this.currentAttempt) this.noteTrouble(reason);
        this.feed({ kind: "disconnected", now: performance.now(), attempt, reason });
      },
    });
  }

  private noteTrouble(reason: string): void {
    this.currentAttempt = 0;
    this.lastTrouble = reason;
    const { onTrouble } = this.listeners;
    // The end of a session is told by its state.
    if (isOver(this.machine.state)) return;
    this.reporter.trouble(reason);
    if (onTrouble !== undefined) queueMicrotask(() => onTrouble(reason));
  }

  private probe(host: Host): void {
    void isWritable(host, this.dial).then((writable) =>
      this.feed({ kind: "probed", now: performance.now(), host, writable }),
    );
  }

  private prove(attempt: number, host: Host, challenge: Uint8Array | undefined): void {
    void this.prover
      .answer(host, challenge)
      .then((answer) => this.feed({ kind: "proved", now: performance.now(), attempt, answer }));
  }

  private settle(ticket: Ticket, outcome: Outcome): void {
    ticket.stopHeeding?.();
    if (outcome.kind === "done") {
      answered(ticket, undefined);
      return ticket.resolve(outcome.reply as never);
    }
    const { err, sent, detail, element } = outcome;
    const isOpen = err === ErrorCode.ConnectionLoss || err === ErrorCode.SessionExpired;
    const about = {
      operation: ticket.operation,
      path: ticket.path,
      ambiguous: sent && ticket.writes && isOpen,
      detail,
      element:
        element === undefined
          ? undefined
          : {
              index: element.index,
              path: element.path,
              results: element.reply as readonly MultiResult[],
            },
    };
    const isOurs = this.closed && err === ErrorCode.ConnectionLoss;
    const error = isOurs ? new ClosedError(about) : keeperError(err, about);
    answered(ticket, error);
    ticket.reject(error);
  }

  private tell(event: WatchedEvent, watchers: readonly Watcher[]): void {
    const all = new Set(watchers);
    const { watcher: everySession } = this.listeners;
    if (event.type === "None" && everySession !== undefined) all.add(everySession);
    for (const watcher of all) queueMicrotask(() => watcher(event));
  }

  private tellState(state: ClientState): void {
    for (const listener of this.stateListeners) {
      queueMicrotask(() => {
        if (this.stateListeners.has(listener)) listener(state);
      });
    }
  }

  /** A timer that is early does no harm: it finds nothing to do and is set again. */
  private setTimer(): void {
    const deadline = this.machine.nextDeadline();
    if (deadline >= this.timerAt && deadline !== Number.POSITIVE_INFINITY) return;
    clearTimeout(this.timer);
    this.timerAt = deadline;
    if (deadline === Number.POSITIVE_INFINITY) return;
    const delay = Math.ceil(Math.max(deadline - performance.now(), 0));
    this.timer = setTimeout(
      () => {
        this.timerAt = Number.POSITIVE_INFINITY;
        this.feed({ kind: "tick", now: performance.now() });
      },
      Math.min(delay, TIMER_MS_MAX),
    );
  }
}
