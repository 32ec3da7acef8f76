/**
 * Dials a server that may have several addresses: one after the other, the next one when one has
 * failed or has not answered for a moment; the first that answers is taken.
 *
 * Promises: `told` is called once, never before the call returns, and not after it was given up; no
 * socket but the one that is told stays open.
 */
import { connect, type Socket } from "node:net";
import type { Millis } from "../base/ids.ts";

/** An address has this long before the next one is tried beside it. */
const HEAD_START_MS = 250;

export type Address = { readonly host: string; readonly port: number };
export type DialResult = { readonly socket: Socket } | { readonly why: string };
export type DialOptions = {
  /** All attempts together take no longer. */
  readonly msMax: Millis;
  readonly keepAlive: boolean;
};

/** Answers what gives it up. */
export function dialAny(
  addresses: readonly Address[],
  options: DialOptions,
  told: (result: DialResult) => void,
): () => void {
  const dial = new Dial(addresses, options, told);
  setImmediate(() => dial.next());
  return () => dial.end(undefined);
}

class Dial {
  private readonly rest: Address[];
  private readonly options: DialOptions;
  private readonly told: (result: DialResult) => void;
  private readonly trying = new Set<Socket>();
  private readonly timer: NodeJS.Timeout;
  private headStart: NodeJS.Timeout | undefined;
  private why = "no address is known";
  private ended = false;

  constructor(
    addresses: readonly Address[],
    options: DialOptions,
    told: (result: DialResult) => void,
  ) {
    this.rest = [...addresses];
    this.options = options;
    this.told = told;
    this.timer = setTimeout(() => this.end({ why: "nobody answers" }), options.msMax);
  }

  next(): void {
    clearTimeout(this.headStart);
    if (this.ended) return;
    const address = this.rest.shift();
    if (address === undefined) {
      if (this.trying.size === 0) this.end({ why: this.why });
      return;
    }
    this.attempt(address);
    if (this.rest.length > 0) this.headStart = setTimeout(() => this.next(), HEAD_START_MS);
  }

  end(result: DialResult | undefined): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.timer);
    clearTimeout(this.headStart);
    for (const socket of this.trying) socket.destroy();
    if (result !== undefined) this.told(result);
  }

  private attempt({ host, port }: Address): void {
    const { keepAlive } = this.options;
    const socket = connect({ host, port, noDelay: true, keepAlive });
    const failed = (error: Error): void => {
      this.trying.delete(socket);
      this.why = error.message;
      this.next();
    };
    this.trying.add(socket);
    socket.once("error", failed);
    socket.once("connect", () => {
      if (this.ended) return;
      socket.off("error", failed);
      this.trying.delete(socket);
      this.end({ socket });
    });
  }
}
