/**
 * Clients of a server in the same process: the whole `ZooKeeper` class over connections without
 * sockets to a `MachineWorld`. Bytes travel in turns of the event loop, one parcel a turn, so
 * that a test can cut a connection between any two of them.
 *
 * Promises: nothing is delivered inside a call; each direction of a connection keeps its order.
 */
import type { Connection, ConnectionEvents, Dial } from "../../src/client/connection.ts";
import type { ZooKeeperOptions } from "../../src/client/options.ts";
import { ZooKeeper } from "../../src/client/zookeeper.ts";
import { MachineWorld, type WorldClient } from "./machine-world.ts";
import { frame } from "./raw-session.ts";

export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Several names of the one server: a client that lost it tries the next without a pause. */
const HOSTS = "a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1";

export class ServedClients {
  readonly world = new MachineWorld();
  /** How often a connection was made. */
  dialed = 0;
  private readonly lines = new Set<Line>();
  private refusing = false;

  /** A client, which connects by and by. */
  client(options: ZooKeeperOptions = {}, chroot = ""): ZooKeeper {
    return new ZooKeeper(
      `${HOSTS}${chroot}`,
      options,
      this.dial(() => {}),
    );
  }

  /** As `client`; what it returns also cuts the connection of this client alone. */
  cuttable(options: ZooKeeperOptions = {}): { zk: ZooKeeper; cut: (kind?: CutKind) => void } {
    const own: { line: Line | undefined } = { line: undefined };
    const dial = this.dial((line) => {
      own.line = line;
    });
    return {
      zk: new ZooKeeper(HOSTS, options, dial),
      cut: (kind = "at once") => own.line?.cut(kind),
    };
  }

  /** True: nobody gets through. */
  refuse(on: boolean): void {
    this.refusing = on;
  }

  private dial(made: (line: Line) => void): Dial {
    return (_, events) => {
      this.dialed++;
      const line = new Line(this.world, events, this.refusing, () => this.lines.delete(line));
      this.lines.add(line);
      made(line);
      return line;
    };
  }
}

/**
 * What happens to the bytes on their way when a line is cut: all are lost, or the server still gets
 * what the client has sent, and its answers are lost.
 */
export type CutKind = "at once" | "after the requests";

class Line implements Connection {
  private readonly world: MachineWorld;
  private readonly events: ConnectionEvents;
  private readonly onEnd: () => void;
  private server: WorldClient | undefined;
  private toServer: Uint8Array[] = [];
  private isOver = false;

  constructor(world: MachineWorld, events: ConnectionEvents, refused: boolean, onEnd: () => void) {
    this.world = world;
    this.events = events;
    this.onEnd = onEnd;
    setImmediate(() => {
      if (this.isOver) return;
      if (refused) return this.finish("refused");
      this.server = world.connect();
      events.opened();
      this.go();
    });
  }

  write(bytes: Uint8Array): void {
    this.toServer.push(new Uint8Array(bytes));
  }

  close(): void {
    this.finish("closed");
  }

  cut(kind: CutKind): void {
    if (kind === "after the requests") while (this.deliver());
    this.finish("cut");
  }

  private go(): void {
    setImmediate(() => {
      if (this.isOver) return;
      this.deliver();
      while (this.world.wantsMore) this.world.input({ kind: "continue", now: this.world.now });
      const came = this.server?.frames.splice(0) ?? [];
      for (const bytes of came) if (!this.isOver) this.events.received(frame(bytes));
      if (this.server?.closed !== undefined) this.finish(this.server.closed);
      else this.go();
    });
  }

  /** One parcel to the server; false when there is none. */
  private deliver(): boolean {
    const bytes = this.toServer.shift();
    if (bytes !== undefined) this.server?.send(bytes);
    if (this.server?.awaitsDrain === true) this.server.drained();
    return bytes !== undefined;
  }

  private finish(reason: string): void {
    if (this.isOver) return;
    this.isOver = true;
    this.onEnd();
    if (this.server !== undefined) this.world.gone(this.server);
    setImmediate(() => this.events.closed(reason));
  }
}
