/**
 * The servers of a connect string: which to try next, and how long to wait before.
 *
 * Each client draws its own order, so that clients spread over the servers. Within a pass over the
 * list there is no waiting; between passes the wait doubles from `PAUSE_MS_MIN` to `PAUSE_MS_MAX`,
 * and a random part of it is left out, so that clients which lost the same server do not come back
 * in one moment.
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { Host } from "./connect-string.ts";

/** Wait after the first pass in which no server took the session, in ms. */
const PAUSE_MS_MIN: Millis = 100;
/** The longest wait between passes, in ms: the reference's constant one. */
const PAUSE_MS_MAX: Millis = 1000;

export class HostList {
  private readonly order: readonly Host[];
  private readonly chance: Prng;
  /** Index of the host tried last; -1 before the first. */
  private at = -1;
  /** Hosts tried since a server took the session. */
  private tried = 0;

  constructor(hosts: readonly Host[], chance: Prng) {
    this.chance = chance;
    this.order = shuffled(hosts, chance);
  }

  get count(): number {
    return this.order.length;
  }

  /** The host to try next and the wait before it, in ms. */
  next(): { readonly host: Host; readonly pauseMs: Millis } {
    const passes = Math.floor(this.tried / this.order.length);
    const pauseMs = this.tried % this.order.length === 0 ? this.pause(passes) : 0;
    this.at = (this.at + 1) % this.order.length;
    this.tried++;
    return { host: this.order[this.at]!, pauseMs };
  }

  /** The server tried last took the session: losing it begins a pass that comes to it last. */
  succeeded(): void {
    this.tried = 1;
  }

  /** A host other than the one in use, in turn; undefined where there is none. */
  another(turn: number): Host | undefined {
    const others = this.order.length - 1;
    if (others === 0) return undefined;
    return this.order[(this.at + 1 + (turn % others)) % this.order.length];
  }

  /** Makes `host` the one that `next` names, without a wait. */
  prefer(host: Host): void {
    this.at = this.order.indexOf(host) - 1;
    this.tried = 0;
  }

  private pause(passes: number): Millis {
    if (passes === 0) return 0;
    const whole = Math.min(PAUSE_MS_MIN * 2 ** (passes - 1), PAUSE_MS_MAX);
    return whole - this.chance.below(whole / 2);
  }
}

/** Fisher-Yates, with the generator's chance. */
function shuffled<T>(values: readonly T[], chance: Prng): readonly T[] {
  const mixed = [...values];
  for (let last = mixed.length - 1; last > 0; last--) {
    const pick = chance.below(last + 1);
    [mixed[last], mixed[pick]] = [mixed[pick]!, mixed[last]!];
  }
  return mixed;
}
