/**
 * The network of a simulated world: hosts with doors, connections between them, and what may happen
 * to these on the way.
 *
 * Promises: the bytes of a connection arrive in order, cut and merged at any place, or not at all.
 * A path that is blocked keeps them, as a TCP that sends again does: when the block is lifted they
 * arrive late, also those of connections that their sender has left long ago.
 * Leaves to others: who blocks, slows and resets what, and when (faults.ts).
 */
import type { Millis } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import { type Carrier, Connection, type Handlers } from "./connection.ts";
import { type NetworkHabits, Path } from "./path.ts";
import type { Probes } from "./probes.ts";
import type { Scheduler } from "./scheduler.ts";

export type HostName = string;

/** What one host's process lets in. Returns what is told of the connection; undefined refuses it. */
export type Listener = (connection: Connection, from: HostName) => Handlers | undefined;

/** A dial that nobody answers is given up after this long. */
const DIAL_MS_MAX: Millis = 20_000;

export class Network implements Carrier {
  readonly scheduler: Scheduler;
  readonly prng: Prng;
  readonly habits: NetworkHabits;
  readonly probes: Probes;
  private readonly paths = new Map<string, Path>();
  private readonly listeners = new Map<string, Listener>();
  /** Hosts without power: nobody answers there, not even with a refusal. */
  private readonly dark = new Set<HostName>();
  private readonly connections = new Set<Connection>();

  constructor(scheduler: Scheduler, prng: Prng, habits: NetworkHabits, probes: Probes) {
    this.scheduler = scheduler;
    this.prng = prng;
    this.habits = habits;
    this.probes = probes;
  }

  path(from: HostName, to: HostName): Path {
    const key = `${from}>${to}`;
    let path = this.paths.get(key);
    if (path === undefined) {
      const { latencyMs, bytesPerMs } = this.habits;
      const [min, max] = latencyMs;
      path = new Path(min + ((max - min) * this.prng.below(1000)) / 1000, bytesPerMs);
      this.paths.set(key, path);
    }
    return path;
  }

  listen(host: HostName, door: number, listener: Listener): void {
    this.listeners.set(`${host}:${door}`, listener);
  }

  /** Opens a connection; `handlers` hear "opened" or "closed" of it, never before this returns. */
  dial(from: HostName, to: HostName, door: number, handlers: Handlers): Connection {
    const connection = new Connection(this, from, to, door, handlers);
    this.connections.add(connection);
    connection.later(0, () => this.arrive(connection, door));
    this.scheduler.after(DIAL_MS_MAX, () => connection.giveUp("nobody answers"));
    return connection;
  }

  private arrive(connection: Connection, door: number): void {
    const { from, to } = connection;
    if (this.dark.has(to)) return;
    const accepted = this.listeners.get(`${to}:${door}`)?.(connection, from);
    if (accepted === undefined) {
      this.probes.reach("a dial was refused");
      connection.later(1, () => connection.giveUp("refused"));
      return;
    }
    connection.accept(accepted);
    connection.later(1, () => connection.opened());
  }

  forget(connection: Connection): void {
    this.connections.delete(connection);
  }

  isDark(host: HostName): boolean {
    return this.dark.has(host);
  }

  /** The connections that one of its ends still takes for open. */
  standing(): readonly Connection[] {
    return [...this.connections];
  }

  /** The process of a host ends: its connections with it. Without power nobody hears of that. */
  drop(host: HostName, lostPower: boolean): void {
    for (const key of [...this.listeners.keys()]) {
      if (key.startsWith(`${host}:`)) this.listeners.delete(key);
    }
    if (lostPower) this.dark.add(host);
    for (const connection of [...this.connections]) {
      if (connection.from === host) connection.die(0, lostPower);
      if (connection.to === host) connection.die(1, lostPower);
    }
  }

  /** The host has power again. */
  light(host: HostName): void {
    this.dark.delete(host);
  }

  block(from: HostName, to: HostName): void {
    this.path(from, to).blocked = true;
  }

  unblock(from: HostName, to: HostName): void {
    const path = this.path(from, to);
    if (!path.blocked) return;
    path.blocked = false;
    if (path.waiting.length > 0) this.probes.reach("bytes arrived late, after a block");
    for (const act of path.waiting.splice(0)) this.scheduler.after(path.latencyMs, act);
  }

  /** Every path as it was at the beginning. */
  heal(): void {
    for (const [key, path] of this.paths) {
      const [from, to] = key.split(">") as [HostName, HostName];
      this.unblock(from, to);
      path.jitterMs = 0;
      path.widen();
    }
  }
}
