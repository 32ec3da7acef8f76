/** Makes members of an ensemble. Writes down what they log and apply, and which role they have. */
import { crc32 } from "../base/crc32.ts";
import { describeId, type ServerId, ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { Metrics } from "../base/metrics.ts";
import type { Note } from "../peer/io.ts";
import type { MemberEffect, MemberInput } from "../peer/links.ts";
import { Loading } from "../peer/loading.ts";
import { type RecoveredMember, recoverMember } from "../peer/member-recovery.ts";
import { QuorumPeer } from "../peer/quorum-peer.ts";
import { Replica } from "../peer/replica.ts";
import { type Ensemble, quorumsOf } from "../quorum/ensemble.ts";
import { sufficeWithout } from "../quorum/quorums.ts";
import type { Member } from "../quorum/server-line.ts";
import { Access } from "../requests/access.ts";
import { world } from "../requests/auth-scheme.ts";
import { ip } from "../requests/ip-scheme.ts";
import { passwordOf } from "../session/password.ts";
import { CommittedLog } from "../zab/committed-log.ts";
import type { Epochs } from "../zab/io.ts";
import type { HistoryRecord, LogEntry } from "./history.ts";
import { hostOf } from "./recorder.ts";
import type { Birth, Born, Found } from "./servers.ts";
import { LINK_DOORS } from "./sockets.ts";
import {
  Ledger,
  recordApplied,
  recordedLog,
  recoveryOptions,
  refuseMismatches,
  simSettings,
  wholeOf,
} from "./standalone-maker.ts";

/** What a leader says that has proposed as much as an epoch takes. */
const COUNTER_ENDS = "the epoch's counter comes to its end";

const isRound = (epoch: number): boolean => epoch > 1 << 14 && (epoch & (epoch - 1)) === 0;

/** So much is told of the log that a start found. */
const TAIL_MAX = 300;

const NO_CODEC = (): never => {
  throw new Error("nothing is compressed in a simulated world");
};

/**
 * Makes members of an ensemble, of one server too.
 * @example simulate(7, { maker: makeMember });
 */
export function makeMember(birth: Birth): Born {
  const { disk, server, now, wall, seed, tuning, observers } = birth;
  const treeOptions = { hashSeed: seed, extendedTypes: true };
  const history = new CommittedLog();
  const loading = new Loading(treeOptions, history);
  const log = replayed(loading);
  const { recovered, epochs, ops, incomplete } = recoverAs(birth, loading);
  const { loaded } = loading;
  const ledger = new Ledger();
  const logFrom = recovered.snapshot?.zxid ?? ZXID_ZERO;
  const logBehind = (lastZxid: Zxid) =>
    recordedLog(birth, lastZxid, ledger, () => peer.mode === "leader");
  const newLog = (lastZxid: Zxid) => {
    birth.recorder.add({ kind: "held", server, zxid: lastZxid });
    return logBehind(lastZxid);
  };
  const replica = new Replica(loaded, logBehind(recovered.lastZxid), history);
  const { tickMs, initLimit, syncLimit } = tuning;
  const peer: QuorumPeer = new QuorumPeer({
    settings: simSettings(server, tuning, seed),
    ensemble: {
      self: server,
      role: observers.includes(server) ? "observer" : "participant",
      config: configOf(birth),
      timing: { tickMs, initLimit, syncLimit },
      leaderServes: true,
      readOnlyMode: tuning.readOnlyMode === true,
      lastCounter: tuning.lastCounter,
    },
    access: new Access([world, ip], false),
    passwordOf,
    folder: disk,
    decompress: NO_CODEC,
    ...{ treeOptions, newLog, epochs, incomplete },
    metrics: new Metrics(),
    store: { loaded, history, replica, logFrom },
    snapshotNeeded: recovered.snapshotNeeded,
    snapshotWanted: recovered.txnsReplayed > 0,
    startedAt: { now, wall },
  });
  const recorded = new Recorded(birth, peer, ledger);
  return {
    machine: { step: (input, out) => recorded.step(input, out) },
    ops,
    waitsForSnapshot: false,
    // One that lost its history keeps its epochs, and counts for nothing (completion.ts).
    ...(incomplete ? {} : { found: { ...tailOf(log, logFrom), ...epochsFound(epochs) } }),
    state: () => peer.loaded,
    isServing: () => peer.isInStep,
    isLeading: () => peer.isInStep && peer.mode === "leader",
    leave: (out) => peer.leave(out),
    answer: (word) => (word === "isro" ? (peer.isReadOnly ? "ro" : "rw") : ""),
    describe: () => {
      const zxid = describeId(peer.loaded.tree.lastProcessed);
      return `${peer.mode ?? "looking"}, epoch ${peer.epoch}, zxid ${zxid}`;
    },
  };
}

function recoverAs(birth: Birth, loading: Loading): RecoveredMember {
  const { disk, server, wall, probes } = birth;
  const found = wholeOf(
    recoverMember(disk, loading, {
      ...recoveryOptions(disk),
      time: String(wall),
      othersSuffice: sufficeWithout(quorumsOf(configOf(birth)), server),
    }),
  );
  refuseMismatches(loading);
  const { recovered, incomplete } = found;
  if (incomplete) probes.reach("a member started without its history");
  if (recovered.txnsReplayed > 0) probes.reach("recovery replayed transactions");
  if (recovered.notes.length > 0) probes.reach("recovery had something to tell the operator");
  return found;
}

/** What recovery replays of the log, as it is read. */
function replayed(loading: Loading): readonly LogEntry[] {
  const log: LogEntry[] = [];
  const add = (zxid: Zxid, entry: Uint8Array): void => {
    log.push({ zxid, sum: crc32(entry) });
  };
  const apply = loading.apply.bind(loading);
  loading.apply = (entry, bytes, start, end) => {
    add(entry.header.zxid, bytes.subarray(start, end));
    return apply(entry, bytes, start, end);
  };
  const applyPlain = loading.applyPlain.bind(loading);
  loading.applyPlain = (zxid, bytes, start, end) => {
    const isDone = applyPlain(zxid, bytes, start, end);
    if (isDone) add(zxid, bytes.subarray(start, end));
    return isDone;
  };
  return log;
}

const epochsFound = ({ accepted, current }: Epochs): Omit<Found, "snapshot" | "log"> => ({
  ...{ acceptedEpoch: accepted, currentEpoch: current },
});

/** The end of a log, as if a snapshot covered the rest. */
function tailOf(log: readonly LogEntry[], snapshot: Zxid): Pick<Found, "snapshot" | "log"> {
  const before = log.at(-1 - TAIL_MAX)?.zxid;
  return { snapshot: before ?? snapshot, log: log.slice(-TAIL_MAX) };
}

type RecordedRole = Extract<HistoryRecord, { readonly kind: "role" }>["role"];

/** A member whose states and roles are written down as they change. */
class Recorded {
  private readonly birth: Birth;
  private readonly peer: QuorumPeer;
  private readonly ledger: Ledger;
  private loaded: QuorumPeer["loaded"] | undefined;
  /** What it serves has been told since it began to. */
  private hasTold = false;
  /** The current one, as it was told. */
  private epoch: number;
  private role: RecordedRole = "lost";

  constructor(birth: Birth, peer: QuorumPeer, ledger: Ledger) {
    this.birth = birth;
    this.peer = peer;
    this.ledger = ledger;
    this.epoch = peer.epoch;
    this.lookAtState();
  }

  step(input: MemberInput, out: MemberEffect[]): void {
    const before = out.length;
    this.peer.step(input, out);
    for (const effect of out.slice(before)) {
      if (effect.kind === "note") this.note(effect.note);
    }
    this.lookAtEpoch();
    this.lookAtState();
    this.lookAtRole();
  }

  private note({ event, about }: Note): void {
    const { probes } = this.birth;
    probes.reach(`a member tells: ${event}`);
    if (about?.["why"] === COUNTER_ENDS) probes.reach("the counter of an epoch came to its end");
  }

  private lookAtEpoch(): void {
    const { epoch } = this.peer;
    if (epoch === this.epoch) return;
    this.epoch = epoch;
    this.birth.recorder.add({ kind: "held", server: this.birth.server, epoch });
  }

  private lookAtState(): void {
    const { loaded } = this.peer;
    if (loaded === this.loaded) return;
    const { recorder, server, probes } = this.birth;
    const { tree } = loaded;
    // The first one is told when the disk has it for sure (process.ts).
    if (this.loaded !== undefined) {
      probes.reach("a learner took over another state");
      recorder.add({ kind: "loaded", server, zxid: tree.lastProcessed, tree: tree.digest });
    }
    this.loaded = loaded;
    // What it has logged and applies before it has a leader may never be committed.
    recordApplied(recorder, server, tree, this.ledger, () => this.tellsWhatItServes());
  }

  private lookAtRole(): void {
    const role = this.roleNow();
    if (role === this.role) return;
    const { recorder, server, probes } = this.birth;
    const { epoch } = this.peer;
    if (this.role !== "lost" && role !== "established") {
      recorder.add({ kind: "role", server, role: "lost", epoch });
    }
    this.role = role;
    if (role === "lost") this.hasTold = false;
    if (role === "lost") return;
    this.tellsWhatItServes();
    if (role === "established" && isRound(epoch)) probes.reach("an epoch took more bits");
    recorder.add({ kind: "role", server, role, epoch });
  }

  /** Whether it serves. The state that it begins with is told first: all of it is committed. */
  private tellsWhatItServes(): boolean {
    const serving = this.peer.isInStep;
    if (serving && !this.hasTold) {
      this.hasTold = true;
      const { recorder, server } = this.birth;
      const { tree } = this.peer.loaded;
      recorder.add({ kind: "loaded", server, zxid: tree.lastProcessed, tree: tree.digest });
    }
    return serving;
  }

  private roleNow(): RecordedRole {
    const { mode, isInStep, isReadOnly } = this.peer;
    if (isReadOnly) return "read-only";
    if (mode === "leader") return isInStep ? "established" : "leading";
    if (mode === undefined || !isInStep) return "lost";
    return mode === "observer" ? "observing" : "following";
  }
}

function configOf({ voters, observers }: Birth): Ensemble {
  const member = (id: ServerId, role: Member["role"]): Member => ({
    ...{ id, role },
    addresses: [
      { host: hostOf(id), quorumPort: LINK_DOORS.quorum, electionPort: LINK_DOORS.election },
    ],
  });
  const members = [
    ...voters.map((id) => member(id, "participant")),
    ...observers.map((id) => member(id, "observer")),
  ].sort((a, b) => Number(a.id - b.id));
  return { members, groups: new Map(), weights: new Map(), version: 0n };
}
