/**
 * The connections of an election: one for each pair of servers, with notifications both ways.
 *
 *   dialed by us:  dialing --opened--> (initial message) --we are larger--> talking
 *                                              '--we are smaller--> introduced, until they close
 *   accepted:      greeting --initial message--> they are larger: talking
 *                                  '-----------> they are smaller: close, and dial them
 *
 * The connection that the larger id dialed stays; the smaller one dials only to be dialed back.
 * A server that dies may still take a connection: a small one that is closed and not dialed back
 * dials once more, and knows then. After a connection begins ("reachable"), whoever looks for a
 * leader says so anew; nothing is repeated from here, so nobody hears what is no longer true
 * (docs/divergences.md, `election-repeat`).
 *
 * Promises: at most one attempt and one talking link for each server; a slow reader holds up one
 * message, the newest; a link that breaks the protocol is closed and nothing else happens.
 * From: specification 3.1. Its effects are those of peer/links.ts by shape.
 * Size: one table of links with one life each; what they say is in records/election.ts.
 */
import { assert } from "../base/assert.ts";
import { EMPTY_BYTES, joinBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import type { Millis, ServerId } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import { FrameCutter } from "../jute/frames.ts";
import {
  decodeInitial,
  decodeNotification,
  encodeInitial,
  encodeNotification,
  INITIAL_BYTES_MAX,
  type InitialMessage,
  type InitialVersion,
  NOTIFICATION_BYTES_MAX,
} from "../records/election.ts";
import type { ElectionLinkEffect, ElectionLinkInput, LinkId } from "./links-io.ts";

export type ElectionLinkTimes = {
  /** How long a server may take to accept a connection. The reference's `zookeeper.cnxTimeout`. */
  readonly connectMs: Millis;
  /** How long the initial message, or its answer, may take; tickTime times syncLimit there. */
  readonly greetingMs: Millis;
};
export const ELECTION_LINK_TIMES: ElectionLinkTimes = { connectMs: 5_000, greetingMs: 10_000 };
/** How long a larger server that closed an introduction has to dial before it is dialed again. */
const DIALED_BACK_MS: Millis = 20;

/** Links at once, talking or not: far more than servers, and a bound for what strangers may hold. */
export const LINKS_MAX = 1_024;

/** The id with which observers of old say that they have none. */
const ANONYMOUS = 2n ** 63n - 1n;

export type ElectionLinksParts = {
  readonly self: ServerId;
  /** This server's own election addresses, "host:port" each; at least one. */
  readonly addresses: readonly string[];
  /** The form of the initial message; INITIAL_V1 is understood by all. */
  readonly initial: InitialVersion;
  readonly times: ElectionLinkTimes;
  /** A number for a link to be dialed, below 0 and never given before. */
  readonly nextLink: () => LinkId;
};

type Link = {
  readonly id: LinkId;
  phase: "dialing" | "introduced" | "greeting" | "talking";
  /** Unknown of an accepted one until it has said who it is. */
  server: ServerId | undefined;
  /** When it is given up; undefined once it talks. */
  deadline: Millis | undefined;
  /** Addresses left to try when this one cannot be opened; undefined: the configured ones. */
  others: readonly (string | undefined)[];
  /** What came of the initial message so far. */
  received: Uint8Array;
  readonly cutter: FrameCutter;
  isBusy: boolean;
  pending: Uint8Array | undefined;
  /** Dialed because the server closed an introduction and did not dial. */
  isAgain: boolean;
};

export class ElectionLinks implements Machine<ElectionLinkInput, ElectionLinkEffect> {
  private readonly parts: ElectionLinksParts;
  private readonly links = new Map<LinkId, Link>();
  private readonly talking = new Map<ServerId, Link>();
  /** Dialed and not talking yet. */
  private readonly attempts = new Map<ServerId, Link>();
  /** Who closed an introduction and may dial: when it is dialed again. */
  private readonly again = new Map<ServerId, Millis>();
  private anonymous = 0n;

  constructor(parts: ElectionLinksParts) {
    assert(parts.addresses.length > 0, "a member has an election address");
    this.parts = parts;
  }

  /** When a tick is needed at the latest; undefined: this machine waits for nothing. */
  get wakeAt(): Millis | undefined {
    let first: Millis | undefined;
    const consider = (at: Millis | undefined): void => {
      if (at !== undefined && (first === undefined || at < first)) first = at;
    };
    for (const { deadline } of this.links.values()) consider(deadline);
    for (const at of this.again.values()) consider(at);
    return first;
  }

  /** Whether the link is one of this machine's. */
  has(link: LinkId): boolean {
    return this.links.has(link);
  }

  step(input: ElectionLinkInput, out: ElectionLinkEffect[]): void {
    switch (input.kind) {
      case "connect":
        if (this.talking.has(input.to)) return;
        return this.dial(input.now, input.to, [undefined], out);
      case "send":
        return this.send(this.talking.get(input.to), encodeNotification(input.notification), out);
      case "linkAccepted":
        return this.accepted(input.now, input.link, out);
      case "tick":
        return this.tick(input.now, out);
    }
    const link = this.links.get(input.link);
    // Of a link that this machine has closed, what was on its way may still be told.
    if (link === undefined) return;
    switch (input.kind) {
      case "linkOpened":
        return this.opened(input.now, link, out);
      case "linkReceived":
        return this.received(input.now, link, input.bytes, out);
      case "linkClosed":
        return this.gone(input.now, link, out);
      case "linkDrained":
        return this.drained(link, out);
    }
  }

  private dial(
    now: Millis,
    to: ServerId,
    addresses: readonly (string | undefined)[],
    out: ElectionLinkEffect[],
  ): void {
    if (to === this.parts.self || this.attempts.has(to)) return;
    const [address, ...others] = addresses;
    const deadline = now + this.parts.times.connectMs;
    const link = this.add(this.parts.nextLink(), "dialing", deadline, others);
    link.server = to;
    this.attempts.set(to, link);
    const dial = { kind: "dial", link: link.id, server: to, door: "election" } as const;
    out.push(address === undefined ? dial : { ...dial, address });
  }

  private add(
    id: LinkId,
    phase: "dialing" | "greeting",
    deadline: Millis,
    others: Link["others"],
  ): Link {
    const cutter = new FrameCutter(NOTIFICATION_BYTES_MAX, refuseEmpty);
    const link: Link = {
      ...{ id, phase, server: undefined, deadline, others, cutter },
      ...{ received: EMPTY_BYTES, isBusy: false, pending: undefined, isAgain: false },
    };
    this.links.set(id, link);
    return link;
  }

  private accepted(now: Millis, id: LinkId, out: ElectionLinkEffect[]): void {
    if (this.links.size >= LINKS_MAX) {
      out.push({ kind: "closeLink", link: id, why: "too many election connections" });
    } else {
      this.add(id, "greeting", now + this.parts.times.greetingMs, []);
    }
  }

  private opened(now: Millis, link: Link, out: ElectionLinkEffect[]): void {
    const { self, addresses, initial, times } = this.parts;
    const server = link.server!;
    if (self < server && this.talking.has(server)) {
      return this.close(link, "they have dialed meanwhile", out);
    }
    const bytes = encodeInitial({ sid: self, addresses }, initial);
    out.push({ kind: "sendLink", link: link.id, bytes });
    if (self > server) return this.talk(link, server, out);
    // They close this one and dial. To close it here could lose what was just sent.
    link.phase = "introduced";
    link.deadline = now + times.greetingMs;
  }

  /** From here on the link carries notifications. */
  private talk(link: Link, server: ServerId, out: ElectionLinkEffect[]): void {
    const earlier = this.talking.get(server);
    if (earlier !== undefined) this.close(earlier, "replaced by a newer connection", out);
    if (this.attempts.get(server) === link) this.attempts.delete(server);
    link.phase = "talking";
    link.server = server;
    link.deadline = undefined;
    this.again.delete(server);
    this.talking.set(server, link);
    out.push({ kind: "reachable", server, reachable: true });
  }

  private received(now: Millis, link: Link, bytes: Uint8Array, out: ElectionLinkEffect[]): void {
    try {
      if (link.phase === "greeting") this.greeted(now, link, bytes, out);
      else if (link.phase === "talking") this.cut(link, bytes, out);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.close(link, error.message, out);
      this.tellLost(link, out);
    }
  }

  private greeted(now: Millis, link: Link, bytes: Uint8Array, out: ElectionLinkEffect[]): void {
    link.received = joinBytes([link.received, bytes.subarray(0, INITIAL_BYTES_MAX)]);
    const before = link.received.length - Math.min(bytes.length, INITIAL_BYTES_MAX);
    const message = decodeInitial(link.received);
    if (message === undefined) return;
    link.received = EMPTY_BYTES;
    this.met(now, link, message, out);
    if (link.phase === "talking") this.cut(link, bytes.subarray(message.byteLength - before), out);
  }

  /** The other side has said who it is. */
  private met(now: Millis, link: Link, message: InitialMessage, out: ElectionLinkEffect[]): void {
    const { self } = this.parts;
    const { sid } = message;
    if (sid === ANONYMOUS) return this.talk(link, (this.anonymous -= 1n) as ServerId, out);
    if (sid < 0n) return this.close(link, `${sid} is no server id`, out);
    if (sid === self) return this.close(link, "it has this server's own id", out);
    if (sid > self) return this.talk(link, sid, out);
    this.close(link, "the server with the larger id dials", out);
    // A link that they know nothing of any more, or not yet, is replaced when the new one opens.
    const told = message.addresses.filter((address) => !WILDCARD.test(address));
    const attempt = this.attempts.get(sid);
    if (attempt === undefined) this.dial(now, sid, [...told, undefined], out);
    else attempt.others = told;
  }

  private cut(link: Link, bytes: Uint8Array, out: ElectionLinkEffect[]): void {
    const from = link.server!;
    link.cutter.push(bytes, (frame, start, end) => {
      const notification = decodeNotification(frame, start, end);
      if (notification !== undefined) out.push({ kind: "heard", from, notification });
      return true;
    });
  }

  private send(link: Link | undefined, bytes: Uint8Array, out: ElectionLinkEffect[]): void {
    if (link === undefined) return;
    if (link.isBusy) {
      link.pending = bytes;
      return;
    }
    link.isBusy = true;
    out.push({ kind: "sendLink", link: link.id, bytes });
    out.push({ kind: "awaitLinkDrain", link: link.id });
  }

  private drained(link: Link, out: ElectionLinkEffect[]): void {
    const { pending } = link;
    link.isBusy = false;
    link.pending = undefined;
    if (pending !== undefined) this.send(link, pending, out);
  }

  private gone(now: Millis, link: Link, out: ElectionLinkEffect[]): void {
    this.forget(link);
    const { phase, others, isAgain } = link;
    const server = link.server!;
    if (phase === "dialing" && others.length > 0) this.dial(now, server, others, out);
    else if (phase === "introduced" && !isAgain) this.again.set(server, now + DIALED_BACK_MS);
    else {
      this.tellLost(link, out);
    }
  }

  private tick(now: Millis, out: ElectionLinkEffect[]): void {
    for (const [server, at] of this.again) {
      if (now >= at) this.dialAgain(now, server, out);
    }
    for (const link of [...this.links.values()]) {
      if (link.deadline === undefined || now < link.deadline) continue;
      const { phase } = link;
      out.push({ kind: "closeLink", link: link.id, why: `no answer while ${phase}` });
      this.gone(now, link, out);
    }
  }

  private dialAgain(now: Millis, server: ServerId, out: ElectionLinkEffect[]): void {
    this.again.delete(server);
    if (this.talking.has(server) || this.attempts.has(server)) return;
    this.dial(now, server, [undefined], out);
    this.attempts.get(server)!.isAgain = true;
  }

  private close(link: Link, why: string, out: ElectionLinkEffect[]): void {
    this.forget(link);
    out.push({ kind: "closeLink", link: link.id, why });
  }

  private forget(link: Link): void {
    this.links.delete(link.id);
    const { server } = link;
    if (server === undefined) return;
    if (this.talking.get(server) === link) this.talking.delete(server);
    if (this.attempts.get(server) === link) this.attempts.delete(server);
  }

  /** A link that talked is gone, or one could not be opened; not told while there is another. */
  private tellLost({ phase, server }: Link, out: ElectionLinkEffect[]): void {
    if (phase !== "talking" && phase !== "dialing") return;
    if (this.talking.has(server!)) return;
    out.push({ kind: "reachable", server: server!, reachable: false });
  }
}

/** Addresses that say nothing to others. */
const WILDCARD = /^(?:0\.0\.0\.0|\[[0:]+\]):/;

function refuseEmpty(length: number): void {
  if (length === 0) throw new ProtocolError("FRAME_TOO_SHORT", { length });
}
