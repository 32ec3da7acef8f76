/** A connection whose socket a reader holds, as the server's thread sees it. */
import type { Wire, WireEvents } from "../wire.ts";
import type { Orders } from "./messages.ts";

/** So much output on its way, in bytes, and the reader is asked to tell when it has left. */
const UNTOLD_BYTES_MAX = 256 * 1024;

export class RemoteWire implements Wire {
  readonly address: string;
  readonly port: number;
  private readonly conn: number;
  private readonly orders: Orders;
  private events: WireEvents | undefined;
  waiting = 0;
  isFull = false;
  /** What was waiting when the reader was asked. */
  private asked = 0;
  private isOver = false;

  /** `conn`: the reader's number of it. */
  constructor(
    { conn, address, port }: { conn: number; address: string; port: number },
    orders: Orders,
  ) {
    this.conn = conn;
    this.address = address;
    this.port = port;
    this.orders = orders;
  }

  serve(events: WireEvents): void {
    this.events = events;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isOver) return true;
    this.orders.write(this.conn, bytes);
    this.waiting += bytes.length;
    if (this.waiting < UNTOLD_BYTES_MAX) return true;
    if (this.isFull) return false;
    this.isFull = true;
    this.asked = this.waiting;
    this.orders.order(this.conn, "askDrain");
    return false;
  }

  pause(): void {
    this.order("pause");
  }

  resume(): void {
    this.order("resume");
  }

  destroy(): void {
    this.order("destroy");
  }

  finish(): void {
    this.order("finish");
  }

  received(bytes: Uint8Array): void {
    this.events?.data(bytes);
  }

  drained(): void {
    this.waiting -= this.asked;
    this.isFull = false;
    this.events?.drain();
  }

  closed(): void {
    this.isOver = true;
    this.waiting = 0;
    this.events?.close();
  }

  private order(order: "pause" | "resume" | "destroy" | "finish"): void {
    if (!this.isOver) this.orders.order(this.conn, order);
  }
}
