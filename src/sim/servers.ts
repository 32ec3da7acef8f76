/**
 * How a process of the world comes by its server machine: a maker reads the disk and says what is
 * to be done there before the machine is fed. The world knows machines by this interface only.
 */
import type { Millis, ServerId } from "../base/ids.ts";
import type { Machine } from "../base/machine.ts";
import type { MemberEffect, MemberInput } from "../peer/links.ts";
import type { Loaded } from "../peer/loading.ts";
import type { Word } from "../peer/words.ts";
import type { DiskOp } from "../txnlog/disk-ops.ts";
import type { SimDisk } from "./disk.ts";
import type { HistoryRecord } from "./history.ts";
import type { Probes } from "./probes.ts";
import type { Recorder } from "./recorder.ts";

export type ServerMachine = Machine<MemberInput, MemberEffect>;

/** What a server that is about to start is given. */
export type Birth = {
  readonly server: ServerId;
  /** Of the members that vote, in the order of their numbers. */
  readonly voters: readonly ServerId[];
  readonly observers: readonly ServerId[];
  readonly disk: SimDisk;
  readonly now: Millis;
  readonly wall: Millis;
  readonly seed: number;
  readonly tuning: Tuning;
  readonly recorder: Recorder;
  readonly probes: Probes;
};

/** Settings that a seed varies and a world's servers share. */
export type Tuning = {
  readonly tickMs: Millis;
  readonly initLimit: number;
  readonly syncLimit: number;
  readonly snapshotRecords: number;
  readonly logFileBytes: number;
  readonly preAllocBytes: number;
  readonly batchRecordsMax: number;
  /** A leader's epoch ends after this counter; unless given, where the format ends. */
  readonly lastCounter?: number;
  /** Without a quorum members serve readers. */
  readonly readOnlyMode?: boolean;
  /** Behind a pause sockets may be read in any order, and before timers are looked at. */
  readonly looksLate?: boolean;
  /** New sessions are known to their server alone, until they need more. */
  readonly localSessions?: boolean;
};

export type Found = Omit<
  Extract<HistoryRecord, { readonly kind: "disk" }>,
  "kind" | "at" | "server"
>;

export type Born = {
  readonly machine: ServerMachine;
  /** Done before the machine is fed. */
  readonly ops: readonly DiskOp[];
  /** Clients are let in when the first snapshot has its name. */
  readonly waitsForSnapshot: boolean;
  /** What the disk was found to hold, where that is told. */
  readonly found?: Found;
  /** The state that it serves now. */
  state(): Loaded;
  /** Whether it is up to date and serves: at the end of a run all members do. */
  isServing(): boolean;
  isLeading(): boolean;
  /** Ends it so that nobody has to wait for a time-out. */
  leave?(out: MemberEffect[]): void;
  answer(word: Word): string;
  /** Everything waiting in it, in a few words, for a reader of failures. */
  describe(): string;
};

/**
 * Makes the machine of a server from what its disk holds. Throws where the disk does not allow to
 * start.
 * @example const maker: Maker = makeMember;
 */
export type Maker = (birth: Birth) => Born;
