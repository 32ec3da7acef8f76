/**
 * The sockets of a simulated server: connections of the network by the numbers that its machine
 * knows them by, clients' and links.
 */
import { unreachable } from "../base/assert.ts";
import type { Millis } from "../base/ids.ts";
import type { DoorName, MemberEffect, MemberInput } from "../peer/links.ts";
import type { Word } from "../peer/words.ts";
import type { Connection, End, Handlers } from "./connection.ts";
import type { Network } from "./network.ts";

export const CLIENT_DOOR = 2181;
export const LINK_DOORS: Readonly<Record<DoorName, number>> = { quorum: 2888, election: 3888 };

export type SocketEffect = Extract<
  MemberEffect,
  { readonly conn: number } | { readonly link: number }
>;

export type SocketOwner = {
  readonly feed: (input: MemberInput) => void;
  readonly now: () => Millis;
  readonly answer: (word: Word) => string;
};

type Socket = { readonly connection: Connection; readonly end: End };

export class Sockets {
  private readonly host: string;
  private readonly network: Network;
  private readonly owner: SocketOwner;
  private readonly clients = new Map<number, Socket>();
  private readonly links = new Map<number, Socket>();
  private lastConn = 0;
  private lastLink = 0;

  constructor(host: string, network: Network, owner: SocketOwner) {
    this.host = host;
    this.network = network;
    this.owner = owner;
  }

  /** Lets clients in. */
  open(door: number): void {
    this.network.listen(this.host, door, (connection, from) => this.client(connection, from));
  }

  /** Lets other servers in. */
  openLinks(): void {
    for (const door of ["quorum", "election"] as const) {
      this.network.listen(this.host, LINK_DOORS[door], (connection, from) => {
        this.countTwins(connection);
        const link = ++this.lastLink;
        this.links.set(link, { connection, end: 1 });
        this.owner.feed({ kind: "linkAccepted", now: this.owner.now(), link, door, address: from });
        return this.linkHandlers(link);
      });
    }
  }

  /** Where one end has left a connection, and the other does not know, a second one comes. */
  private countTwins({ from, door }: Connection): void {
    for (const { connection, end } of this.links.values()) {
      if (end === 1 && connection.from === from && connection.door === door) {
        return this.network.probes.reach("two connections of one kind between two servers");
      }
    }
  }

  perform(effect: SocketEffect): void {
    switch (effect.kind) {
      case "dial":
        return this.dial(effect);
      case "sendLink":
      case "closeLink":
      case "awaitLinkDrain":
        return this.performLink(effect);
      case "send":
      case "close":
      case "awaitDrain":
      case "pause":
      case "resume":
      case "word":
        return this.performClient(effect);
      default:
        return unreachable(effect);
    }
  }

  private client(connection: Connection, from: string): Handlers {
    const { owner } = this;
    const conn = ++this.lastConn;
    this.clients.set(conn, { connection, end: 1 });
    owner.feed({ kind: "opened", now: owner.now(), conn, address: from, port: conn });
    return {
      received: (bytes) => {
        // What a client sends behind the end of its connection is not looked at.
        if (!this.clients.has(conn)) return;
        owner.feed({ kind: "received", now: owner.now(), conn, bytes });
      },
      closed: () => {
        this.clients.delete(conn);
        owner.feed({ kind: "closed", now: owner.now(), conn });
      },
      drained: () => owner.feed({ kind: "drained", now: owner.now(), conn }),
    };
  }

  private performClient(effect: Extract<SocketEffect, { readonly conn: number }>): void {
    const socket = this.clients.get(effect.conn);
    if (socket === undefined) return;
    const { connection, end } = socket;
    switch (effect.kind) {
      case "send":
        return connection.send(end, effect.bytes);
      case "close":
        this.clients.delete(effect.conn);
        return connection.closeAfterRest(end);
      case "awaitDrain":
        return connection.awaitDrain(end);
      case "pause":
      case "resume":
        return connection.setReading(end, effect.kind === "resume");
      case "word":
        this.clients.delete(effect.conn);
        connection.send(end, new TextEncoder().encode(this.owner.answer(effect.word)));
        return connection.closeAfterRest(end);
      default:
        return unreachable(effect);
    }
  }

  private dial(effect: Extract<SocketEffect, { readonly kind: "dial" }>): void {
    const { link, server, door, address } = effect;
    const host = address?.split(":")[0] ?? `s${server}`;
    const handlers = this.linkHandlers(link);
    const connection = this.network.dial(this.host, host, LINK_DOORS[door], handlers);
    this.links.set(link, { connection, end: 0 });
  }

  private linkHandlers(link: number): Handlers {
    const { owner } = this;
    return {
      opened: () => owner.feed({ kind: "linkOpened", now: owner.now(), link }),
      received: (bytes) => owner.feed({ kind: "linkReceived", now: owner.now(), link, bytes }),
      closed: (why) => {
        this.links.delete(link);
        owner.feed({ kind: "linkClosed", now: owner.now(), link, why });
      },
      drained: () => owner.feed({ kind: "linkDrained", now: owner.now(), link }),
    };
  }

  private performLink(
    effect: Exclude<Extract<SocketEffect, { readonly link: number }>, { readonly kind: "dial" }>,
  ): void {
    const { link } = effect;
    const socket = this.links.get(link);
    if (socket === undefined) return;
    const { connection, end } = socket;
    switch (effect.kind) {
      case "sendLink":
        return connection.send(end, effect.bytes);
      case "closeLink": {
        this.links.delete(link);
        connection.close(end);
        const { owner, network } = this;
        const why = effect.why;
        const told = (): void => owner.feed({ kind: "linkClosed", now: owner.now(), link, why });
        return network.scheduler.after(0, told);
      }
      case "awaitLinkDrain":
        return connection.awaitDrain(end);
      default:
        return unreachable(effect);
    }
  }
}
