/** A snapshot as a list of nodes. Millions fit: data is kept only where it is asked for. */
import { textOf } from "../base/bytes.ts";
import type { Millis, SessionId } from "../base/ids.ts";
import { JuteReader } from "../jute/reader.ts";
import { type Owner, ownerOf } from "../records/constants.ts";
import { type Acl, OPEN_ACL, StatPersisted } from "../records/data.ts";
import { decompress } from "../server/compression.ts";
import { inSlices } from "../server/slices.ts";
import { SnapshotDamaged } from "../txnlog/errors.ts";
import { loadSnapshot, type SnapshotInfo } from "../txnlog/snapshot-reader.ts";
import type { FoundSnapshot } from "./places.ts";

export type SnapshotNode = {
  /** `/` for the root. */
  readonly path: string;
  /** Null where the node has no data. */
  readonly dataBytes: number | null;
  /** Empty unless data was asked for. */
  readonly data: Uint8Array;
  readonly acl: readonly Acl[];
  readonly stat: StatPersisted;
};

export type LoadedSnapshot = {
  readonly info: SnapshotInfo;
  /** In the order of the file: parents first. */
  readonly nodes: readonly SnapshotNode[];
  readonly sessions: ReadonlyMap<SessionId, Millis>;
};

const NO_DATA = new Uint8Array(0);
const STAT_PERSISTED_BYTES = 60;

/** Rejects with `SnapshotDamaged`. */
export async function readSnapshot(
  { disk, snapshot }: FoundSnapshot,
  { withData }: { readonly withData: boolean },
): Promise<LoadedSnapshot> {
  const nodes: SnapshotNode[] = [];
  const sessions = new Map<SessionId, Millis>();
  // -1 is the id of the list that lets everybody do everything.
  const acls = new Map<number, readonly Acl[]>([[-1, OPEN_ACL]]);
  const sink = {
    session: (id: SessionId, timeoutMs: Millis) => void sessions.set(id, timeoutMs),
    acl: (id: number, list: readonly Acl[]) => void acls.set(id, list),
    node(
      bytes: Uint8Array,
      pathStart: number,
      pathEnd: number,
      dataStart: number,
      dataEnd: number,
      aclId: number,
      statStart: number,
    ): void {
      const acl = acls.get(aclId);
      if (acl === undefined) throw new SnapshotDamaged(`a node with the unknown ACL ${aclId}`);
      const stat = new JuteReader(bytes, statStart, statStart + STAT_PERSISTED_BYTES);
      nodes.push({
        path: textOf(bytes, pathStart, pathEnd) || "/",
        dataBytes: dataEnd < 0 ? null : dataEnd - dataStart,
        data: withData && dataEnd >= 0 ? bytes.slice(dataStart, dataEnd) : NO_DATA,
        acl,
        stat: StatPersisted.read(stat),
      });
    },
  };
  const info = await inSlices(loadSnapshot(disk, snapshot, sink, decompress));
  return { info, nodes, sessions };
}

/** What kind of node it is. */
export const kindOf = ({ stat }: SnapshotNode): Owner => ownerOf(stat.ephemeralOwner, true);
