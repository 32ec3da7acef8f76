/**
 * The links of a member to other servers on real sockets: the doors that they come in by, dials,
 * and what is sent.
 *
 * Promises: host names are resolved at each attempt; of several addresses of a server the first
 * that answers is taken; what was sent before a close still leaves, if the other side reads. With
 * TLS a link stands when both sides have shaken hands.
 * Leaves to others: who dials whom and when, and how much may wait for a link (the machine).
 */
import { createServer, type Server, type Socket } from "node:net";
import { unreachable } from "../base/assert.ts";
import { joinBytes, plainBytes } from "../base/bytes.ts";
import type { Millis } from "../base/ids.ts";
import type { DoorName, LinkEffect, LinkId, LinkInput } from "../peer/links.ts";
import { type Ensemble, memberOf } from "../quorum/ensemble.ts";
import { type Address, dialAny } from "./dial.ts";
import type { MemberTls, Secured } from "./tls/member-tls.ts";

/** A link that is being closed has this long to take what was sent before. */
const CLOSING_MS_MAX = 1000;
/** Between two attempts to open a door. */
const BIND_PAUSE_MS = 1000;

export type LinkSettings = {
  /** Where the others are. */
  readonly config: Ensemble;
  readonly doors: Readonly<Record<DoorName, DoorSettings>>;
  readonly keepAlive: boolean;
  /** Undefined: links are plain. */
  readonly tls: MemberTls | undefined;
};

export type DoorSettings = {
  /** Where this server listens; host undefined: on every address. */
  readonly listen: ReadonlyArray<{ readonly host: string | undefined; readonly port: number }>;
  /** A dial to such a door takes no longer. */
  readonly dialMsMax: Millis;
};

type Performed = Extract<
  LinkEffect,
  { readonly kind: "dial" | "sendLink" | "closeLink" | "awaitLinkDrain" }
>;

export class Links {
  private readonly settings: LinkSettings;
  /** What is known of a link; the socket when it stands, and how to give up its dial before. */
  private readonly links = new Map<LinkId, Socket | (() => void)>();
  private readonly sockets = new Set<Socket>();
  /** Came in and are no links before their TLS handshake is done. */
  private readonly handshaking = new Set<Socket>();
  private readonly servers: Server[] = [];
  /** What is sent on each waits for `flush`. */
  private readonly gathered = new Map<Socket, Uint8Array[]>();
  private feed: (input: LinkInput) => void = () => {};
  /** Came in before somebody was fed. */
  private early: (() => void)[] | undefined = [];
  private lastId = 0;
  private stopped = false;

  constructor(settings: LinkSettings) {
    this.settings = settings;
  }

  /** Inputs go to `feed` from now on. */
  serve(feed: (input: LinkInput) => void): void {
    this.feed = feed;
    // Not before the machine knows the time.
    setImmediate(() => {
      const early = this.early?.splice(0) ?? [];
      this.early = undefined;
      for (const accept of early) accept();
    });
  }

  /**
   * Opens the doors for other servers, each in `attempts` attempts (0: as many as it takes).
   * Rejects when a port is taken or may not be used.
   */
  async listen(attempts: number, tell: (error: unknown) => void): Promise<void> {
    for (const door of ["election", "quorum"] as const) {
      for (const where of this.settings.doors[door].listen) {
        await this.openDoor(door, where, { attempts, tell });
      }
    }
  }

  perform(effect: Performed): void {
    switch (effect.kind) {
      case "dial":
        return this.dial(effect);
      case "sendLink": {
        const socket = this.socketOf(effect.link);
        // The bytes are only lent.
        if (socket !== undefined) this.gather(socket, effect.bytes.slice());
        return;
      }
      case "closeLink":
        return this.close(effect.link, effect.why);
      case "awaitLinkDrain":
        return this.awaitDrain(effect.link);
      default:
        return unreachable(effect);
    }
  }

  /** Lets what was sent leave now, and not only when this round of the event loop ends. */
  flush(): void {
    for (const [socket, parts] of this.gathered) {
      socket.write(parts.length === 1 ? parts[0]! : joinBytes(parts));
    }
    this.gathered.clear();
  }

  /** Closes the doors and, when what was sent has left, every link. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.flush();
    const closed = this.servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    for (const link of this.links.values()) {
      if (typeof link === "function") link();
      else end(link);
    }
    this.links.clear();
    for (const raw of this.handshaking) raw.destroy();
    const left = [...this.sockets].map(
      (socket) => new Promise((resolve) => socket.once("close", resolve)),
    );
    await Promise.all([...closed, ...left]);
  }

  /** What is sent on a link in one round of the event loop, in several turns, leaves in one piece. */
  private gather(socket: Socket, bytes: Uint8Array): void {
    const parts = this.gathered.get(socket);
    if (parts !== undefined) return void parts.push(bytes);
    if (this.gathered.size === 0) setImmediate(() => this.flush());
    this.gathered.set(socket, [bytes]);
  }

  private async openDoor(
    door: DoorName,
    where: DoorSettings["listen"][number],
    { attempts, tell }: { readonly attempts: number; readonly tell: (error: unknown) => void },
  ): Promise<void> {
    for (let attempt = 1; !this.stopped; attempt++) {
      try {
        return await this.bind(door, where);
      } catch (error) {
        if (attempt === attempts) throw error;
        tell(error);
        await new Promise((resolve) => setTimeout(resolve, BIND_PAUSE_MS));
      }
    }
  }

  private bind(door: DoorName, { host, port }: DoorSettings["listen"][number]): Promise<void> {
    const { keepAlive } = this.settings;
    const server = createServer({ noDelay: true, keepAlive }, (socket) => {
      if (this.early === undefined) this.welcome(door, socket);
      else this.early.push(() => this.welcome(door, socket));
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, ...(host !== undefined && { host }) }, () => {
        server.off("error", reject);
        // Out of file descriptors, most likely: whoever dialed comes again.
        server.on("error", () => {});
        this.servers.push(server);
        resolve();
      });
    });
  }

  private welcome(door: DoorName, raw: Socket): void {
    const { tls } = this.settings;
    if (tls === undefined) return this.accept(door, raw);
    this.handshaking.add(raw);
    raw.once("close", () => this.handshaking.delete(raw));
    tls.accept(raw, (socket) => {
      this.handshaking.delete(raw);
      this.accept(door, socket);
      socket.resume();
    });
  }

  private accept(door: DoorName, socket: Socket): void {
    const link = ++this.lastId;
    const address = `${socket.remoteAddress ?? ""}:${socket.remotePort ?? 0}`;
    this.links.set(link, socket);
    this.feed({ kind: "linkAccepted", now: performance.now(), link, door, address });
    this.attach(link, socket);
  }

  private dial({ link, server, door, address }: Extract<Performed, { kind: "dial" }>): void {
    const addresses = address === undefined ? this.addressesOf(server, door) : [parse(address)];
    const { keepAlive, doors } = this.settings;
    const msMax = doors[door].dialMsMax;
    const opened = (result: Secured): void => {
      // Given up already.
      if (this.links.get(link) !== cancel) {
        if ("socket" in result) result.socket.destroy();
        return;
      }
      if ("why" in result) {
        this.links.delete(link);
        this.feed({ kind: "linkClosed", now: performance.now(), link, why: result.why });
        return;
      }
      this.links.set(link, result.socket);
      this.feed({ kind: "linkOpened", now: performance.now(), link });
      this.attach(link, result.socket);
    };
    let raw: Socket | undefined;
    const giveUp = dialAny(addresses, { msMax, keepAlive }, (result) => {
      if (this.links.get(link) !== cancel || "why" in result || this.settings.tls === undefined) {
        return opened(result);
      }
      raw = result.socket;
      this.settings.tls.secure(raw, result.host, msMax, opened);
    });
    const cancel = (): void => {
      giveUp();
      raw?.destroy();
    };
    this.links.set(link, cancel);
  }

  private attach(link: LinkId, socket: Socket): void {
    this.sockets.add(socket);
    let why = "the other side closed it";
    socket.on("error", (error) => {
      why = error.message;
      socket.destroy();
    });
    socket.on("data", (bytes) => {
      if (this.links.get(link) !== socket) return;
      const now = performance.now();
      this.feed({ kind: "linkReceived", now, link, bytes: plainBytes(bytes as Buffer) });
    });
    socket.on("close", () => {
      this.sockets.delete(socket);
      if (this.links.get(link) !== socket) return;
      this.links.delete(link);
      this.feed({ kind: "linkClosed", now: performance.now(), link, why });
    });
  }

  private close(link: LinkId, why: string): void {
    const known = this.links.get(link);
    if (known === undefined) return;
    this.flush();
    this.links.delete(link);
    if (typeof known === "function") known();
    else end(known);
    setImmediate(() => this.feed({ kind: "linkClosed", now: performance.now(), link, why }));
  }

  private awaitDrain(link: LinkId): void {
    const socket = this.socketOf(link);
    if (socket === undefined) return;
    this.flush();
    const tell = (): void => {
      if (this.links.get(link) !== socket) return;
      this.feed({ kind: "linkDrained", now: performance.now(), link });
    };
    if (socket.writableNeedDrain) socket.once("drain", tell);
    else setImmediate(tell);
  }

  private socketOf(link: LinkId): Socket | undefined {
    const known = this.links.get(link);
    return typeof known === "function" ? undefined : known;
  }

  private addressesOf(server: Parameters<typeof memberOf>[1], door: DoorName): Address[] {
    const addresses = memberOf(this.settings.config, server)?.addresses ?? [];
    return addresses.map(({ host, quorumPort, electionPort }) => ({
      host,
      port: door === "quorum" ? quorumPort : electionPort,
    }));
  }
}

/** Of "host:port", an IPv6 host in brackets. */
function parse(address: string): Address {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[|\]$/g, "");
  return { host, port: Number(address.slice(colon + 1)) };
}

/** Ends a socket after its output has left, or when its time is over. */
function end(socket: Socket): void {
  if (socket.writableLength === 0) return void socket.destroy();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), CLOSING_MS_MAX);
  socket.once("close", () => clearTimeout(timer));
  socket.destroySoon();
}
