/**
 * What the server's thread and its readers tell each other. What happens to connections goes as
 * bytes, many in one message: an object for each would cost more than what it tells of.
 */
import type { AddressInfo } from "node:net";
import { assert } from "../../base/assert.ts";
import { JuteReader } from "../../jute/reader.ts";
import { JuteWriter } from "../../jute/writer.ts";
import type { Reads } from "../../peer/io.ts";

/** A page or a table, and the memory that it is from now on. */
export type Place = readonly [number: number, memory: ArrayBufferLike | undefined];

export type ToReader =
  | { readonly kind: "listen"; readonly door: ReaderDoor }
  /** `fresh`: what was shown before is no more. */
  | {
      readonly kind: "memory";
      readonly fresh: boolean;
      readonly pages: readonly Place[];
      readonly tables: readonly Place[];
    }
  | { readonly kind: "orders"; readonly bytes: Uint8Array<ArrayBuffer> };

export type FromReader =
  | { readonly kind: "listening"; readonly address: AddressInfo }
  | { readonly kind: "notListening"; readonly error: Error }
  | { readonly kind: "notAccepted"; readonly error: Error }
  | { readonly kind: "events"; readonly bytes: Uint8Array<ArrayBuffer> };

export type ReaderDoor = {
  readonly port: number;
  readonly address: string | undefined;
  readonly backlog: number | undefined;
  readonly keepAlive: boolean;
  /** Other readers listen there too. */
  readonly shares: boolean;
};

/** What a reader is started with. */
export type ReaderData = {
  /** Which one it is, from 0 on. */
  readonly reader: number;
  readonly readers: number;
  readonly words: SharedArrayBuffer;
  readonly hashSeed: number;
  readonly frameBytesMax: number;
  /** How often it tells what it has answered, in ms. */
  readonly reportMs: number;
  /** How long it stays awake behind an input (pacing.ts), in ms. */
  readonly pollMs: number;
};

/** What a reader is to do with a connection. */
const Order = { write: 1, finish: 2, destroy: 3, pause: 4, resume: 5, askDrain: 6 } as const;
type OrderName = keyof typeof Order;
const ORDER_NAMES = Object.keys(Order) as OrderName[];

export interface OrderSink {
  /** `bytes` are the receiver's for good. */
  write(conn: number, bytes: Uint8Array): void;
  order(conn: number, order: Exclude<OrderName, "write">): void;
}

/** What has happened to a reader's connection. */
const Event = { opened: 1, received: 2, closed: 3, drained: 4, served: 5 } as const;

export interface EventSink {
  opened(conn: number, address: string, port: number): void;
  /** `bytes` are the receiver's for good. */
  received(conn: number, bytes: Uint8Array): void;
  closed(conn: number): void;
  drained(conn: number): void;
  served(conn: number, reads: Reads): void;
}

/** Collects what is to be said until the message is taken. */
class Collected {
  protected readonly to = new JuteWriter(4096);

  get isEmpty(): boolean {
    return this.to.at === 0;
  }

  /** A message of its own, or nothing where there is nothing to say. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.isEmpty) return undefined;
    const bytes = this.to.taken();
    this.to.clear();
    return bytes;
  }

  protected head(kind: number, conn: number): void {
    this.to.byte(kind);
    this.to.int(conn);
  }
}

export class Orders extends Collected implements OrderSink {
  write(conn: number, bytes: Uint8Array): void {
    this.head(Order.write, conn);
    this.to.buffer(bytes);
  }

  order(conn: number, order: Exclude<OrderName, "write">): void {
    this.head(Order[order], conn);
  }
}

export function readOrders(bytes: Uint8Array, sink: OrderSink): void {
  const from = new JuteReader(bytes);
  while (from.remaining > 0) {
    const name = ORDER_NAMES[from.byte() - 1];
    const conn = from.int();
    assert(name !== undefined, "readers are given orders that they know");
    if (name === "write") sink.write(conn, from.buffer()!);
    else sink.order(conn, name);
  }
}

export class Events extends Collected implements EventSink {
  opened(conn: number, address: string, port: number): void {
    this.head(Event.opened, conn);
    this.to.ustring(address);
    this.to.int(port);
  }

  received(conn: number, bytes: Uint8Array): void {
    this.head(Event.received, conn);
    this.to.buffer(bytes);
  }

  closed(conn: number): void {
    this.head(Event.closed, conn);
  }

  drained(conn: number): void {
    this.head(Event.drained, conn);
  }

  served(conn: number, { count, bytes, replyBytes, xid, code }: Reads): void {
    this.head(Event.served, conn);
    for (const number of [count, bytes, replyBytes, xid, code]) this.to.int(number);
  }
}

export function readEvents(bytes: Uint8Array, sink: EventSink): void {
  const from = new JuteReader(bytes);
  while (from.remaining > 0) {
    const kind = from.byte();
    const conn = from.int();
    switch (kind) {
      case Event.opened:
        sink.opened(conn, from.ustring() ?? "", from.int());
        break;
      case Event.received:
        sink.received(conn, from.buffer()!);
        break;
      case Event.closed:
        sink.closed(conn);
        break;
      case Event.drained:
        sink.drained(conn);
        break;
      case Event.served:
        sink.served(conn, {
          count: from.int(),
          bytes: from.int(),
          replyBytes: from.int(),
          xid: from.int(),
          code: from.int(),
        });
        break;
      default:
        assert(false, "readers tell of events that are known");
    }
  }
}
