/**
 * Cuts the bytes of a link between learner and leader into packets. There is no length before a
 * packet: its fields are measured as they come, and each length is checked against a limit first.
 *
 *   type 4, zxid 8, length 4, data, count of ids 4, (length 4, scheme, length 4, id)*
 *
 * Behind a SNAP packet the stream of a snapshot follows: the cutter stops there, and goes on when
 * its owner has found the end of it.
 * Memory: a packet owns its bytes.
 */
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
  private rest = new Uint8Array(0);
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
    let bytes = joined(this.rest, chunk);
    const packets: QuorumPacket[] = [];
    while (!this.stopped) {
      const end = this.measure(bytes);
      if (end === undefined) break;
      packets.push(QuorumPacket.read(new JuteReader(bytes.slice(0, end))));
      bytes = bytes.subarray(end);
      this.stopped = packets.at(-1)!.type === PacketType.snap;
    }
    this.rest = bytes.slice();
    return packets;
  }

  /** While stopped: takes the bytes that came behind the SNAP packet. The caller owns them. */
  takeRest(): Uint8Array {
    const taken = this.rest;
    this.rest = new Uint8Array(0);
    return taken;
  }

  /** The snapshot has ended; what comes next are packets again. */
  resume(): void {
    this.stopped = false;
  }

  /** Where the packet at the start of `bytes` ends; undefined: not here yet. */
  private measure(bytes: Uint8Array): number | undefined {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const skip = (at: number | undefined, max: number): number | undefined => {
      if (at === undefined || at + INT_BYTES > bytes.length) return undefined;
      const length = view.getInt32(at);
      if (length < -1 || length > max) throw new ProtocolError("LENGTH_OUT_OF_RANGE", { length });
      const end = at + INT_BYTES + Math.max(length, 0);
      return end > bytes.length ? undefined : end;
    };
    let at = skip(DATA_LENGTH_AT, this.bytesMax);
    if (at === undefined || at + INT_BYTES > bytes.length) return undefined;
    const ids = view.getInt32(at);
    if (ids < -1 || ids > IDS_MAX) throw new ProtocolError("LENGTH_OUT_OF_RANGE", { ids });
    at += INT_BYTES;
    const idsEnd = at + IDS_BYTES_MAX;
    for (let id = 0; id < ids && at !== undefined; id++) {
      const inner = skip(at, idsEnd - at);
      at = inner === undefined ? undefined : skip(inner, idsEnd - inner);
    }
    return at;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
