/**
 * What a member of an ensemble is made of, whichever role it has: settings, its copy of the state,
 * its links and files. The roles (following.ts, leading.ts) work with it; quorum-peer.ts owns it.
 */
import type { Millis, ServerId, Zxid } from "../base/ids.ts";
import type { Ensemble } from "../quorum/ensemble.ts";
import type { Quorums } from "../quorum/quorums.ts";
import type { Role } from "../quorum/server-line.ts";
import type { Access } from "../requests/access.ts";
import type { PasswordOf } from "../session/password.ts";
import type { SessionIds } from "../session/session-ids.ts";
import type { Sessions } from "../session/sessions.ts";
import type { TreeOptions } from "../tree/data-tree.ts";
import type { Folder } from "../txnlog/disk-ops.ts";
import type { LogWriter } from "../txnlog/log-writer.ts";
import type { Decompress } from "../txnlog/snapshot-reader.ts";
import type { CommittedLog } from "../zab/committed-log.ts";
import type { Epochs, Timing } from "../zab/io.ts";
import { ClientService, type ServiceParts } from "./client-service.ts";
import type { Files } from "./files.ts";
import type { MemberInstruments } from "./instruments.ts";
import type { Note } from "./io.ts";
import type { Traffic } from "./latency.ts";
import type { LinkId, LinkInput, MemberEffect } from "./links.ts";
import type { Loaded } from "./loading.ts";
import type { PeerClock } from "./peer-clock.ts";
import type { QuorumLinks } from "./quorum-links.ts";
import type { CommitSink, Replica } from "./replica.ts";
import type { PeerSettings } from "./settings.ts";
import type { LeadingStatus, ServerMode } from "./status.ts";
import type { Writes } from "./writes.ts";

/** The ensemble as its configuration tells of it, and this server's place in it. */
export type EnsembleSettings = {
  readonly self: ServerId;
  readonly role: Role;
  /** The committed configuration; this server need not be in it. */
  readonly config: Ensemble;
  readonly timing: Timing;
  /** A leader lets in clients too (`leaderServes`). */
  readonly leaderServes: boolean;
  /** Without a quorum it serves clients that only read (`readonlymode.enabled`). */
  readonly readOnlyMode: boolean;
  /** A leader ends its epoch after this counter; unless given, where the format ends. */
  readonly lastCounter?: number | undefined;
};

/** What room 6 gives. */
export type MemberParts = {
  readonly settings: PeerSettings;
  readonly ensemble: EnsembleSettings;
  readonly access: Access;
  readonly passwordOf: PasswordOf;
  readonly folder: Folder;
  readonly decompress: Decompress;
  readonly treeOptions: TreeOptions;
  /** A writer whose next transaction begins a new file. */
  readonly newLog: (lastZxid: Zxid) => LogWriter;
};

/** The state as it stands, in memory and on disk; replaced as a whole when a leader sends one. */
export type Store = {
  readonly loaded: Loaded;
  readonly history: CommittedLog;
  readonly replica: Replica;
  /**
   * The log on disk has all transactions after this one. What stands in it before may have a hole:
   * a state that came from a leader takes the place of transactions that were never logged here.
   */
  readonly logFrom: Zxid;
};

export type Served = {
  readonly sessions: Sessions;
  readonly writes: Pick<Writes, "outstandingCount">;
};

export interface Member extends MemberParts {
  readonly clock: PeerClock;
  readonly instruments: MemberInstruments;
  readonly traffic: Traffic;
  readonly files: Files;
  readonly links: QuorumLinks;
  readonly sessionIds: SessionIds;
  readonly store: Store;
  readonly quorums: Quorums;
  epochs: Epochs;
  /** It lacks what it may have acknowledged: it counts in no quorum, and serves nobody. */
  incomplete: boolean;
  /** Asks the world for something, in this turn. */
  effect(effect: MemberEffect): void;
  note(note: Note): void;
  /** A number for a link that is dialed next. */
  nextLink(): LinkId;
  /** From now on this is the state. Whatever was under way with the old one has ended. */
  replaceStore(store: Store): void;
  /** Clients are served from now on. */
  serve(service: ClientService, with_: Served, epoch: number): void;
  /** There is more to do at once. */
  again(): void;
  /** The role is over: clients are sent away, and a leader is looked for. */
  endRole(why: string): void;
}

/** What a member does while it has a leader, or is one. */
export interface PeerRole extends CommitSink {
  readonly mode: ServerMode;
  /** When it wants to be told the time at the latest. */
  readonly wakeAt: Millis | undefined;
  /** The server that tells it what is committed, where it observes. */
  readonly observed?: ServerId | undefined;
  /** What it tells about its learners, if it leads. */
  status?(): LeadingStatus;
  /** A link at the quorum door, or one that the role has dialed. */
  link(input: LinkInput): void;
  /** The own log is durable up to here. */
  durable(upTo: Zxid): void;
  /** Time goes by; `since` the last tick of the server, undefined in between. */
  tick(since: Millis | undefined): void;
  /** The turn after `again`. */
  goOn(): void;
  /** What can be applied now has been. */
  caughtUp(): void;
  /** The server ends, or the role does: closes its links. */
  end(why: string): void;
}

/** A service for clients on the member's present state. */
export function newService(
  member: Member,
  more: Pick<ServiceParts, "sessions" | "writes" | "revalidate" | "refusal" | "readOnly">,
): ClientService {
  const { settings, access, passwordOf, clock, instruments, traffic, store, sessionIds } = member;
  return new ClientService({
    ...{ settings, access, passwordOf, clock, instruments, traffic, sessionIds },
    replica: store.replica,
    note: (note) => member.note(note),
    ...more,
  });
}
