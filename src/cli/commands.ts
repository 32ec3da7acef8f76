/** Every command of the shell. */
import type { Command } from "./command.ts";
import { getAcl, setAcl } from "./commands/acl.ts";
import { bench } from "./commands/bench.ts";
import { check } from "./commands/check.ts";
import { config } from "./commands/config.ts";
import { getAllChildrenNumber, getEphemerals, sync } from "./commands/counts.ts";
import { cp } from "./commands/cp.ts";
import { create } from "./commands/create.ts";
import { get, set, stat } from "./commands/data.ts";
import { deleteAll, deleteNode } from "./commands/delete.ts";
import { diff } from "./commands/diff.ts";
import { du } from "./commands/du.ts";
import { edit } from "./commands/edit.ts";
import { exportNodes, importNodes } from "./commands/export.ts";
import { find } from "./commands/find.ts";
import { grep } from "./commands/grep.ts";
import { addAuth, whoAmI } from "./commands/identity.ts";
import { elect, lock } from "./commands/lock.ts";
import { ls } from "./commands/ls.ts";
import { mv } from "./commands/mv.ts";
import { delQuota, listQuota, setQuota } from "./commands/quota.ts";
import { reconfig } from "./commands/reconfig.ts";
import { close, connect, exit, help, history, quit, redo, version } from "./commands/shell.ts";
import { status } from "./commands/status.ts";
import { top } from "./commands/top.ts";
import { tree } from "./commands/tree.ts";
import { watch } from "./commands/watch.ts";
import { addWatch, printWatches, removeWatches } from "./commands/watches.ts";

/** Those that the reference does not have. */
const OWN: readonly Command[] = [
  bench,
  check,
  cp,
  diff,
  du,
  edit,
  elect,
  exportNodes,
  find,
  grep,
  importNodes,
  lock,
  mv,
  status,
  top,
  tree,
  watch,
];
export const BEYOND: ReadonlySet<string> = new Set(OWN.map(({ name }) => name));

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [
    addAuth,
    addWatch,
    close,
    config,
    connect,
    create,
    deleteNode,
    deleteAll,
    delQuota,
    exit,
    get,
    getAcl,
    getAllChildrenNumber,
    getEphemerals,
    help,
    history,
    listQuota,
    ls,
    printWatches,
    quit,
    reconfig,
    redo,
    removeWatches,
    set,
    setAcl,
    setQuota,
    stat,
    sync,
    version,
    whoAmI,
    ...OWN,
  ].map((command) => [command.name, command]),
);
