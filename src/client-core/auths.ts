/**
 * The identities that a client proves: kept, and sent first thing on every connection. Their
 * replies come in their own order, independent of other replies. From: specification 2.5.
 */

import { Queue } from "../base/queue.ts";
import type { JuteWriter } from "../jute/writer.ts";
import { AuthPacket } from "../records/client.ts";
import { Xid } from "../records/constants.ts";
import { OpCode } from "../records/op-codes.ts";
import { beginFrame, endFrame } from "./calls.ts";
import type { Auth } from "./protocol.ts";

export class Auths<T> {
  /** `ticket` waits for the first reply; it is undefined afterwards. */
  private readonly kept: { readonly auth: Auth; ticket: T | undefined }[] = [];
  /** Sent on this connection and not answered: indexes in `kept`. */
  private readonly asked = new Queue<number>();

  /** Keeps an identity; returns its number. */
  add(auth: Auth, ticket: T): number {
    return this.kept.push({ auth, ticket }) - 1;
  }

  send(to: JuteWriter, number: number): void {
    const start = to.at;
    beginFrame(to, Xid.auth, OpCode.auth);
    AuthPacket.write(to, { type: 0, ...this.kept[number]!.auth });
    endFrame(to, start);
    this.asked.push(number);
  }

  /** Sends all, on a new connection. */
  sendAll(to: JuteWriter): void {
    this.asked.takeAll();
    for (const number of this.kept.keys()) this.send(to, number);
  }

  /** A reply came: the ticket that waited for it, if one did. */
  answered(): T | undefined {
    const number = this.asked.shift();
    return number === undefined ? undefined : this.takeTicket(number);
  }

  /** The tickets that still wait for a reply. */
  takeTickets(): readonly T[] {
    return [...this.kept.keys()].map((n) => this.takeTicket(n)).filter((t) => t !== undefined);
  }

  private takeTicket(number: number): T | undefined {
    const entry = this.kept[number]!;
    const ticket = entry.ticket;
    entry.ticket = undefined;
    return ticket;
  }
}
