/** The machine of a member of an ensemble. Loaded where there is one. */
import { ZXID_ZERO, type Zxid } from "../base/ids.ts";
import { Loading } from "../peer/loading.ts";
import { type RecoveredMember, recoverMember } from "../peer/member-recovery.ts";
import { QuorumPeer } from "../peer/quorum-peer.ts";
import { Replica } from "../peer/replica.ts";
import { quorumsOf } from "../quorum/ensemble.ts";
import { sufficeWithout } from "../quorum/quorums.ts";
import type { LogWriter } from "../txnlog/log-writer.ts";
import { CommittedLog } from "../zab/committed-log.ts";
import { decompress } from "./compression.ts";
import type { EnsembleConfig } from "./config/server-config.ts";
import {
  type Birth,
  type MachineParts,
  newLog,
  startedNow,
  treeOptionsOf,
} from "./machine-parts.ts";
import { settingsOf } from "./peer-settings.ts";

export function member(parts: MachineParts, { self, own, config: members }: EnsembleConfig): Birth {
  const { config, access, metrics, storage } = parts;
  const treeOptions = treeOptionsOf(parts);
  const history = new CommittedLog();
  const loading = new Loading(treeOptions, history);
  const log = (lastZxid: Zxid): LogWriter => newLog(config, lastZxid);
  let found: RecoveredMember;
  return {
    loading,
    *recover(options) {
      const time = fileTime(new Date());
      const othersSuffice = sufficeWithout(quorumsOf(members), self);
      found = yield* recoverMember(storage.disk, loading, { ...options, time, othersSuffice });
      return found.recovered;
    },
    finish({ lastZxid, snapshot, snapshotNeeded, txnsReplayed }) {
      const { epochs, ops, incomplete } = found;
      const { loaded } = loading;
      const peer = new QuorumPeer({
        settings: settingsOf(config, self),
        ensemble: {
          ...{ self, role: own.role, config: members, leaderServes: config.leaderServes },
          readOnlyMode: config.readOnlyMode,
          timing: {
            tickMs: config.tickTimeMs,
            initLimit: config.initLimit,
            syncLimit: config.syncLimit,
          },
        },
        ...{ access, decompress, treeOptions, metrics, snapshotNeeded },
        passwordOf: storage.passwords(),
        folder: storage.disk,
        newLog: log,
        ...{ epochs, incomplete },
        store: {
          ...{ loaded, history, replica: new Replica(loaded, log(lastZxid), history) },
          logFrom: snapshot?.zxid ?? ZXID_ZERO,
        },
        snapshotWanted: txnsReplayed > 0,
        startedAt: startedNow(),
      });
      return { machine: peer, status: peer.status, before: ops, waitsForSnapshot: false };
    },
  };
}

/** A time as part of a file's name. */
const fileTime = (time: Date): string => time.toISOString().replace(/[-:]|\.\d+/g, "");
