/** The links of one server on the bench: what they ask of the world, as lines to compare. */
import { bytesOfHex, hexOf } from "../../src/base/bytes.ts";
import type { ServerId } from "../../src/base/ids.ts";
import { ELECTION_LINK_TIMES, ElectionLinks } from "../../src/election/links.ts";
import type { ElectionLinkEffect, ElectionLinkInput } from "../../src/election/links-io.ts";
import { describeNotification } from "../../src/election/votes.ts";
import {
  encodeInitial,
  encodeNotification,
  INITIAL_V1,
  type InitialVersion,
  type Notification,
} from "../../src/records/election.ts";
import { sid } from "./electors.ts";

export const initialOf = (id: number | bigint, ...addresses: readonly string[]): string =>
  hexOf(
    encodeInitial(
      { sid: BigInt(id) as ServerId, addresses: addresses.length > 0 ? addresses : [`s${id}:3`] },
      addresses.length > 1 ? -65535n : INITIAL_V1,
    ),
  );

export const frameOf = (notification: Notification): string =>
  hexOf(encodeNotification(notification));

export class LinkBench {
  readonly machine: ElectionLinks;
  now = 0;
  private effects: ElectionLinkEffect[] = [];

  constructor(self: number, initial: InitialVersion = INITIAL_V1, addresses = [`s${self}:3`]) {
    let last = 0;
    this.machine = new ElectionLinks({
      self: sid(self),
      addresses,
      initial,
      times: ELECTION_LINK_TIMES,
      nextLink: () => --last,
    });
  }

  step(input: ElectionLinkInput): this {
    this.machine.step(input, this.effects);
    return this;
  }

  connect(to: number): this {
    return this.step({ kind: "connect", now: this.now, to: sid(to) });
  }

  send(to: number, notification: Notification): this {
    return this.step({ kind: "send", now: this.now, to: sid(to), notification });
  }

  tell(kind: "linkAccepted" | "linkOpened" | "linkClosed" | "linkDrained", link: number): this {
    return this.step({ kind, now: this.now, link });
  }

  /** Bytes as hexadecimal digits, in one piece. */
  receive(link: number, hex: string): this {
    return this.step({ kind: "linkReceived", now: this.now, link, bytes: bytesOfHex(hex) });
  }

  /** A link that `from` has dialed, introduced. */
  meet(link: number, from: number): this {
    return this.tell("linkAccepted", link).receive(link, initialOf(from));
  }

  wait(ms: number): this {
    this.now += ms;
    return this.step({ kind: "tick", now: this.now });
  }

  take(): readonly string[] {
    const lines = this.effects.map(describe);
    this.effects = [];
    return lines;
  }
}

function describe(effect: ElectionLinkEffect): string {
  switch (effect.kind) {
    case "dial":
      return `dial ${effect.link}: ${effect.server} at ${effect.address ?? "its address"}`;
    case "sendLink":
      return `send ${effect.link}: ${hexOf(effect.bytes)}`;
    case "closeLink":
      return `close ${effect.link}`;
    case "awaitLinkDrain":
      return `await ${effect.link}`;
    case "heard":
      return `heard ${effect.from}: ${describeNotification(effect.notification)}`;
    case "reachable":
      return `${effect.server} is ${effect.reachable ? "there" : "gone"}`;
  }
}
