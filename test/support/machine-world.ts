/**
 * A world for one standalone machine, without sockets, files or time of its own: a test says what
 * clients send, when the disk is done and what time it is, and reads what came back.
 */
import { createHash } from "node:crypto";
import type { Millis, SessionId, Zxid } from "../../src/base/ids.ts";
import { SESSION_NONE, toServerId, ZXID_ZERO } from "../../src/base/ids.ts";
import { Metrics } from "../../src/base/metrics.ts";
import type { Codec } from "../../src/jute/codec.ts";
import { FrameCutter } from "../../src/jute/frames.ts";
import { JuteReader } from "../../src/jute/reader.ts";
import type { NoteDetails, PeerEffect, PeerInput } from "../../src/peer/io.ts";
import type { Loaded } from "../../src/peer/loading.ts";
import type { PeerSettings } from "../../src/peer/settings.ts";
import { StandaloneServer } from "../../src/peer/standalone.ts";
import type { Word } from "../../src/peer/words.ts";
import {
  ConnectRequest,
  ConnectResponse,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
} from "../../src/records/client.ts";
import type { Id } from "../../src/records/data.ts";
import { Access } from "../../src/requests/access.ts";
import { digest, world } from "../../src/requests/auth-scheme.ts";
import { ip } from "../../src/requests/ip-scheme.ts";
import { x509 } from "../../src/requests/x509-scheme.ts";
import { simSettings } from "../../src/sim/standalone-maker.ts";
import { DataTree } from "../../src/tree/data-tree.ts";
import type { DiskOp } from "../../src/txnlog/disk-ops.ts";
import { LogWriter } from "../../src/txnlog/log-writer.ts";
import { encoded, frame } from "./raw-session.ts";

const TUNING = {
  ...{ tickMs: 2000, initLimit: 10, syncLimit: 5, snapshotRecords: 1_000_000 },
  ...{ logFileBytes: 0, preAllocBytes: 0, batchRecordsMax: 1000 },
};
export const SETTINGS: PeerSettings = {
  ...simSettings(toServerId(1n), TUNING, 1),
  maxClientCnxns: 60,
};

/** What came to a client, in order. */
export type Came =
  | { readonly kind: "reply"; readonly header: ReplyHeader; readonly body: Uint8Array }
  | { readonly kind: "event"; readonly zxid: Zxid; readonly type: number; readonly path: string };

const sha1 = (bytes: Uint8Array): string => createHash("sha1").update(bytes).digest("base64");

export class MachineWorld {
  readonly loaded: Loaded;
  readonly machine: StandaloneServer;
  readonly notes: { readonly event: string; readonly about: NoteDetails | undefined }[] = [];
  readonly metrics = new Metrics();
  now: Millis = 1000;
  /** False: the disk keeps what it was given until `sync` is called. */
  diskIsQuick = true;
  /** What the disk was given last. */
  lastLogged: readonly DiskOp[] = [];
  /** The batches that it holds, by number. */
  private readonly disk: number[] = [];
  private readonly clients = new Map<number, WorldClient>();
  private lastConn = 0;
  /** Whether a turn asked for another one, which it has not had. */
  wantsMore = false;

  /** `loaded`: what a server before this one has left; without it a fresh tree. */
  constructor(settings: Partial<PeerSettings> = {}, superDigest?: string, loaded?: Loaded) {
    this.loaded = loaded ?? {
      tree: new DataTree({ hashSeed: 7, extendedTypes: true }),
      sessions: new Map(),
    };
    this.machine = new StandaloneServer({
      settings: { ...SETTINGS, ...settings },
      access: new Access([world, ip, x509, digest(sha1, superDigest)], false),
      log: new LogWriter({
        forceSync: true,
        preAllocBytes: 0,
        fileBytesMax: 0,
        batchRecordsMax: 1000,
        snapshots: { records: 1_000_000, bytes: 0 },
        chance: 0,
        lastZxid: this.loaded.tree.lastProcessed,
      }),
      metrics: this.metrics,
      loaded: this.loaded,
      startedAt: { now: this.now, wall: 1_700_000_000_000 },
    });
  }

  /** A connection that has said nothing. `ids`: what its TLS handshake has proved. */
  connect(address = "10.0.0.1", ids: readonly Id[] = []): WorldClient {
    const conn = ++this.lastConn;
    const client = new WorldClient(this, conn);
    this.clients.set(conn, client);
    this.input({ kind: "opened", now: this.now, conn, address, port: 40_000 + conn, ids });
    return client;
  }

  /** A connection with a new session. */
  open(timeoutMs = 10_000): WorldClient {
    const client = this.connect();
    client.shakeHands({ timeoutMs });
    return client;
  }

  /** The client's socket has closed; nothing of it stays here. */
  gone(client: WorldClient): void {
    this.clients.delete(client.conn);
    this.input({ kind: "closed", now: this.now, conn: client.conn });
  }

  /** Lets time go by in steps that no server takes for a pause. */
  pass(ms: Millis): void {
    for (const until = this.now + ms; this.now < until; ) {
      this.now = Math.min(until, this.now + 500);
      this.input({ kind: "tick", now: this.now, wall: 1_700_000_000_000 + this.now });
      while (this.wantsMore) this.input({ kind: "continue", now: this.now });
    }
  }

  /** The disk reports the oldest batch that it holds. */
  sync(): void {
    this.input({ kind: "logged", now: this.now, batch: this.disk.shift()! });
  }

  get batchesHeld(): number {
    return this.disk.length;
  }

  input(input: PeerInput): void {
    const out: PeerEffect[] = [];
    if (input.kind === "continue") this.wantsMore = false;
    this.machine.step(input, out);
    for (const effect of out) this.perform(effect);
    // The round of the event loop ends: what it read is written.
    if (input.kind === "received" && this.wantsMore) {
      return this.input({ kind: "continue", now: this.now });
    }
    if (this.diskIsQuick && this.disk.length > 0) this.sync();
  }

  private perform(effect: PeerEffect): void {
    if ("conn" in effect) this.clients.get(effect.conn)?.told(effect);
    if (effect.kind === "log") {
      this.lastLogged = effect.ops;
      this.disk.push(effect.batch);
    }
    if (effect.kind === "note")
      this.notes.push({ event: effect.note.event, about: effect.note.about });
    if (effect.kind === "again") this.wantsMore = true;
  }
}

/** Where a client's inputs go. */
export interface ClientOwner {
  readonly now: Millis;
  input(input: PeerInput): void;
}

export class WorldClient {
  readonly conn: number;
  readonly came: Came[] = [];
  /** The same, and the answer to the handshake, as bytes without their length. */
  readonly frames: Uint8Array[] = [];
  welcome: ConnectResponse | undefined;
  word: Word | undefined;
  closed: string | undefined;
  paused = false;
  /** The machine waits to be told that this client has read. */
  awaitsDrain = false;
  /** True: what comes is not read, as where nonsense was asked. */
  isDeaf = false;
  private readonly world: ClientOwner;
  private readonly cutter = new FrameCutter(1 << 30);
  private xid = 0;

  constructor(world: ClientOwner, conn: number) {
    this.world = world;
    this.conn = conn;
  }

  get session(): SessionId {
    return this.welcome?.sessionId ?? SESSION_NONE;
  }

  send(bytes: Uint8Array): void {
    this.world.input({ kind: "received", now: this.world.now, conn: this.conn, bytes });
  }

  shakeHands(wanted: Partial<ConnectRequest>): void {
    const request = {
      protocolVersion: 0,
      lastZxidSeen: ZXID_ZERO,
      timeoutMs: 10_000,
      sessionId: SESSION_NONE,
      password: new Uint8Array(16),
      readOnly: false,
      ...wanted,
    };
    this.send(frame(encoded(ConnectRequest, request)));
  }

  /** Says that the client has read what was sent. */
  drained(): void {
    this.awaitsDrain = false;
    this.world.input({ kind: "drained", now: this.world.now, conn: this.conn });
  }

  /** Sends a request; answers its xid. */
  ask<T>(type: number, body: Codec<T>, value: T): number {
    const xid = ++this.xid;
    this.send(this.framed(xid, type, encoded(body, value)));
    return xid;
  }

  framed(xid: number, type: number, body: Uint8Array): Uint8Array {
    return frame(encoded(RequestHeader, { xid, type }), body);
  }

  /** The reply to `xid`, which has come. */
  reply(xid: number): { readonly header: ReplyHeader; readonly body: Uint8Array } {
    const found = this.came.find((item) => item.kind === "reply" && item.header.xid === xid);
    if (found?.kind !== "reply") throw new Error(`no reply to ${xid} has come`);
    return found;
  }

  /** Error code of the reply to `xid`. */
  err = (xid: number): number => this.reply(xid).header.err;

  /** What came, one word each: `reply 3`, `event 1 /a`. */
  get story(): string[] {
    return this.came.map((item) =>
      item.kind === "reply" ? `reply ${item.header.xid}` : `event ${item.type} ${item.path}`,
    );
  }

  told(effect: Extract<PeerEffect, { readonly conn: number }>): void {
    if (effect.kind === "close") this.closed = effect.why;
    else if (effect.kind === "awaitDrain") this.awaitsDrain = true;
    else if (effect.kind === "word") this.word = effect.word;
    else if (effect.kind !== "send") this.paused = effect.kind === "pause";
    else if (!this.isDeaf)
      this.cutter.push(effect.bytes, (bytes, start, end) => this.take(bytes, start, end));
  }

  private take(bytes: Uint8Array, start: number, end: number): boolean {
    const frame = bytes.slice(start, end);
    this.frames.push(frame);
    const from = new JuteReader(frame);
    if (this.welcome === undefined) {
      this.welcome = ConnectResponse.read(from);
      return true;
    }
    const header = ReplyHeader.read(from);
    if (header.xid === -1) {
      this.came.push({ kind: "event", zxid: header.zxid, ...WatcherEvent.read(from) });
    } else this.came.push({ kind: "reply", header, body: from.bytes.subarray(from.at) });
    return true;
  }
}
