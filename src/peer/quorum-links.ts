/**
 * The links between learners and leader as streams of packets: bytes in become packets, packets out
 * become bytes, one write a turn, and the body of a snapshot goes out between packets, in slices.
 *
 * Promises: what is sent on a link arrives in the order in which it was sent; packets behind a
 * snapshot wait for its end. A link whose other side does not read is closed when too much waits.
 * From: specification 4, 4.4.
 */
import type { Zxid } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { QuorumPacket } from "../records/quorum.ts";
import { encodeBody } from "../txnlog/snapshot-writer.ts";
import { PacketCutter } from "../zab/packet-cutter.ts";
import type { LinkId, MemberEffect } from "./links.ts";
import type { Loaded } from "./loading.ts";
import { snapshotSource } from "./snapshots.ts";

/** Bytes that may wait for one link; beyond it the link is closed. */
const WAITING_BYTES_MAX = 256 << 20;
const SLICE_BYTES = 256 << 10;
/** Stands behind the nodes of a snapshot on a link. */
export const STREAM_MARK = "BenWasHere";

class Link {
  readonly id: LinkId;
  readonly cutter = new PacketCutter();
  /** Goes out at the end of this turn, or when the link has drained. */
  out = new JuteWriter();
  /** The snapshot being sent: its body so far stands in `out`. */
  body: Iterator<void> | undefined;
  close: (() => void) | undefined;
  /** Packets behind the snapshot. */
  behind = new JuteWriter();
  waitsForDrain = false;

  constructor(id: LinkId) {
    this.id = id;
  }
}

export class QuorumLinks {
  private readonly links = new Map<LinkId, Link>();
  private readonly dirty = new Set<Link>();
  private readonly overrun: LinkId[] = [];
  /** Their output was handed out in the last step. */
  private readonly sent: Link[] = [];

  open(id: LinkId): void {
    this.links.set(id, new Link(id));
  }

  has(id: LinkId): boolean {
    return this.links.has(id);
  }

  cutterOf(id: LinkId): PacketCutter | undefined {
    return this.links.get(id)?.cutter;
  }

  /** The link is gone: nothing waits for it any more. */
  closed(id: LinkId): void {
    const link = this.links.get(id);
    if (link === undefined) return;
    link.close?.();
    this.links.delete(id);
    this.dirty.delete(link);
  }

  closeAll(why: string, effect: (effect: MemberEffect) => void): void {
    for (const id of [...this.links.keys()]) this.close(id, why, effect);
  }

  close(id: LinkId, why: string, effect: (effect: MemberEffect) => void): void {
    const link = this.links.get(id);
    if (link === undefined) return;
    // What was sent before goes out first: it may be the last word of a leader that leaves.
    if (link.body === undefined && link.out.at > 0 && !link.waitsForDrain) {
      effect({ kind: "sendLink", link: id, bytes: link.out.written().slice() });
    }
    effect({ kind: "closeLink", link: id, why });
    this.closed(id);
  }

  send(to: readonly LinkId[], packet: QuorumPacket): void {
    for (const id of to) {
      const link = this.links.get(id);
      if (link === undefined) continue;
      const writer = link.body === undefined ? link.out : link.behind;
      QuorumPacket.write(writer, packet);
      if (writer.at > WAITING_BYTES_MAX) this.overrun.push(id);
      this.dirty.add(link);
    }
  }

  /** Sends the state as it is now; what changes meanwhile may show in it. */
  sendSnapshot(id: LinkId, loaded: Loaded, zxid: Zxid): void {
    const link = this.links.get(id);
    if (link === undefined) return;
    const { source, close } = snapshotSource(loaded, zxid);
    link.body = encodeBody(link.out, source, SLICE_BYTES);
    link.close = close;
    this.dirty.add(link);
  }

  drained(id: LinkId): void {
    const link = this.links.get(id);
    if (link === undefined) return;
    link.waitsForDrain = false;
    this.dirty.add(link);
  }

  /** Links whose other side has not read what it was sent for too long; told once. */
  takeOverrun(): readonly LinkId[] {
    return this.overrun.splice(0);
  }

  /** The effects of the last step have been performed. */
  beginTurn(): void {
    for (const link of this.sent.splice(0)) link.out.clear();
  }

  endTurn(out: MemberEffect[]): void {
    for (const link of this.dirty) {
      if (link.waitsForDrain) continue;
      this.dirty.delete(link);
      if (link.body !== undefined) this.goOnWithSnapshot(link);
      if (link.out.at === 0) continue;
      out.push({ kind: "sendLink", link: link.id, bytes: link.out.written() });
      this.sent.push(link);
      if (link.body === undefined) continue;
      link.waitsForDrain = true;
      this.dirty.add(link);
      out.push({ kind: "awaitLinkDrain", link: link.id });
    }
  }

  private goOnWithSnapshot(link: Link): void {
    if (link.body!.next().done !== true) return;
    link.out.ustring(STREAM_MARK);
    link.body = link.close = undefined;
    link.out.raw(link.behind.written());
    link.behind = new JuteWriter();
  }
}
