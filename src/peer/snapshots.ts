/**
 * Snapshots of a running server: begun when the log says it is time, written in slices beside
 * everything else. What a slice takes is bounded in bytes, so no turn is long. From: specification
 * 5.4; DESIGN 4.
 */
import { assert } from "../base/assert.ts";
import type { Millis, SessionId, Zxid } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { JuteWriter } from "../jute/writer.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
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
  private running:
    | { readonly writer: SnapshotWriter; readonly zxid: Zxid; readonly since: Millis }
    | undefined;
  private close: (() => void) | undefined;
  private asked = false;
  /** What is running is given up as soon as the disk is done with its last slice. */
  private abandoned = false;

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
  done(out: PeerEffect[], now: Millis): void {
    assert(this.running !== undefined, "a snapshot is being written");
    const { writer, zxid, since } = this.running;
    writer.done();
    if (!writer.finished) return;
    this.close?.();
    this.close = this.running = undefined;
    this.abandoned = false;
    out.push({ kind: "snapshotTaken", zxid, name: writer.file.name, tookMs: now - since });
  }

  /**
   * Gives up the snapshot that is running: what it would show from now on may never have happened.
   * Its last slice may be on its way to the disk, whole and well.
   */
  abandon(): void {
    this.asked = false;
    if (this.running !== undefined) this.abandoned = true;
  }

  /** Nothing is being written. */
  get idle(): boolean {
    return this.running === undefined;
  }

  /** What an abandoned snapshot has left is removed; the operations are done beside the others. */
  remains(): readonly DiskOp[] {
    if (!this.abandoned || this.running?.writer.resting !== true) return [];
    const ops = this.running.writer.abandon();
    this.close?.();
    this.close = this.running = undefined;
    this.abandoned = false;
    return ops;
  }

  /** Begins a snapshot when it is time, and appends the next slice's operations. */
  endTurn(out: PeerEffect[], now: Millis): void {
    if (this.running === undefined && (this.asked || this.log.snapshotDue)) this.begin(now);
    if (this.abandoned) return;
    const ops = this.running?.writer.next();
    if (ops !== undefined) out.push({ kind: "snapshot", ops });
  }

  private begin(now: Millis): void {
    this.asked = false;
    const { compress, lastProcessedTrailer, snapshotSliceBytes, digestEnabled } = this.settings;
    const zxid = this.loaded.tree.lastProcessed;
    const { source, close } = snapshotSource(this.loaded, zxid, digestEnabled);
    this.close = close;
    const bytesPerSlice = snapshotSliceBytes ?? SLICE_BYTES;
    const options = { zxid, source, bytesPerSlice, lastProcessedTrailer };
    const writer = new SnapshotWriter(
      compress === undefined ? options : { ...options, compress: compress() },
    );
    this.running = { writer, zxid, since: now };
    this.log.snapshotBegins(this.prng.uint32() / 0x1_0000_0000);
  }
}

/** The state as a snapshot's source; `close` gives up what is not written by then. */
export function snapshotSource(
  { tree, sessions }: Loaded,
  zxid: Zxid,
  digestEnabled = false,
): { readonly source: SnapshotSource; readonly close: () => void } {
  const cursor = tree.startCursor(zxid);
  const table: (readonly [SessionId, Millis])[] = [...sessions];
  const acls = [...tree.acls.entries()];
  const source: SnapshotSource = {
    sessionCount: table.length,
    sessions: table,
    aclCount: acls.length,
    acls,
    writeNodes: (to: JuteWriter, bytesMax: number) => cursor.writeNodes(to, bytesMax),
    digest: () => (digestEnabled ? { zxid: tree.lastProcessed, tree: tree.digest } : undefined),
  };
  return { source, close: () => cursor.close() };
}
