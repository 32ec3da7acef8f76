/**
 * What the two roles of Zab are told and what they ask for. The room knows transactions only as
 * bytes with a zxid; disk, tree, sockets and clients belong to whoever steps the machines (peer/).
 *
 * A link is one TCP connection between a learner and a leader. Packets of one link arrive in order
 * or not at all, and their bytes are their own (packet-cutter.ts). Every effect of a step is
 * performed, in order, before the next input.
 * From: specification 4.
 */
import type { Millis, ServerId, SessionId, Zxid } from "../base/ids.ts";
import type { Id } from "../records/data.ts";
import type { QuorumPacket } from "../records/quorum.ts";

/** A number that a link has for itself; never used twice in the life of a server. */
export type LinkId = number;

/**
 * A transaction as it stands in log and packets. `entry` belongs to it, is not a view of received
 * bytes, and is not changed.
 */
export type Proposal = { readonly zxid: Zxid; readonly entry: Uint8Array };

/** The two epochs that are kept on disk. */
export type Epochs = { readonly accepted: number; readonly current: number };

/** Time limits as the configuration gives them. */
export type Timing = {
  readonly tickMs: Millis;
  /** Ticks that joining may take. */
  readonly initLimit: number;
  /** Ticks that a synchronised server may be silent, and that a proposal may go unacknowledged. */
  readonly syncLimit: number;
};

/** A request of a client that a learner hands to its leader. */
export type Forwarded = {
  readonly session: SessionId;
  readonly cxid: number;
  readonly opcode: number;
  /** As the client sent it. */
  readonly body: Uint8Array;
  readonly ids: readonly Id[] | null;
};

/** Whose client has asked: a learner's, or the leader's own. */
export type Asker = LinkId | "self";

/** A session that was used, with its timeout. */
export type Touched = readonly [session: SessionId, timeoutMs: Millis];

export type LeaderInput =
  /** A learner has dialed. */
  | { readonly kind: "accepted"; readonly now: Millis; readonly link: LinkId }
  | {
      readonly kind: "packet";
      readonly now: Millis;
      readonly link: LinkId;
      readonly packet: QuorumPacket;
    }
  | { readonly kind: "closed"; readonly now: Millis; readonly link: LinkId }
  /** The file that "saveEpoch" asked for is durable. */
  | { readonly kind: "epochSaved"; readonly now: Millis }
  /** The next transaction; the own log has been given it. Only while leading is established. */
  | { readonly kind: "propose"; readonly now: Millis; readonly proposal: Proposal }
  /** The own log is durable up to here. */
  | { readonly kind: "durable"; readonly now: Millis; readonly upTo: Zxid }
  /** A client wants to be told when all that is proposed so far is committed. */
  | { readonly kind: "sync"; readonly now: Millis; readonly asker: Asker }
  /** The answer to a "revalidate" effect, or to a client of the leader. */
  | {
      readonly kind: "revalidated";
      readonly now: Millis;
      readonly asker: Asker;
      readonly session: SessionId;
      readonly valid: boolean;
    }
  /** More of the snapshot that "sendSnapshot" asked for has left: the learner is not slow. */
  | { readonly kind: "progress"; readonly now: Millis; readonly link: LinkId }
  /** Leading is to end cleanly: the answer is "stepDown" with all links closed, at once. */
  | { readonly kind: "resign"; readonly now: Millis; readonly why: string }
  /** Time goes by: once after the machine was made, then at the latest when `wakeAt` says so. */
  | { readonly kind: "tick"; readonly now: Millis }
  /** The turn after an "again" effect. */
  | { readonly kind: "continue"; readonly now: Millis };

export type LeaderEffect =
  /** The same packet to each of these links, behind whatever was sent to them before. */
  | { readonly kind: "send"; readonly to: readonly LinkId[]; readonly packet: QuorumPacket }
  /**
   * The SNAP packet went before; now the body of a snapshot of the state as it is, and its mark.
   */
  | { readonly kind: "sendSnapshot"; readonly link: LinkId }
  | { readonly kind: "closeLink"; readonly link: LinkId; readonly why: string }
  | { readonly kind: "saveEpoch"; readonly file: keyof Epochs; readonly epoch: number }
  /** A quorum follows in this epoch: serve clients; zxids begin at counter 1 of it. */
  | { readonly kind: "established"; readonly epoch: number }
  /** Everything up to here is committed. Zxids come in order, each once. */
  | { readonly kind: "commit"; readonly upTo: Zxid }
  /** The oldest sync of the leader's own clients is answered. */
  | { readonly kind: "synced" }
  /** A session that a client of the leader asked about does not live. */
  | { readonly kind: "unknownSession"; readonly session: SessionId }
  | {
      readonly kind: "forwarded";
      readonly link: LinkId;
      readonly from: ServerId;
      readonly request: Forwarded;
    }
  | { readonly kind: "touched"; readonly from: ServerId; readonly sessions: readonly Touched[] }
  /** Whether the session lives; it is the learner's from now on. Answer with "revalidated". */
  | {
      readonly kind: "revalidate";
      readonly link: LinkId;
      readonly from: ServerId;
      readonly session: SessionId;
      readonly timeoutMs: Millis;
    }
  /**
   * Leading is over. All links are closed already. `promised`: accept no epoch below this one, as
   * another member does, so that the next one is above it.
   */
  | { readonly kind: "stepDown"; readonly why: string; readonly promised?: number }
  | { readonly kind: "again" };

export type LearnerInput =
  /** The link to the leader is open. Dialing, and trying again, is the owner's. */
  | { readonly kind: "connected"; readonly now: Millis }
  | { readonly kind: "packet"; readonly now: Millis; readonly packet: QuorumPacket }
  /** The link has closed, or could not be opened. */
  | { readonly kind: "closed"; readonly now: Millis; readonly why: string }
  | { readonly kind: "epochSaved"; readonly now: Millis }
  /** The state that "loadSnapshot" or "loadUpTo" asked for is there, at this zxid. */
  | { readonly kind: "loaded"; readonly now: Millis; readonly zxid: Zxid }
  /**
   * It cannot be had: a snapshot that is damaged, or a zxid that this server's log does not hold.
   */
  | { readonly kind: "notLoaded"; readonly now: Millis; readonly why: string }
  /** What "install" asked for is durable. */
  | { readonly kind: "installed"; readonly now: Millis }
  /** The own log is durable up to here. */
  | { readonly kind: "durable"; readonly now: Millis; readonly upTo: Zxid }
  /** More of the snapshot that "loadSnapshot" is for has come: the leader is not silent. */
  | { readonly kind: "progress"; readonly now: Millis }
  /** Only after "serve". */
  | { readonly kind: "forward"; readonly now: Millis; readonly request: Forwarded }
  /** Only after "serve". */
  | {
      readonly kind: "revalidate";
      readonly now: Millis;
      readonly session: SessionId;
      readonly timeoutMs: Millis;
    }
  | { readonly kind: "tick"; readonly now: Millis };

export type LearnerEffect =
  | { readonly kind: "send"; readonly packet: QuorumPacket }
  | { readonly kind: "saveEpoch"; readonly file: keyof Epochs; readonly epoch: number }
  /**
   * What follows on the link is the body of a snapshot and its mark: load it into a new state,
   * which replaces the old one in memory. The disk stays as it is.
   */
  | { readonly kind: "loadSnapshot"; readonly zxid: Zxid }
  /**
   * Load the state as of this zxid from the own disk, which stays as it is. Zxid 0 is the empty
   * state, which is always to be had.
   */
  | { readonly kind: "loadUpTo"; readonly zxid: Zxid }
  /** Applies a committed transaction to the state just loaded; "install" makes it durable. */
  | { readonly kind: "applyLoaded"; readonly proposal: Proposal }
  /**
   * Makes the loaded state, which has reached `zxid`, and the transactions after it the disk's
   * content, in place of what the log holds beyond `zxid` and is not among them. At no moment does
   * a crash lose one of them that the log held before.
   */
  | { readonly kind: "install"; readonly zxid: Zxid; readonly pending: readonly Proposal[] }
  /** Log it; it may be applied when it is committed and durable. */
  | { readonly kind: "append"; readonly proposal: Proposal }
  | { readonly kind: "commit"; readonly upTo: Zxid }
  /** The text of the ensemble's configuration, as NEWLEADER brings it. */
  | { readonly kind: "configured"; readonly text: string }
  /** Serve clients, as soon as all that was committed so far is applied. */
  | { readonly kind: "serve"; readonly epoch: number }
  /** The oldest "sync" that was forwarded is answered: what was committed before is known here. */
  | { readonly kind: "synced" }
  | { readonly kind: "revalidated"; readonly session: SessionId; readonly valid: boolean }
  /**
   * Following is over: the link is to be closed, and a new leader looked for. `afresh`: this
   * server's own history is no base for what the leader sends; it is to be dialed again, without an
   * election, with a learner made with `afresh`.
   */
  | { readonly kind: "lost"; readonly why: string; readonly afresh: boolean };
