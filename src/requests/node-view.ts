/** A node as the view of what is proposed has it (view.ts). */
import type { Acl } from "../records/data.ts";

/** A node as the next request will find it. Never changed: a change makes a new one. */
export type NodeView = {
  readonly path: string;
  readonly acl: readonly Acl[];
  readonly childCount: number;
  /** Bytes; 0 for null. */
  readonly dataLength: number;
  /** CRC-32 state after path and data. */
  readonly prefixCrc: number;
  /** The Stat as the digest reads it (records/digest-stat.ts). */
  readonly stat: Uint8Array;
  /** The node's part of the tree digest; 0 for nodes that do not count. */
  readonly digest: number;
};

/** One that is being made. */
export type Draft = NodeView & { digest: number };
