/**
 * The session machine of a client: finds a server, keeps the session alive, pipelines requests,
 * hands out replies and watch events in the order in which the server sent them.
 *
 *   down -> paused -> dialing -> greeting -> (proving ->) live
 *   each may fall back to paused or dialing; over: AUTH_FAILED, EXPIRED or CLOSED
 *
 * Promises: every ticket is settled exactly once. A lost connection fails everything submitted
 * before the loss is told, sent or not, so that what was done is always a prefix of what was asked
 * for. What is submitted while there is no connection waits for one.
 * Leaves to others: sockets, clocks, and calling `flush` after `submit` (client/driver.ts).
 * From: specification 2.1-2.5; reference `ClientCnxn`.
 * Size: one state machine, whose transitions are read together.
 */
import { assert, unreachable } from "../base/assert.ts";
import { ProtocolError } from "../base/errors.ts";
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import { Prng } from "../base/prng.ts";
import { FrameCutter } from "../jute/frames.ts";
import { JuteReader } from "../jute/reader.ts";
import { JuteWriter } from "../jute/writer.ts";
import { ConnectResponse, ReplyHeader, WatcherEvent } from "../records/client.ts";
import { Xid } from "../records/constants.ts";
import { ErrorCode } from "../records/error-codes.ts";
import { OpCode } from "../records/op-codes.ts";
import { Auths } from "./auths.ts";
import { Calls, rootOf, writeBare } from "./calls.ts";
import { Chroot } from "./chroot.ts";
import { describeHost, type Host } from "./connect-string.ts";
import { eventTypeName, keeperStateName, sessionEvent, type WatchedEvent } from "./events.ts";
import { HostList } from "./host-list.ts";
import { deadlineOf, type Link } from "./link.ts";
import { ENDS, type EndState, type Failure, LOST, replyOutcome } from "./outcome.ts";
import {
  type Attempt,
  type Auth,
  type Call,
  type ClientEffect,
  type ClientInput,
  type ClientOptions,
  type ClientState,
  isLive,
  isOver,
  type Outcome,
  REPLY_BYTES_MAX,
} from "./protocol.ts";
import { Removals } from "./removals.ts";
import { readChallenge, type SaslAnswer, writeToken } from "./sasl.ts";
import { Session } from "./session.ts";
import { writeSetWatches } from "./set-watches.ts";
import { Watches } from "./watches.ts";
import { WritableSearch } from "./writable-search.ts";

/** The least time a server gets to take the session, in ms, however short the session's timeout. */
const DIAL_MS_MIN: Millis = 500;

export class ClientMachine<T, W> implements Machine<ClientInput<T, W>, ClientEffect<T, W>> {
  private readonly options: ClientOptions;
  private readonly chroot: Chroot;
  private readonly hosts: HostList;
  private readonly session: Session;
  private readonly calls: Calls<T, W>;
  private readonly auths = new Auths<T>();
  private readonly watches = new Watches<W>();
  private readonly removals: Removals<T, W>;
  private readonly search = new WritableSearch();
  private readonly outbox = new JuteWriter();
  private cutter = new FrameCutter(REPLY_BYTES_MAX);
  private link: Link = { kind: "down" };
  private attempt: Attempt = 0;
  private current: ClientState = "NOT_CONNECTED";
  /**
   * The xid of closeSession once `close` was asked for; 0 where there was no connection to send it.
   */
  private closing: number | undefined;
  /** Why the session ended, in words, where its last state does not tell it. */
  endReason: string | undefined;

  constructor(options: ClientOptions) {
    this.options = options;
    this.chroot = new Chroot(options.chroot);
    this.hosts = new HostList(options.hosts, new Prng(options.seed));
    this.session = new Session(options.timeoutMs);
    this.removals = new Removals(this.watches, this.chroot);
    this.calls = new Calls({ chroot: this.chroot, frameBytesMax: options.requestBytesMax });
  }

  get state(): ClientState {
    return this.current;
  }
  /** 0 before the first session. */
  get sessionId(): SessionId {
    return this.session.id;
  }
  get password(): Uint8Array {
    return this.session.password;
  }
  /** In ms: as asked for before the first session, then as the server decided. */
  get timeoutMs(): Millis {
    return this.session.timeoutMs;
  }
  get lastZxid(): Zxid {
    return this.session.lastZxid;
  }
  /** The server talked to, or tried, or to be tried next. */
  get host(): Host | undefined {
    return "host" in this.link ? this.link.host : undefined;
  }

  /** When `tick` must come at the latest; infinite when there is nothing to wait for. */
  nextDeadline(): Millis {
    return deadlineOf(this.link, this.session, this.search);
  }

  step(input: ClientInput<T, W>, out: ClientEffect<T, W>[]): void {
    switch (input.kind) {
      case "submit":
        return this.submit(input.call, out);
      case "cancel":
        return this.cancel(input.ticket, out);
      case "start":
        this.start(input.now, out);
        break;
      case "connected":
        if (input.attempt === this.attempt) this.greet();
        break;
      case "received":
        if (input.attempt === this.attempt) this.receive(input.bytes, input.now, out);
        break;
      case "disconnected":
        if (input.attempt === this.attempt) this.lost(input.now, out);
        break;
      case "probed":
        if (input.writable) this.moveTo(input.host, input.now, out);
        break;
      case "tick":
        this.tick(input.now, out);
        break;
      case "updateServers":
        this.updateServers(input.hosts, input.now, out);
        break;
      case "flush":
        break;
      case "proved":
        if (input.attempt === this.attempt) this.proved(input.answer, input.now, out);
        break;
      case "addAuth":
        this.addAuth(input.auth, input.ticket, out);
        break;
      case "close":
        this.close(out);
        break;
      default:
        unreachable(input);
    }
    this.flush(input.now, out);
  }

  private start(now: Millis, out: ClientEffect<T, W>[]): void {
    assert(this.link.kind === "down", "a client is started once");
    this.become("CONNECTING", out);
    this.seek(now, out);
  }

  // ---- requests ----

  private submit(call: Call<T, W>, out: ClientEffect<T, W>[]): void {
    if (this.closing !== undefined || isOver(this.current)) {
      return this.fail(call.ticket, { err: this.overError(), sent: false }, out);
    }
    if (this.removedHere(call, out)) return;
    if (this.link.kind === "live") this.send(call, out);
    else this.calls.hold(call);
  }

  private send(call: Call<T, W>, out: ClientEffect<T, W>[]): void {
    const tooLarge = this.calls.send(this.outbox, call);
    if (tooLarge === undefined) return;
    const detail = `request of ${tooLarge} bytes, the limit is ${this.options.requestBytesMax}`;
    this.fail(call.ticket, { err: ErrorCode.BadArguments, sent: false, detail }, out);
  }

  /** Settles a removal of watches that needs no server. */
  private removedHere(call: Call<T, W>, out: ClientEffect<T, W>[]): boolean {
    const end = this.removals.endsHere(call, this.link.kind === "live");
    if (end === "none") this.fail(call.ticket, { err: ErrorCode.NoWatcher, sent: false }, out);
    else if (end === "removed") this.removed(call, out);
    return end !== undefined;
  }

  private removed(call: Call<T, W>, out: ClientEffect<T, W>[]): void {
    this.removals.remove(call, this.link.kind === "live", out);
    out.push({ kind: "settle", ticket: call.ticket, outcome: { kind: "done", reply: undefined } });
  }

  private cancel(ticket: T, out: ClientEffect<T, W>[]): void {
    for (const call of this.calls.withdraw(ticket)) {
      this.fail(call.ticket, { err: ErrorCode.OperationTimeout, sent: false }, out);
    }
  }

  private addAuth(auth: Auth, ticket: T, out: ClientEffect<T, W>[]): void {
    if (this.closing !== undefined || isOver(this.current)) {
      return this.fail(ticket, { err: this.overError(), sent: false }, out);
    }
    const number = this.auths.add(auth, ticket);
    if (this.link.kind === "live") this.auths.send(this.outbox, number);
  }

  private close(out: ClientEffect<T, W>[]): void {
    if (this.closing !== undefined || isOver(this.current)) return;
    if (this.link.kind === "live") {
      this.closing = this.calls.sendClose(this.outbox);
      return;
    }
    this.closing = 0;
    this.finish("CLOSED", out);
  }

  // ---- the connection ----

  private seek(now: Millis, out: ClientEffect<T, W>[]): void {
    const { host, pauseMs } = this.hosts.next();
    if (pauseMs > 0) this.link = { kind: "paused", until: now + pauseMs, host };
    else this.dial(host, now, out);
  }

  private dial(host: Host, now: Millis, out: ClientEffect<T, W>[]): void {
    // Every server gets its chance before the session's time is over.
    const patienceMs = Math.max(this.session.timeoutMs / this.hosts.count, DIAL_MS_MIN);
    this.link = { kind: "dialing", until: now + patienceMs, host };
    this.attempt++;
    this.cutter = new FrameCutter(REPLY_BYTES_MAX);
    out.push({ kind: "connect", attempt: this.attempt, host });
  }

  private greet(): void {
    assert(this.link.kind === "dialing", "a connection is opened once");
    this.link = { ...this.link, kind: "greeting" };
    this.session.writeConnectRequest(this.outbox, this.options.canBeReadOnly);
  }

  private receive(bytes: Uint8Array, now: Millis, out: ClientEffect<T, W>[]): void {
    const attempt = this.attempt;
    try {
      this.cutter.push(bytes, (frame, start, end) => {
        this.onFrame(new JuteReader(frame, start, end), now, out);
        return attempt === this.attempt;
      });
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.hangUp(error.message, now, out);
    }
    // Heard is set last: an answer to the handshake first decides what was heard of the session.
    if (this.link.kind === "live") this.session.lastHeard = now;
  }

  private onFrame(from: JuteReader, now: Millis, out: ClientEffect<T, W>[]): void {
    if (this.link.kind === "greeting") return this.welcome(from, now, out);
    const header = ReplyHeader.read(from);
    switch (header.xid) {
      case Xid.event:
        return this.onEvent(WatcherEvent.read(from), header.zxid, out);
      case Xid.ping:
      case Xid.setWatches:
        return;
      case Xid.auth:
        return this.onAuth(header.err, out);
      default:
        if (this.link.kind === "proving") return this.onChallenge(header.err, from, out);
        return this.onReply(header, from, now, out);
    }
  }

  /** The answer to the handshake. */
  private welcome(from: JuteReader, now: Millis, out: ClientEffect<T, W>[]): void {
    assert(this.link.kind === "greeting", "a server greets once");
    const response = ConnectResponse.read(from);
    if (!this.session.accept(response)) return this.finish("EXPIRED", out);
    this.session.lastHeard = now;
    const readOnly = response.readOnly === true;
    const { host, until } = this.link;
    if (!this.options.sasl) return this.enter(host, readOnly, now, out);
    this.link = { kind: "proving", until, host, readOnly, asked: false };
    out.push({ kind: "prove", attempt: this.attempt, host, challenge: undefined });
  }

  /** The mechanism's word. */
  private proved(answer: SaslAnswer, now: Millis, out: ClientEffect<T, W>[]): void {
    const { link } = this;
    assert(link.kind === "proving" && !link.asked, "a mechanism speaks when it is asked");
    if (answer.kind === "failed") return this.finish("AUTH_FAILED", out, answer.reason);
    if (answer.kind === "done") return this.enter(link.host, link.readOnly, now, out);
    this.link = { ...link, asked: true };
    writeToken(this.outbox, answer.token);
  }

  /** The server's word. */
  private onChallenge(err: number, from: JuteReader, out: ClientEffect<T, W>[]): void {
    const { link } = this;
    assert(link.kind === "proving", "a challenge belongs to an exchange");
    const challenge = readChallenge(link, err, from);
    if ("refusal" in challenge) return this.finish("AUTH_FAILED", out, challenge.refusal);
    this.link = { ...link, asked: false };
    out.push({ kind: "prove", attempt: this.attempt, host: link.host, challenge });
  }

  /** The server takes requests. */
  private enter(host: Host, readOnly: boolean, now: Millis, out: ClientEffect<T, W>[]): void {
    this.link = { kind: "live", host };
    this.hosts.succeeded();
    if (readOnly) this.search.begin(now);
    this.become(readOnly ? "CONNECTED_READ_ONLY" : "CONNECTED", out);
    this.tellAll(sessionEvent(readOnly ? "ConnectedReadOnly" : "SyncConnected"), out);
    this.auths.sendAll(this.outbox);
    writeSetWatches(this.outbox, this.watches, this.session.lastZxid);
    for (const call of this.calls.takeWaiting()) this.send(call, out);
  }

  private onEvent(event: WatcherEvent, zxid: Zxid, out: ClientEffect<T, W>[]): void {
    // The zxid is not counted as seen: a multi fires several events with one zxid, and setWatches
    // after a connection lost between them must bring the rest.
    const type = eventTypeName(event.type);
    const state = keeperStateName(event.state);
    const watchers = this.watches.fire(type, event.path);
    if (watchers.length === 0) return;
    const path = this.chroot.strip(event.path);
    const told = { type, state, path, zxid: zxid > 0n ? zxid : undefined };
    out.push({ kind: "event", event: told, watchers });
  }

  private onAuth(err: number, out: ClientEffect<T, W>[]): void {
    if (err !== ErrorCode.Ok) return this.finish("AUTH_FAILED", out);
    const ticket = this.auths.answered();
    if (ticket === undefined) return;
    out.push({ kind: "settle", ticket, outcome: { kind: "done", reply: undefined } });
  }

  private onReply(
    header: ReplyHeader,
    from: JuteReader,
    now: Millis,
    out: ClientEffect<T, W>[],
  ): void {
    const oldest = this.calls.takeSent();
    if (oldest === undefined && header.xid === this.closing) return this.finish("CLOSED", out);
    if (oldest === undefined || oldest.xid !== header.xid) {
      // The one that was taken is lost like those behind it.
      if (oldest !== undefined) this.fail(oldest.call.ticket, LOST, out);
      const expected = oldest === undefined ? "none" : oldest.xid;
      return this.hangUp(`reply to xid ${header.xid}, expected ${expected}`, now, out);
    }
    this.session.saw(header.zxid);
    this.answer(oldest.call, header.err, from, out);
  }

  private answer(call: Call<T, W>, err: number, from: JuteReader, out: ClientEffect<T, W>[]): void {
    const { operation, request, ticket, watcher } = call;
    let outcome: Outcome;
    try {
      outcome = replyOutcome(call, err, from, this.chroot);
    } catch (error) {
      this.fail(ticket, LOST, out);
      throw error;
    }
    const kind = watcher === undefined ? undefined : operation.watch?.(request, err);
    if (kind !== undefined && watcher !== undefined) {
      const path = rootOf(call, this.chroot).under(operation.pathOf(request) ?? "/");
      this.watches.add(kind, path, watcher);
    }
    if (outcome.kind === "done") this.removals.remove(call, this.link.kind === "live", out);
    out.push({ kind: "settle", ticket, outcome });
  }

  /** Leaves the server, for another or the same. */
  private hangUp(reason: string, now: Millis, out: ClientEffect<T, W>[]): void {
    out.push({ kind: "disconnect", attempt: this.attempt, reason });
    this.lost(now, out);
  }

  private lost(now: Millis, out: ClientEffect<T, W>[]): void {
    if (this.link.kind === "over") return;
    this.attempt++;
    this.outbox.clear();
    this.search.end();
    this.link = { kind: "down" };
    if (this.closing !== undefined) return this.finish("CLOSED", out);
    if (isLive(this.current)) {
      this.failSent(out);
      this.become("CONNECTING", out);
      this.tellAll(sessionEvent("Disconnected"), out);
    }
    this.seek(now, out);
  }

  /** Leaves a read-only server for one that takes writes. */
  private moveTo(host: Host, now: Millis, out: ClientEffect<T, W>[]): void {
    if (this.current !== "CONNECTED_READ_ONLY" || this.closing !== undefined) return;
    this.hosts.prefer(host);
    this.hangUp(`${describeHost(host)} takes writes`, now, out);
  }

  /** Takes another list of servers, and leaves the server in use where the list's balance asks. */
  private updateServers(hosts: readonly Host[], now: Millis, out: ClientEffect<T, W>[]): void {
    if (isOver(this.current) || this.closing !== undefined) return;
    const { link } = this;
    const mustLeave = this.hosts.update(hosts, this.host, link.kind === "live");
    if (!mustLeave || link.kind === "down") return;
    if (link.kind === "paused") this.seek(now, out);
    else this.hangUp("the list of servers is another one", now, out);
  }

  private tick(now: Millis, out: ClientEffect<T, W>[]): void {
    const link = this.link;
    switch (link.kind) {
      case "down":
      case "over":
        return;
      case "paused":
        if (now >= this.session.expiredAt) return this.finish("EXPIRED", out);
        if (now >= link.until) this.dial(link.host, now, out);
        return;
      case "dialing":
      case "greeting":
      case "proving":
        if (now >= this.session.expiredAt) return this.finish("EXPIRED", out);
        if (now >= link.until) this.hangUp("no answer to the handshake", now, out);
        return;
      case "live":
        return this.tickLive(now, out);
      default:
        unreachable(link);
    }
  }

  private tickLive(now: Millis, out: ClientEffect<T, W>[]): void {
    if (now >= this.session.silentAt) return this.hangUp("the server is silent", now, out);
    if (now >= this.session.pingAt) writeBare(this.outbox, Xid.ping, OpCode.ping);
    if (now < this.search.nextAt) return;
    const host = this.hosts.another(this.search.probe(now));
    if (host !== undefined) out.push({ kind: "probe", host });
  }

  // ---- ends ----

  /** Comes to a state that nothing leads out of: nobody is left waiting. */
  private finish(state: EndState, out: ClientEffect<T, W>[], why?: string): void {
    const open = this.link.kind !== "down" && this.link.kind !== "paused";
    this.endReason = why;
    if (open) out.push({ kind: "disconnect", attempt: this.attempt, reason: why ?? state });
    this.link = { kind: "over" };
    this.attempt++;
    this.outbox.clear();
    this.search.end();
    this.current = state;
    const err = this.overError();
    for (const { call } of this.calls.takeAllSent())
      this.fail(call.ticket, { err, sent: true }, out);
    for (const call of this.calls.takeWaiting()) this.fail(call.ticket, { err, sent: false }, out);
    for (const ticket of this.auths.takeTickets()) this.fail(ticket, { err, sent: false }, out);
    out.push({ kind: "state", state });
    this.tellAll(sessionEvent(ENDS[state]), out);
  }

  /** Connection lost: what was sent fails; what stands behind it in order fails with it. */
  private failSent(out: ClientEffect<T, W>[]): void {
    for (const { call } of this.calls.takeAllSent()) {
      if (call.operation.removes?.(call.request).local === true) this.removed(call, out);
      else this.fail(call.ticket, LOST, out);
    }
  }

  private overError(): number {
    if (this.current === "AUTH_FAILED") return ErrorCode.AuthFailed;
    return this.current === "EXPIRED" ? ErrorCode.SessionExpired : ErrorCode.ConnectionLoss;
  }

  private fail(ticket: T, failure: Failure, out: ClientEffect<T, W>[]): void {
    const why = this.endReason === undefined ? {} : { detail: this.endReason };
    out.push({ kind: "settle", ticket, outcome: { kind: "failed", ...why, ...failure } });
  }

  private become(state: ClientState, out: ClientEffect<T, W>[]): void {
    this.current = state;
    out.push({ kind: "state", state });
  }

  private tellAll(event: WatchedEvent, out: ClientEffect<T, W>[]): void {
    out.push({ kind: "event", event, watchers: this.watches.all() });
  }

  private flush(now: Millis, out: ClientEffect<T, W>[]): void {
    if (this.outbox.at === 0) return;
    out.push({ kind: "write", attempt: this.attempt, bytes: this.outbox.taken() });
    this.outbox.clear();
    this.session.lastSent = now;
  }
}
