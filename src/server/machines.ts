/**
 * The machines that a host runs: a standalone server, or a member of an ensemble. What recovery has
 * found is theirs from here on.
 */
import { toServerId } from "../base/ids.ts";
import type { PeerEffect, PeerInput } from "../peer/io.ts";
import { Loading } from "../peer/loading.ts";
import { StandaloneServer } from "../peer/standalone.ts";
import { recover } from "../txnlog/recovery.ts";
import { refuseIncomplete } from "../txnlog/set-aside.ts";
import {
  type Birth,
  type MachineParts,
  newLog,
  startedNow,
  treeOptionsOf,
} from "./machine-parts.ts";
import { settingsOf } from "./peer-settings.ts";

/** The id that a standalone server makes session ids with, as the reference does. */
const STANDALONE_ID = toServerId(1n);

/** What only members of ensembles need is loaded for them alone: a fifth of all modules. */
export async function machineFor(parts: MachineParts): Promise<Birth> {
  const { ensemble } = parts.config;
  if (ensemble === undefined) return standalone(parts);
  return (await import("./member-machine.ts")).member(parts, ensemble);
}

function standalone(parts: MachineParts): Birth {
  const { config, access, metrics, storage } = parts;
  const loading = new Loading(treeOptionsOf(parts));
  return {
    loading,
    *recover(options) {
      refuseIncomplete(storage.disk);
      return yield* recover(storage.disk, loading, options);
    },
    finish(recovered) {
      const { loaded } = loading;
      const machine = new StandaloneServer({
        settings: settingsOf(config, STANDALONE_ID),
        access,
        passwordOf: storage.passwords(),
        log: newLog(config, loaded.tree.lastProcessed),
        metrics,
        loaded,
        startedAt: startedNow(),
      });
      if (recovered.snapshotNeeded || recovered.txnsReplayed > 0) machine.askSnapshot();
      return {
        // It is given no link, and asks for none.
        machine: { step: (input, out) => machine.step(input as PeerInput, out as PeerEffect[]) },
        status: machine.status,
        before: recovered.ops,
        waitsForSnapshot: recovered.snapshotNeeded,
      };
    },
  };
}
