/**
 * Cuts the bytes of a link between learner and leader into packets. There is no length before a
 * packet: its fields are measured as they come, and each length is checked against a limit first.
 *
 *   type 4, zxid 8, length 4, data, count of ids 4, (length 4, scheme, length 4, id)*
 *
 * Behind a SNAP packet the stream of a snapshot follows: the cutter stops there, and goes on when
 * its owner has found the end of it.
 * Memory: what is received is copied once; the packets that came together are views into the copy.
 */
import { EMPTY_BYTES, int32At, joinBytes } from "../base/bytes.ts";
import { ProtocolError } from "../base/errors.ts";
import { JuteReader } from "../jute/reader.ts";
import { PacketType, QuorumPacket } from "../records/quorum.ts";

/**
 * Of a packet's data, in bytes. `jute.maxbuffer` and its extra size, as the reference reads them.
 */
const PACKET_BYTES_MAX = 2 * 1024 * 1024;
/** Of ids that come with a request; more than a connection can have. */
const IDS_MAX = 1024;
/** Of all ids of a packet together, in bytes. */
const IDS_BYTES_MAX = 256 * 1024;
const INT_BYTES = 4;
const DATA_LENGTH_AT = 12;

export class PacketCutter {
  private readonly bytesMax: number;
  /** What came and is not a whole packet; where the cutter is stopped, all that came since. */
  private rest: Uint8Array = EMPTY_BYTES;
  private stopped = false;

  constructor(bytesMax = PACKET_BYTES_MAX) {
    this.bytesMax = bytesMax;
  }

  /** Whether a SNAP packet was the last one: what follows is no packet. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /**
   * Adds received bytes, which are borrowed until this returns, and returns the packets that are
   * complete now. Throws `ProtocolError` at a length that is out of range; the link is of no use
   * then. Not to be called while stopped.
   */
  push(chunk: Uint8Array): readonly QuorumPacket[] {
    const bytes = joinBytes([this.rest, chunk]);
    const reader = new JuteReader(bytes);
    const packets: QuorumPacket[] = [];
    while (!this.stopped && this.isWhole(bytes, reader.at)) {
      const packet = QuorumPacket.read(reader);
      packets.push(packet);
      this.stopped = packet.type === PacketType.snap;
    }
    this.rest = reader.remaining === 0 ? EMPTY_BYTES : bytes.subarray(reader.at);
    return packets;
  }

  /** While stopped: takes the bytes that came behind the SNAP packet. The caller owns them. */
  takeRest(): Uint8Array {
    const taken = this.rest;
    this.rest = EMPTY_BYTES;
    return taken;
  }

  /** The snapshot has ended; what comes next are packets again. */
  resume(): void {
    this.stopped = false;
  }

  /** Whether all of the packet that begins at `start` is here. */
  private isWhole(bytes: Uint8Array, start: number): boolean {
    const lengthAt = start + DATA_LENGTH_AT;
    const idsAt = this.behind(bytes, lengthAt, this.bytesMax);
    if (idsAt === undefined || idsAt + INT_BYTES > bytes.length) return false;
    const ids = int32At(bytes, idsAt);
    if (ids < -1 || ids > IDS_MAX) throw new ProtocolError("LENGTH_OUT_OF_RANGE", { ids });
    let at: number | undefined = idsAt + INT_BYTES;
    const idsEnd = at + IDS_BYTES_MAX;
    for (let id = 0; id < ids && at !== undefined; id++) {
      const inner = this.behind(bytes, at, idsEnd - at);
      at = inner === undefined ? undefined : this.behind(bytes, inner, idsEnd - inner);
    }
    return at !== undefined;
  }

  /** Where the bytes end whose length stands at `at`; undefined: not all of them are here. */
  private behind(bytes: Uint8Array, at: number, bytesMax: number): number | undefined {
    if (at + INT_BYTES > bytes.length) return undefined;
    const length = int32At(bytes, at);
    if (length < -1 || length > bytesMax) {
      throw new ProtocolError("LENGTH_OUT_OF_RANGE", { length });
    }
    const end = at + INT_BYTES + Math.max(length, 0);
    return end > bytes.length ? undefined : end;
  }
}
