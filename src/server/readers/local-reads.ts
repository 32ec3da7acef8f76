/**
 * Answers reads from the server's tree in a thread of its own, as far as that can be done here: of
 * one node that is open to everybody, without a watch. Everything else is the server's.
 *
 * What is read while the server changes its tree can be torn in any way, so a read may fail in any
 * way; that counts only where nothing has changed meanwhile, and no message waits that tells of
 * new memory (shared-words.ts).
 */
import { int32At } from "../../base/bytes.ts";
import { ProtocolError } from "../../base/errors.ts";
import { JuteReader } from "../../jute/reader.ts";
import type { JuteWriter } from "../../jute/writer.ts";
import { beginReply, endReply } from "../../peer/output.ts";
import { REQUEST_HEADER_BYTES } from "../../records/client.ts";
import { NODE_READS } from "../../requests/node-reads.ts";
import type { NodeContext, NodeRead } from "../../requests/operation.ts";
import { LEFT_TO_OWNER, TreeReader } from "../../tree/tree-reader.ts";
import type { Place, ReaderData } from "./messages.ts";
import { SharedWords } from "./shared-words.ts";

/** A read that was torn, or overtaken by a message, is tried again so many times. */
const ATTEMPTS = 4;

/** The connection that is being read for. */
export interface Asking {
  readonly to: JuteWriter;
  /** Messages for this reader have come: takes them. Whether the connection may still be read for. */
  takeMessages(): boolean;
}

const leave = (): never => {
  throw LEFT_TO_OWNER;
};

export class LocalReads {
  private readonly number: number;
  private readonly words: SharedWords;
  private readonly tree: TreeReader;
  private readonly context: NodeContext;
  private messagesTaken = 0;
  private from = new JuteReader(new Uint8Array(0));

  constructor({ reader, readers, words, hashSeed }: ReaderData) {
    this.number = reader;
    this.words = new SharedWords(readers, words);
    this.tree = new TreeReader(hashSeed);
    this.context = {
      tree: this.tree,
      watches: { addData: leave, addChild: leave },
      access: { permits: leave },
      ids: [],
      watcher: 0,
    };
  }

  /** The bell was heard; messages are taken next. */
  heard(): void {
    this.words.heard(this.number);
  }

  /** A message of any kind has been taken. */
  tookMessage(): void {
    this.messagesTaken = (this.messagesTaken + 1) | 0;
  }

  /** Nothing is posted that has not been taken. */
  get isCurrent(): boolean {
    return ((this.words.postedTo(this.number) - this.messagesTaken) | 0) <= 0;
  }

  /** The server's memory is at these places from now on. `fresh`: and nowhere else. */
  show(pages: readonly Place[], tables: readonly Place[], fresh: boolean): void {
    if (fresh) this.tree.clear();
    for (const [id, memory] of pages) this.tree.showPage(id, memory);
    for (const [shard, memory] of tables) this.tree.showTable(shard, memory);
  }

  /**
   * Appends the reply to the request in the frame `bytes[start, end)`. False: nothing was appended,
   * and the server is to answer.
   */
  answer(asking: Asking, bytes: Uint8Array, start: number, end: number): boolean {
    // The last byte asks for a watch.
    if (end - start <= REQUEST_HEADER_BYTES || bytes[end - 1] !== 0) return false;
    const operation = NODE_READS.get(int32At(bytes, start + 4));
    if (operation === undefined) return false;
    const { to } = asking;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!this.isCurrent && !asking.takeMessages()) return false;
      const sequence = this.words.begin();
      const began = to.at;
      const failure = this.read(operation, this.at(bytes, start, end), to);
      const isWhole = this.words.stillStands(this.number, sequence) && this.isCurrent;
      if (isWhole && failure === undefined) return true;
      to.at = began;
      if (!isWhole) continue;
      if (failure === LEFT_TO_OWNER || failure instanceof ProtocolError) return false;
      throw failure;
    }
    return false;
  }

  /** Answers what went wrong. */
  private read(operation: NodeRead, from: JuteReader, to: JuteWriter): unknown {
    try {
      const xid = from.int();
      from.at += REQUEST_HEADER_BYTES - 4;
      const start = beginReply(to, xid, this.words.lastProcessed);
      endReply(to, start, operation.answer(this.context, from, to));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private at(bytes: Uint8Array, start: number, end: number): JuteReader {
    if (this.from.bytes !== bytes) this.from = new JuteReader(bytes);
    this.from.at = start;
    this.from.end = end;
    return this.from;
  }
}
