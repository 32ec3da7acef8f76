/**
 * Where the bytes of a tree lie: memory of its own, or memory that other threads read too. Those
 * have to know which memory is which page, and when something changes in it.
 */

import type { Zxid } from "../base/ids.ts";

export interface TreeMemory {
  /** Zeroed. */
  make(byteCount: number): ArrayBufferLike;
  /** The page `id` of the znodes is `memory`; undefined: it is no more. */
  pageIs(id: number, memory: ArrayBufferLike | undefined): void;
  /** The table of a shard of the path index is `memory`; undefined: it is empty. */
  tableIs(shard: number, memory: ArrayBufferLike | undefined): void;
  /** There is neither page nor table any more. */
  cleared(): void;
  /** Something changes from now on, up to the end of the server's step. */
  changes(): void;
  /** Clients are served from this tree. `lastProcessed` answers the zxid of its last change. */
  serves(lastProcessed: () => Zxid): void;
}

/** Memory that nobody else reads. */
export const OWN_MEMORY: TreeMemory = {
  make: (byteCount) => new ArrayBuffer(byteCount),
  pageIs: () => {},
  tableIs: () => {},
  cleared: () => {},
  changes: () => {},
  serves: () => {},
};
