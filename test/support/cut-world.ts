/**
 * Real clients on a real server machine, in one process and without sockets: connections are cut
 * at a chosen point, and sessions are ended when the test says.
 *
 * Every frame that a client sends is two points: it is lost before it arrives, or it arrives and
 * everything that the server answers to it is lost.
 */
import { Prng } from "../../src/base/prng.ts";
import type { Connection, ConnectionEvents, Dial } from "../../src/client/connection.ts";
import { Driver } from "../../src/client/driver.ts";
import { clientOptions } from "../../src/client/options.ts";
import { ZooKeeper } from "../../src/client/zookeeper.ts";
import { FrameCutter } from "../../src/jute/frames.ts";
import { Sessions } from "../../src/recipes/sessions.ts";
import { OpCode } from "../../src/records/op-codes.ts";
import { MachineWorld, type WorldClient } from "./machine-world.ts";
import { frame } from "./raw-session.ts";

const NOTHING = { bytesMin: 0, read: (): undefined => undefined, write: (): void => {} };
/** Longest wait for something to happen, in ms: clients may pause before they come back. */
const WAIT_MS_MAX = 20_000;
/** Two names for the one server: after a cut the client turns to the other without a pause. */
const HOSTS = "one:1,two:2";

export class CutWorld {
  readonly server = new MachineWorld({ maxClientCnxns: 0 });
  private readonly clients: ZooKeeper[] = [];

  /** A client whose connections are cut at the points of `cuts`, if that is given. */
  client(cuts?: Cuts, chroot = ""): ZooKeeper {
    const zk = Object.create(ZooKeeper.prototype) as ZooKeeper;
    const driver = new Driver(clientOptions(HOSTS + chroot, {}), this.dial(cuts), {});
    Object.assign(zk, { driver });
    this.clients.push(zk);
    driver.start();
    return zk;
  }

  /** Ends the client's session behind its back, as an expiry does. Resolves when it knows. */
  async expire(zk: ZooKeeper): Promise<void> {
    const thief = this.server.connect();
    thief.shakeHands({ sessionId: zk.sessionId, password: zk.sessionPassword });
    thief.ask(OpCode.closeSession, NOTHING, undefined);
    this.server.gone(thief);
    while (zk.state !== "EXPIRED") await turn();
  }

  /** Clients one after the other; the cuts are counted over all of them. */
  sessions(cuts?: Cuts): Sessions {
    return new Sessions(() => this.client(cuts));
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((zk) => zk.close()));
  }

  private dial(cuts: Cuts | undefined): Dial {
    return (_, events) => new Line(this.server, cuts, events);
  }
}

/** Counts the points of a client's connections and says where to cut. */
export class Cuts {
  passed = 0;
  private readonly at: ReadonlySet<number>;

  constructor(...at: readonly number[]) {
    this.at = new Set(at);
  }

  /** One point in `oneIn` of the next 100,000, the same ones for the same seed. */
  static random(seed: number, oneIn: number): Cuts {
    const chance = new Prng(seed);
    const points = Array.from({ length: 100_000 }, (_, point) => point);
    return new Cuts(...points.filter(() => chance.below(oneIn) === 0));
  }

  next(): boolean {
    return this.at.has(this.passed++);
  }
}

/** Lets everything happen that is due. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Turns until `holds`. Rejects when that takes too long. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS_MAX;
  while (performance.now() < end) {
    if (await holds()) return;
    await turn();
  }
  throw new Error(`waited too long until ${what}`);
}

/** One connection. What goes over it takes a turn of the event loop a frame. */
class Line implements Connection {
  private readonly server: MachineWorld;
  private readonly cuts: Cuts | undefined;
  private readonly events: ConnectionEvents;
  private readonly frames = new FrameCutter(1 << 24);
  private readonly due: (() => void)[] = [];
  private far: WorldClient | undefined;
  private isCut = false;
  private isDeaf = false;

  constructor(server: MachineWorld, cuts: Cuts | undefined, events: ConnectionEvents) {
    this.server = server;
    this.cuts = cuts;
    this.events = events;
    this.later(() => {
      this.far = server.connect();
      this.far.told = (effect) => {
        if (effect.kind === "close") this.later(() => this.end(effect.why));
        if (effect.kind !== "send" || this.isDeaf) return;
        const bytes = new Uint8Array(effect.bytes);
        this.later(() => events.received(bytes));
      };
      events.opened();
    });
  }

  write(bytes: Uint8Array): void {
    this.frames.push(new Uint8Array(bytes), (whole, start, end) => {
      const one = frame(whole.slice(start, end));
      this.later(() => this.deliver(one));
      return true;
    });
  }

  close(): void {
    this.end("closed by the client");
  }

  private deliver(bytes: Uint8Array): void {
    if (this.cuts?.next() === true) return this.end("cut before a request");
    this.isDeaf = this.cuts?.next() === true;
    this.far?.send(bytes);
    while (this.server.wantsMore) this.server.input({ kind: "continue", now: this.server.now });
    if (this.isDeaf) this.end("cut before a reply");
  }

  private end(reason: string): void {
    if (this.isCut) return;
    this.isCut = true;
    if (this.far !== undefined) this.server.gone(this.far);
    setImmediate(() => this.events.closed(reason));
  }

  /** In order, a turn each; nothing after the cut. */
  private later(act: () => void): void {
    this.due.push(act);
    setImmediate(() => {
      const next = this.due.shift();
      if (!this.isCut) next?.();
    });
  }
}

/**
 * Runs `scenario` in a fresh world without a cut, then once for every point that its client
 * passed, cut there, and once for some pairs of points.
 */
export async function atEveryPoint(
  scenario: (world: CutWorld, zk: ZooKeeper) => Promise<void>,
): Promise<number> {
  return await cutSessions((world, sessions) => scenario(world, sessions.current));
}

/** The same for programs that outlive their sessions. */
export async function cutSessions(
  scenario: (world: CutWorld, sessions: Sessions) => Promise<void>,
): Promise<number> {
  const run = async (...at: number[]): Promise<number> => {
    const world = new CutWorld();
    const cuts = new Cuts(...at);
    try {
      await scenario(world, world.sessions(cuts));
    } catch (cause) {
      throw new Error(`cut at ${at.join(" and ") || "no point"}`, { cause });
    } finally {
      await world.close();
    }
    return cuts.passed;
  };
  const points = await run();
  for (let at = 0; at < points; at++) await run(at);
  for (let at = 0; at < points; at += 3) await run(at, at + 2 + ((at * 7) % 11));
  return points;
}
