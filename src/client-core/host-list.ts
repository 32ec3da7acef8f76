/**
 * The servers of a connect string: which to try next, and how long to wait before.
 *
 * Each client draws its own order, so that clients spread over the servers. Within a pass over the
 * list there is no waiting; between passes the wait doubles from `PAUSE_MS_MIN` to `PAUSE_MS_MAX`,
 * and a random part of it is left out, so that clients which lost the same server do not come back
 * in one moment.
 *
 * A list can be changed. Who then leaves its server for which is drawn so that clients that were
 * spread evenly over the old list are spread evenly over the new one, with as few moves as that
 * takes: only away from servers that are gone, or to servers that are new. From: reference
 * `StaticHostProvider.updateServerList`.
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import { describeHost, type Host } from "./connect-string.ts";

/**
 * Wait after the first pass in which no server took the session, in ms: about what an ensemble
 * takes to elect the next leader.
 */
const PAUSE_MS_MIN: Millis = 20;
/** The longest wait between passes, in ms: the reference's constant one. */
const PAUSE_MS_MAX: Millis = 1000;

export class HostList {
  private order: readonly Host[];
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
    const at = this.order.indexOf(host);
    // It may have been taken from the list in the meantime.
    if (at < 0) return;
    this.at = at - 1;
    this.tried = 0;
  }

  /**
   * Takes another list, not empty. True: `current`, the server in use or tried, is to be left for
   * the one that `next` names, without a wait. A server that is only tried stays if it is listed.
   */
  update(hosts: readonly Host[], current: Host | undefined, isInUse: boolean): boolean {
    const before = byName(this.order);
    const after = byName(hosts);
    const kept = [...after].filter(([name]) => before.has(name)).map(([, host]) => host);
    const fresh = [...after].filter(([name]) => !before.has(name)).map(([, host]) => host);
    const isListed = current !== undefined && after.has(describeHost(current));
    const sizes = { before: before.size, kept: kept.length, fresh: fresh.length };
    const stays = isListed && (!isInUse || this.chance.chance(chanceToStay(sizes)));
    const toFresh = isInUse ? chanceOfFresh(sizes) : fresh.length / after.size;
    if (stays) this.order = shuffled([...after.values()], this.chance);
    else this.order = this.mixed(kept, fresh, toFresh);
    this.at = stays
      ? this.order.findIndex((host) => describeHost(host) === describeHost(current))
      : -1;
    this.tried = stays ? 1 : 0;
    return !stays;
  }

  /** Both lists in one: each place goes to a fresh host with this probability, as long as both last. */
  private mixed(kept: readonly Host[], fresh: readonly Host[], toFresh: number): readonly Host[] {
    const olds = [...shuffled(kept, this.chance)];
    const news = [...shuffled(fresh, this.chance)];
    const order: Host[] = [];
    while (olds.length > 0 && news.length > 0) {
      const from = this.chance.chance(toFresh) ? news : olds;
      order.push(from.pop()!);
    }
    return [...order, ...olds, ...news];
  }

  private pause(passes: number): Millis {
    if (passes === 0) return 0;
    const whole = Math.min(PAUSE_MS_MIN * 2 ** (passes - 1), PAUSE_MS_MAX);
    return whole - this.chance.below(whole / 2);
  }
}

/** How many servers there were, and of the new list how many were there before or not. */
type Sizes = { readonly before: number; readonly kept: number; readonly fresh: number };

/** The probability with which a client stays with its server, which the new list has too. */
function chanceToStay({ before, kept, fresh }: Sizes): number {
  return Math.min(1, before / (kept + fresh));
}

/** The probability with which one that leaves its server goes to one that is new. */
function chanceOfFresh({ before, kept, fresh }: Sizes): number {
  const after = kept + fresh;
  // On a longer list the kept servers have to lose clients, so none comes to them.
  if (after >= before) return 1;
  return 1 - (kept * (before - after)) / (after * (before - kept));
}

const byName = (hosts: readonly Host[]): ReadonlyMap<string, Host> =>
  new Map(hosts.map((host) => [describeHost(host), host]));

/** Fisher-Yates, with the generator's chance. */
function shuffled<T>(values: readonly T[], chance: Prng): readonly T[] {
  const mixed = [...values];
  for (let last = mixed.length - 1; last > 0; last--) {
    const pick = chance.below(last + 1);
    [mixed[last], mixed[pick]] = [mixed[pick]!, mixed[last]!];
  }
  return mixed;
}
