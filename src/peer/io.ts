/**
 * What a server machine is told and what it asks of the world. Room 6 turns sockets, files and
 * timers into inputs, and effects back into them: with real ones in server/, with simulated ones in
 * sim/.
 */
import type { Millis, Zxid } from "../base/ids.ts";
import type { Id } from "../records/data.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import type { Word } from "./words.ts";

/** A number that room 6 gives each connection; never used twice in the life of a server. */
export type ConnectionId = number;

/** Every input carries `now`: ms of a clock that never goes back and that nobody sets. */
export type PeerInput =
  | ClientInput
  /** The disk operations of a "log" effect are done, syncs included. They may come in any order. */
  | { readonly kind: "logged"; readonly now: Millis; readonly batch: number }
  /** The disk operations of the last "snapshot" effect are done. */
  | { readonly kind: "snapshotted"; readonly now: Millis }
  /** Time goes by. `wall`: ms since 1970; stamps transactions and decides nothing. */
  | { readonly kind: "tick"; readonly now: Millis; readonly wall: Millis }
  /** The turn after an "again" effect. */
  | { readonly kind: "continue"; readonly now: Millis };

/** What happens to a client's connection. */
export type ClientInput =
  | {
      readonly kind: "opened";
      readonly now: Millis;
      readonly conn: ConnectionId;
      readonly address: string;
      readonly port: number;
      /** Who its TLS handshake proved it to be. */
      readonly ids?: readonly Id[];
    }
  /** `bytes` are the machine's for good and do not change: requests stay views into them. */
  | {
      readonly kind: "received";
      readonly now: Millis;
      readonly conn: ConnectionId;
      readonly bytes: Uint8Array;
    }
  /** Reads were answered where the connection is, from this server's tree. */
  | {
      readonly kind: "served";
      readonly now: Millis;
      readonly conn: ConnectionId;
      readonly reads: Reads;
    }
  | { readonly kind: "closed"; readonly now: Millis; readonly conn: ConnectionId }
  /** The output of a connection has left, as an "awaitDrain" effect asked to be told. */
  | { readonly kind: "drained"; readonly now: Millis; readonly conn: ConnectionId };

/** Reads of a connection that the machine has not seen. */
export type Reads = {
  readonly count: number;
  /** Bytes of the requests. */
  readonly bytes: number;
  /** Bytes of the replies. */
  readonly replyBytes: number;
  /** Of the last one. */
  readonly xid: number;
  readonly code: number;
};

export type PeerEffect =
  /** `bytes` are borrowed until the effects of this step have been performed. */
  | { readonly kind: "send"; readonly conn: ConnectionId; readonly bytes: Uint8Array }
  /** Close after what was sent has left. `why` is for the log. */
  | { readonly kind: "close"; readonly conn: ConnectionId; readonly why: string }
  /**
   * Say "drained" when what was sent to the connection has left this process, at once if it has.
   */
  | { readonly kind: "awaitDrain"; readonly conn: ConnectionId }
  /** Stop or go on reading from a connection. */
  | { readonly kind: "pause" | "resume"; readonly conn: ConnectionId }
  /** A four-letter word came in place of a handshake: answer it and close. */
  | {
      readonly kind: "word";
      readonly conn: ConnectionId;
      readonly word: Word;
      /** The number that follows `stmk`; 0 for the others. */
      readonly argument: bigint;
    }
  /**
   * Do these in order, then say "logged". What stands behind the first sync may be done beside the
   * operations of later effects. A failure ends the server.
   */
  | {
      readonly kind: "log";
      readonly batch: number;
      readonly records: number;
      readonly ops: readonly DiskOp[];
    }
  /** Do these in order beside the log, then say "snapshotted". A failure ends the server. */
  | { readonly kind: "snapshot"; readonly ops: readonly DiskOp[] }
  /** A snapshot of everything up to `zxid` has its name and is durable. */
  | {
      readonly kind: "snapshotTaken";
      readonly zxid: Zxid;
      readonly name: string;
      readonly tookMs: Millis;
    }
  /**
   * There is more to do: say "continue" after other inputs had their turn. `forLog`: only the log
   * is to be written, which is better done behind a burst of input than within it.
   */
  | { readonly kind: "again"; readonly forLog: boolean }
  | { readonly kind: "note"; readonly note: Note };

/** What the operator may want to read. Printed by room 6; nothing secret is in it. */
export type Note = {
  readonly level: "info" | "warn";
  readonly event: string;
  readonly about?: NoteDetails;
};
export type NoteDetails = Readonly<Record<string, string | number | bigint | boolean>>;

/** The host says these after it has looked for input on every connection. */
export const beginsRound = (kind: string): boolean => kind === "continue" || kind === "tick";
