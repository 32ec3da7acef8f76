/**
 * A world for the client's session machine: a clock that moves when told, servers that say what the
 * test says. Everything the machine does is noted in lines of text.
 */
import assert from "node:assert/strict";
import { bytesOfHex, joinBytes } from "../../src/base/bytes.ts";
import type { SessionId, Zxid } from "../../src/base/ids.ts";
import { describeHost } from "../../src/client-core/connect-string.ts";
import { describeEvent } from "../../src/client-core/events.ts";
import { ClientMachine } from "../../src/client-core/machine.ts";
import type { Operation } from "../../src/client-core/operation.ts";
import type {
  ClientEffect,
  ClientInput,
  ClientOptions,
  Outcome,
} from "../../src/client-core/protocol.ts";
import type { Codec } from "../../src/jute/codec.ts";
import { FrameCutter } from "../../src/jute/frames.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import { JuteWriter } from "../../src/jute/writer.ts";
import { ConnectRequest, ConnectResponse, WatcherEvent } from "../../src/records/client.ts";
import { describeOp } from "../../src/records/op-codes.ts";

export const SESSION = 0x0100_0000_0000_0007n as SessionId;
export const PASSWORD = bytesOfHex("000102030405060708090a0b0c0d0e0f");
const FRAME_BYTES_MAX = 1 << 24;

type Frame = { readonly xid: number; readonly type: string; readonly body: JuteReader };

export class ClientWorld {
  readonly machine: ClientMachine<string, string>;
  now = 1000;
  attempt = 0;
  /** What the machine did since `log` was last read. */
  private lines: string[] = [];
  /** Frames it wrote since `frames` was last read. */
  private written: Uint8Array[] = [];
  readonly outcomes = new Map<string, Outcome>();
  private greeted = false;

  constructor(options: Partial<ClientOptions> = {}) {
    this.machine = new ClientMachine({
      hosts: [{ name: "a", port: 1 }],
      chroot: "",
      timeoutMs: 6000,
      canBeReadOnly: false,
      sasl: false,
      requestBytesMax: FRAME_BYTES_MAX,
      seed: 1,
      ...options,
    });
  }

  feed(input: ClientInput<string, string>): void {
    const out: ClientEffect<string, string>[] = [];
    this.machine.step(input, out);
    for (const effect of out) this.note(effect);
  }

  /** What happened since the last call, a line each. */
  log(): readonly string[] {
    const lines = this.lines;
    this.lines = [];
    return lines;
  }

  /** The bytes written since the last call to this or to `frames`. */
  bytes(): Uint8Array {
    const bytes = joinBytes(this.written);
    this.written = [];
    return bytes;
  }

  /** The request frames written since the last call, but for the handshake. */
  frames(): readonly Frame[] {
    const frames: Frame[] = [];
    new FrameCutter(FRAME_BYTES_MAX).push(this.bytes(), (bytes, start, end) => {
      const body = new JuteReader(new Uint8Array(bytes.subarray(start, end)));
      frames.push({ xid: body.int(), type: describeOp(body.int()), body });
      return true;
    });
    return frames;
  }

  /** `xid type` of each frame written since the last call. */
  requests(): readonly string[] {
    return this.frames().map(({ xid, type }) => `${xid} ${type}`);
  }

  start(): void {
    this.feed({ kind: "start", now: this.now });
  }

  /** The TCP connection stands; returns what the client says first. */
  open(): ConnectRequest {
    this.bytes();
    this.feed({ kind: "connected", now: this.now, attempt: this.attempt });
    const bytes = this.bytes();
    this.greeted = true;
    return ConnectRequest.read(new JuteReader(bytes, 4));
  }

  welcome(answer: Partial<ConnectResponse> = {}): void {
    this.receive(
      frame((to) =>
        ConnectResponse.write(to, {
          protocolVersion: 0,
          timeoutMs: 6000,
          sessionId: SESSION,
          password: PASSWORD,
          readOnly: false,
          ...answer,
        }),
      ),
    );
  }

  /** Connects and greets; forgets what was noted and written. */
  live(answer: Partial<ConnectResponse> = {}): this {
    if (!this.greeted) this.start();
    this.open();
    this.welcome(answer);
    this.log();
    return this;
  }

  reply<T>(header: { xid: number; zxid?: number; err?: number }, body?: Codec<T>, value?: T): void {
    this.receive(replyFrame(header, body, value));
  }

  event(type: number, path: string, zxid = -1): void {
    this.receive(eventFrame(type, path, zxid));
  }

  receive(bytes: Uint8Array): void {
    this.feed({ kind: "received", now: this.now, attempt: this.attempt, bytes });
  }

  cut(): void {
    this.feed({ kind: "disconnected", now: this.now, attempt: this.attempt, reason: "cut" });
  }

  submit<Q, A>(ticket: string, operation: Operation<Q, A>, request: Q, watcher?: string): void {
    this.feed({ kind: "submit", call: { ticket, operation, request, watcher } });
  }

  flush(): void {
    this.feed({ kind: "flush", now: this.now });
  }

  /** Moves the clock to the machine's deadlines, one after the other, for `ms`. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let turns = 0; this.machine.nextDeadline() <= end; turns++) {
      assert(turns < 1000, "deadlines move forward");
      this.now = Math.max(this.now, this.machine.nextDeadline());
      this.feed({ kind: "tick", now: this.now });
    }
    this.now = end;
  }

  private note(effect: ClientEffect<string, string>): void {
    switch (effect.kind) {
      case "connect":
        this.attempt = effect.attempt;
        this.lines.push(`connect ${describeHost(effect.host)}`);
        return;
      case "write":
        assert.equal(effect.attempt, this.attempt);
        this.written.push(effect.bytes);
        return;
      case "disconnect":
        this.lines.push(`disconnect: ${effect.reason}`);
        return;
      case "probe":
        this.lines.push(`probe ${describeHost(effect.host)}`);
        return;
      case "prove": {
        const challenge =
          effect.challenge === undefined ? "" : ` to ${Buffer.from(effect.challenge).toString()}`;
        this.lines.push(`prove${challenge}`);
        return;
      }
      case "settle":
        assert(!this.outcomes.has(effect.ticket), `${effect.ticket} is settled once`);
        this.outcomes.set(effect.ticket, effect.outcome);
        this.lines.push(`${effect.ticket} ${describeOutcome(effect.outcome)}`);
        return;
      case "event":
        if (effect.event.type === "None" && effect.watchers.length === 0) return;
        this.lines.push(`${effect.watchers.join(" ")} <- ${describeEvent(effect.event)}`);
        return;
      case "state":
        this.lines.push(effect.state);
        return;
    }
  }
}

const describeOutcome = (outcome: Outcome): string =>
  outcome.kind === "done"
    ? "done"
    : `failed ${outcome.err}${outcome.sent ? "" : ", not sent"}${outcome.detail === undefined ? "" : `: ${outcome.detail}`}`;

export function frame(write: (to: JuteWriter) => void): Uint8Array {
  const body = new JuteWriter();
  write(body);
  const to = new JuteWriter();
  to.buffer(body.written());
  return to.taken();
}

export const replyFrame = <T>(
  { xid, zxid = 0, err = 0 }: { xid: number; zxid?: number; err?: number },
  body?: Codec<T>,
  value?: T,
): Uint8Array =>
  frame((to) => {
    to.int(xid);
    to.long(BigInt(zxid) as Zxid);
    to.int(err);
    if (body !== undefined) body.write(to, value as T);
  });

export const eventFrame = (type: number, path: string, zxid = -1): Uint8Array =>
  frame((to) => {
    to.int(-1);
    to.long(BigInt(zxid));
    to.int(0);
    WatcherEvent.write(to, { type, state: 3, path });
  });
