/**
 * Snapshots of a running server: begun when the log says it is time, written in slices beside
 * everything else. What a slice takes is bounded in bytes, so no turn is long. From: specification
 * 5.4; DESIGN 4.
 */
import { assert } from "../base/assert.ts";
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { JuteWriter } from "../jute/writer.ts";
import type { SnapshotCursor } from "../tree/snapshot-cursor.ts";
import type { LogWriter } from "../txnlog/log-writer.ts";
import { type Compressor, type SnapshotSource, SnapshotWriter } from "../txnlog/snapshot-writer.ts";
import type { PeerEffect } from "./io.ts";
import type { Loaded } from "./loading.ts";

/** Encoded in one turn unless the settings say otherwise: about 1 ms of work. */
const SLICE_BYTES = 256 << 10;

export type SnapshotSettings = {
  /** Transactions and snapshots carry the tree's digest (`digest.enabled`). */
  readonly digestEnabled: boolean;
  /** Adds the section that 3.9 writes (`serializeLastProcessedZxid.enabled`). */
  readonly lastProcessedTrailer: boolean;
  /** A new codec for each snapshot; undefined for none. */
  readonly compress: (() => Compressor) | undefined;
  /** Bytes encoded in one turn, at least 1. */
  readonly snapshotSliceBytes?: number;
};

export class Snapshots {
  private readonly loaded: Loaded;
  private readonly log: LogWriter;
  private readonly settings: SnapshotSettings;
  private readonly prng: Prng;
  private running: { readonly writer: SnapshotWriter; readonly zxid: Zxid } | undefined;
  private cursor: SnapshotCursor | undefined;
  private asked = false;

  constructor(loaded: Loaded, log: LogWriter, settings: SnapshotSettings, prng: Prng) {
    this.loaded = loaded;
    this.log = log;
    this.settings = settings;
    this.prng = prng;
  }

  /** Takes one as soon as none is running, whatever the log says. */
  ask(): void {
    this.asked = true;
  }

  /** The operations in flight are done. Answers a snapshot that has become whole. */
  done(out: PeerEffect[]): void {
    assert(this.running !== undefined, "a snapshot is being written");
    const { writer, zxid } = this.running;
    writer.done();
    if (!writer.finished) return;
    this.cursor?.close();
    this.cursor = this.running = undefined;
    out.push({ kind: "snapshotTaken", zxid, name: writer.file.name });
  }

  /** Begins a snapshot when it is time, and appends the next slice's operations. */
  endTurn(out: PeerEffect[]): void {
    if (this.running === undefined && (this.asked || this.log.snapshotDue)) this.begin();
    const ops = this.running?.writer.next();
    if (ops !== undefined) out.push({ kind: "snapshot", ops });
  }

  private begin(): void {
    this.asked = false;
    const { compress, lastProcessedTrailer, snapshotSliceBytes } = this.settings;
    const zxid = this.loaded.tree.lastProcessed;
    const source = this.source(zxid);
    const bytesPerSlice = snapshotSliceBytes ?? SLICE_BYTES;
    const options = { zxid, source, bytesPerSlice, lastProcessedTrailer };
    const writer = new SnapshotWriter(
      compress === undefined ? options : { ...options, compress: compress() },
    );
    this.running = { writer, zxid };
    this.log.snapshotBegins(this.prng.uint32() / 0x1_0000_0000);
  }

  private source(zxid: Zxid): SnapshotSource {
    const { tree, sessions } = this.loaded;
    const cursor = tree.startCursor(zxid);
    this.cursor = cursor;
    const table: (readonly [SessionId, Millis])[] = [...sessions];
    const acls = [...tree.acls.entries()];
    return {
      sessionCount: table.length,
      sessions: table,
      aclCount: acls.length,
      acls,
      writeNodes: (to: JuteWriter, bytesMax: number) => cursor.writeNodes(to, bytesMax),
      digest: () =>
        this.settings.digestEnabled ? { zxid: tree.lastProcessed, tree: tree.digest } : undefined,
    };
  }
}
