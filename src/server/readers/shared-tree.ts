/** The memory of trees that readers can read, and what they have to be told of it. */
import { ZXID_ZERO, type Zxid } from "../../base/ids.ts";
import type { TreeMemory } from "../../tree/tree-memory.ts";
import type { Place, ToReader } from "./messages.ts";
import type { SharedWords } from "./shared-words.ts";

/** Tells of the memory of the tree that clients are served from. A server may hold another one. */
export class TreeSharing {
  private readonly words: SharedWords;
  private readonly tell: (message: ToReader) => void;
  private served: SharedMemory | undefined;
  private fresh = false;
  private readonly pages = new Map<number, ArrayBufferLike | undefined>();
  private readonly tables = new Map<number, ArrayBufferLike | undefined>();
  /** The tree is being changed: readers wait until `end`. */
  isChanging = false;

  /** `tell` posts a message to every reader. */
  constructor(words: SharedWords, tell: (message: ToReader) => void) {
    this.words = words;
    this.tell = tell;
  }

  readonly newMemory = (): TreeMemory => new SharedMemory(this);

  /** The change is whole, and what it causes has been posted. */
  end(): void {
    const { served, pages, tables, fresh } = this;
    if (!this.isChanging || served === undefined) return;
    if (fresh || pages.size + tables.size > 0) {
      this.tell({ kind: "memory", fresh, pages: [...pages], tables: [...tables] });
      this.fresh = false;
      pages.clear();
      tables.clear();
    }
    this.isChanging = false;
    this.words.endChange(served.lastProcessed());
  }

  changes(memory: SharedMemory): void {
    if (memory !== this.served || this.isChanging) return;
    this.isChanging = true;
    this.words.beginChange();
  }

  pageIs(memory: SharedMemory, page: Place): void {
    if (memory === this.served) this.pages.set(...page);
  }

  tableIs(memory: SharedMemory, table: Place): void {
    if (memory === this.served) this.tables.set(...table);
  }

  /** Readers forget what they were told. */
  cleared(memory: SharedMemory): void {
    if (memory !== this.served) return;
    this.fresh = true;
    this.pages.clear();
    this.tables.clear();
  }

  /** Readers forget what they were told, and are told of all that `memory` has. */
  serves(memory: SharedMemory): void {
    this.served = memory;
    this.changes(memory);
    this.cleared(memory);
    for (const page of memory.pages) this.pages.set(...page);
    for (const table of memory.tables) this.tables.set(...table);
  }
}

class SharedMemory implements TreeMemory {
  private readonly sharing: TreeSharing;
  readonly pages = new Map<number, ArrayBufferLike>();
  readonly tables = new Map<number, ArrayBufferLike>();
  /** Of the tree. */
  lastProcessed: () => Zxid = () => ZXID_ZERO;

  constructor(sharing: TreeSharing) {
    this.sharing = sharing;
  }

  make(byteCount: number): ArrayBufferLike {
    return new SharedArrayBuffer(byteCount);
  }

  pageIs(id: number, memory: ArrayBufferLike | undefined): void {
    keep(this.pages, id, memory);
    this.sharing.pageIs(this, [id, memory]);
  }

  tableIs(shard: number, memory: ArrayBufferLike | undefined): void {
    keep(this.tables, shard, memory);
    this.sharing.tableIs(this, [shard, memory]);
  }

  cleared(): void {
    this.pages.clear();
    this.tables.clear();
    this.sharing.cleared(this);
  }

  changes(): void {
    this.sharing.changes(this);
  }

  serves(lastProcessed: () => Zxid): void {
    this.lastProcessed = lastProcessed;
    this.sharing.serves(this);
  }
}

function keep(places: Map<number, ArrayBufferLike>, at: number, memory: Place[1]): void {
  if (memory === undefined) places.delete(at);
  else places.set(at, memory);
}
