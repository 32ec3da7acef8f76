/**
 * The format of a recorded history: what clients asked and were told, and what servers did, as one
 * list of facts. The checkers (checkers/) judge it and nothing else.
 *
 *   call ... reply | lost           one request of a client, and what became of it
 *   session, event, lock, guarded   what else a client lived to see
 *   transaction, applied, role ...  what servers did, where the recorder can look into them
 *   faults, tree, end               what the test did and found
 *
 * The list stands in the order in which things happened, so its order decides before `at` does. A
 * simulated world records as it goes. Real processes have a recorder each, and their lists are
 * merged by time: what only servers know is then left out, or read from their logs afterwards.
 * Whatever is absent is not checked; nothing that is there may be guessed.
 * Size: one format, and what each field of it means.
 */
import type { Millis, ServerId, SessionId, Zxid } from "../base/ids.ts";
import type { EventType } from "../records/constants.ts";
import type { Stat } from "../records/data.ts";
import type { Txn } from "../records/txn.ts";

/**
 * One handle of a program: has at most one session of the ensemble in its life, and before it any
 * number of those that servers without a quorum make. A new session, a new client.
 */
export type ClientId = number;
/** The number of a call; unique in a history. */
export type CallId = number;

/**
 * A node's data as text (`tell` in told.ts): equal content, equal text. null where there is none.
 */
export type Told = string | null;

/** A read that may leave a watch, as the reference's clients do it. */
type Read<Kind extends string> = {
  readonly kind: Kind;
  readonly path: string;
  readonly watch?: boolean;
};

/** What a multi is made of. */
export type WriteStep =
  | {
      readonly kind: "create";
      /** As asked for: without the digits of a sequence. */
      readonly path: string;
      readonly data: Told;
      /** A `CreateMode`. */
      readonly mode: number;
    }
  | { readonly kind: "delete"; readonly path: string; readonly version: number }
  | {
      readonly kind: "setData";
      readonly path: string;
      readonly data: Told;
      readonly version: number;
    }
  | { readonly kind: "check"; readonly path: string; readonly version: number };
export type ReadStep = Read<"getData" | "getChildren">;

/** Full paths, as the server knows them: without any chroot. */
export type Operation =
  | WriteStep
  | {
      readonly kind: "setACL";
      readonly path: string;
      readonly version: number;
      /** As text (`tellAcl` in told.ts), where the recorder tells. */
      readonly acl?: string;
    }
  | { readonly kind: "multi"; readonly steps: readonly WriteStep[] }
  | { readonly kind: "multiRead"; readonly steps: readonly ReadStep[] }
  | Read<"getData" | "exists" | "getChildren">
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "addWatch"; readonly path: string; readonly recursive: boolean }
  /** Takes all of this session's watches of these kinds at the path away. */
  | { readonly kind: "removeWatches"; readonly path: string; readonly of: WatchSelection }
  | { readonly kind: "closeSession" };
export type WatchSelection = "children" | "data" | "any" | "persistent" | "persistentRecursive";

/** What a reply told; each field where it was told and recorded. */
export type Result = {
  /** Of a create: with the digits of a sequence. */
  readonly path?: string;
  readonly data?: Told;
  readonly stat?: Stat;
  /** Names, in any order. */
  readonly children?: readonly string[];
  /** Of a multi or multiRead: one for each step, with its own error code. */
  readonly steps?: readonly (Result & { readonly err: number })[];
};

type At = {
  /**
   * True time in ms, from any zero, never falling along the list. Not what a process in the history
   * takes the time to be.
   */
  readonly at: Millis;
};

/** What a client saw. The order of one client's records is the order in which it learned of them. */
export type ClientRecord = At &
  (
    | {
        readonly kind: "call";
        readonly id: CallId;
        readonly client: ClientId;
        /** The request's number in its session, where it is known: finds its transaction. */
        readonly xid?: number;
        readonly op: Operation;
      }
    | {
        readonly kind: "reply";
        readonly id: CallId;
        /** From the header: what the server had applied; of a write its own transaction. */
        readonly zxid?: Zxid;
        /** From the header; 0 is success. The code of a failed multi stands in its steps. */
        readonly err: number;
        readonly result?: Result;
        readonly server?: ServerId;
        /** The server had said that it has no quorum. */
        readonly readOnly?: true;
      }
    /** No reply, and none will come. Unless it was `sent` it was never done. */
    | { readonly kind: "lost"; readonly id: CallId; readonly sent: boolean }
    /** One notification as it came from the server, however many watchers it was handed to. */
    | {
        readonly kind: "event";
        readonly client: ClientId;
        readonly type: EventType;
        readonly path: string;
        /** The transaction behind it, where the server tells it. */
        readonly zxid?: Zxid;
      }
    | ({ readonly kind: "session"; readonly client: ClientId } & SessionChange)
    /**
     * A lock, or any other right that one client at a time has. `fence` rises with each holder; for
     * a lock made of sequential nodes it is the czxid of the holder's node, whose path is `node`.
     * "released" stands where the client begins to give it up, "lost" where it learns of the loss.
     */
    | {
        readonly kind: "lock";
        readonly client: ClientId;
        readonly lock: string;
        readonly what: "acquired" | "released" | "lost";
        readonly fence?: bigint;
        readonly node?: string;
      }
    /** What a lock guards was asked to do something in the name of this fence. */
    | {
        readonly kind: "guarded";
        readonly client: ClientId;
        readonly lock: string;
        readonly fence: bigint;
        readonly accepted: boolean;
      }
    /** The process is gone, without a word to anyone. */
    | { readonly kind: "gone"; readonly client: ClientId }
  );

export type SessionChange =
  | {
      readonly what: "created";
      readonly session: SessionId;
      readonly timeoutMs: Millis;
      readonly server?: ServerId;
      /** By a server without a quorum: the session is its alone. */
      readonly readOnly?: true;
    }
  /** The same session on another connection; its watches are set again before anything else. */
  | {
      readonly what: "attached";
      readonly timeoutMs: Millis;
      readonly server?: ServerId;
      readonly readOnly?: true;
    }
  | { readonly what: "detached" }
  /** It says on a new connection that it wants to come back. */
  | { readonly what: "asking" }
  /** A server said so. A client that only believes so is "gone". */
  | { readonly what: "expired" };

/** What a server did. `sum` is a checksum of a transaction's bytes as they stand in the log. */
export type ServerRecord = At &
  (
    | { readonly kind: "started" | "crashed" | "stopped"; readonly server: ServerId }
    /**
     * "leading" begins with an election won, "established" when a quorum follows; "following" and
     * "observing" when clients are served, "read-only" when readers are, without a quorum. "lost"
     * ends each of them, and so does a crash.
     */
    | {
        readonly kind: "role";
        readonly server: ServerId;
        readonly role: "leading" | "established" | "following" | "observing" | "read-only" | "lost";
        readonly epoch: number;
      }
    /** A leader proposed it: once for each proposal, whatever becomes of it. */
    | {
        readonly kind: "transaction";
        readonly server?: ServerId;
        readonly zxid: Zxid;
        readonly sum: number;
        readonly session: SessionId;
        readonly cxid: number;
        readonly txn: Txn;
      }
    /**
     * In the order in which the server did it. `tree` is its digest afterwards; `onDisk`: whether
     * the server's own log had it for sure by then.
     */
    | {
        readonly kind: "applied";
        readonly server: ServerId;
        readonly zxid: Zxid;
        readonly sum: number;
        readonly tree?: bigint;
        readonly onDisk?: boolean;
      }
    /** Another state took the place of the server's: from disk, or from a leader. */
    | {
        readonly kind: "loaded";
        readonly server: ServerId;
        readonly zxid: Zxid;
        readonly tree?: bigint;
      }
    /**
     * All transactions of its history up to this one are on its disk for sure, or this is the
     * current epoch there.
     */
    | {
        readonly kind: "held";
        readonly server: ServerId;
        readonly zxid?: Zxid;
        readonly epoch?: number;
      }
    /**
     * What the disk holds: after a crash, or at the end. The snapshot covers all up to its zxid;
     * the log is what recovery would replay after it, and may reach further back. Give no more of
     * it than that: what every crash tells again of a long log is paid for each time.
     */
    | {
        readonly kind: "disk";
        readonly server: ServerId;
        readonly snapshot: Zxid;
        readonly log: readonly LogEntry[];
        readonly acceptedEpoch?: number;
        readonly currentEpoch?: number;
      }
    /** The leader heard of a session, from its client or through a learner, or took it over. */
    | {
        readonly kind: "touched";
        readonly server: ServerId;
        readonly session: SessionId;
        readonly timeoutMs: Millis;
        /** The leader's own clock. */
        readonly now: Millis;
      }
    /** The leader decided that the session's time is over. */
    | {
        readonly kind: "expired";
        readonly server: ServerId;
        readonly session: SessionId;
        readonly now: Millis;
      }
    /** The whole content, at the end of a history or in between. Without what /zookeeper holds. */
    | {
        readonly kind: "tree";
        readonly server?: ServerId;
        readonly zxid: Zxid;
        readonly nodes: ReadonlyMap<string, TreeNode>;
      }
  );

/**
 * What came from another, client or server, could not be read or came out of turn. Networks lose
 * and delay; they do not change or reorder what is on a connection.
 */
export type MisreadRecord = At & {
  readonly kind: "misread";
  readonly reader: string;
  readonly what: string;
};

export type LogEntry = { readonly zxid: Zxid; readonly sum: number };
/** `stat` as a client would be told it. */
export type TreeNode = { readonly data: Told; readonly stat: Stat; readonly acl?: string };

/**
 * Faults begin or cease. While there are none, a quorum of servers runs and can talk, and links,
 * disks and clocks are as good as the bounds of the setup suppose.
 */
export type WorldRecord = At & { readonly kind: "faults"; readonly on: boolean };

export type HistoryRecord = ClientRecord | ServerRecord | MisreadRecord | WorldRecord;

export type Setup = {
  readonly tickMs: Millis;
  readonly voters: readonly ServerId[];
  readonly observers: readonly ServerId[];
  /**
   * True where every proposal that reached a disk has its "transaction" record: then nothing can
   * have happened that is not among them.
   */
  readonly completeTransactions: boolean;
  readonly bounds: Bounds;
};

/** How long things may take, in ms of true time. */
export type Bounds = {
  /** From the end of faults to a leader that is established. */
  readonly leaderMs: Millis;
  /** From then, or from the call, to the reply. */
  readonly replyMs: Millis;
  /** How much later than timeout and tick a session may end, and its close be committed. */
  readonly expiryLateMs: Millis;
  /** How far a leader's clock may run ahead of true time over the length of a session's timeout. */
  readonly expiryEarlyMs: Millis;
};

export type History = {
  readonly setup: Setup;
  readonly records: readonly HistoryRecord[];
  /** True time when recording ended. */
  readonly endedAt: Millis;
};
