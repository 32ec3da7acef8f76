/**
 * What a member of an ensemble is told and asks for beside io.ts: its links to other servers, and
 * the files that are neither log nor snapshot.
 *
 * A link is one TCP connection to another server's door. Room 6 numbers those that it accepts 1, 2,
 * 3 ...; the machine numbers those that it dials -1, -2, -3 ... No number is used twice in the life
 * of a server. Bytes of a link arrive in order or not at all.
 */
import type { Millis, ServerId } from "../base/ids.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import type { PeerEffect, PeerInput } from "./io.ts";

/** See above. */
export type LinkId = number;

/** The second and the third port of a server line: learners dial the one, electors the other. */
export type DoorName = "quorum" | "election";

export type LinkInput =
  | {
      readonly kind: "linkAccepted";
      readonly now: Millis;
      readonly link: LinkId;
      readonly door: DoorName;
      /** Of the other side, for the log. */
      readonly address: string;
    }
  /** A dialed link stands. */
  | { readonly kind: "linkOpened"; readonly now: Millis; readonly link: LinkId }
  /** `bytes` are borrowed until `step` returns. */
  | {
      readonly kind: "linkReceived";
      readonly now: Millis;
      readonly link: LinkId;
      readonly bytes: Uint8Array;
    }
  /** The link is gone, or could not be opened. Also told of one that the machine closed. */
  | {
      readonly kind: "linkClosed";
      readonly now: Millis;
      readonly link: LinkId;
      readonly why: string;
    }
  /** What was sent on the link has left, as an "awaitLinkDrain" effect asked to be told. */
  | { readonly kind: "linkDrained"; readonly now: Millis; readonly link: LinkId }
  /** The disk operations of the last "files" effect are done. */
  | { readonly kind: "filesDone"; readonly now: Millis };

export type LinkEffect =
  /**
   * Open a link to a door of a server: at `address` ("host:port") where one is given, else at the
   * configured ones. Say "linkOpened" or "linkClosed".
   */
  | {
      readonly kind: "dial";
      readonly link: LinkId;
      readonly server: ServerId;
      readonly door: DoorName;
      readonly address?: string;
    }
  /** `bytes` are borrowed until the effects of this step have been performed. */
  | { readonly kind: "sendLink"; readonly link: LinkId; readonly bytes: Uint8Array }
  /** Close at once; say "linkClosed" when it is. Nothing of it is told after that. */
  | { readonly kind: "closeLink"; readonly link: LinkId; readonly why: string }
  | { readonly kind: "awaitLinkDrain"; readonly link: LinkId }
  /** Do these in order beside log and snapshots, then say "filesDone". A failure ends the server. */
  | { readonly kind: "files"; readonly ops: readonly DiskOp[] }
  /** Give a "tick" at this time, or soon after; replaces the time asked for before. */
  | { readonly kind: "wake"; readonly at: Millis }
  /** The process must end: what it has on disk or in memory cannot be relied on. */
  | { readonly kind: "fatal"; readonly why: string };

export type MemberInput = PeerInput | LinkInput;
export type MemberEffect = PeerEffect | LinkEffect;
