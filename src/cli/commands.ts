/** Every command of the shell. */
import type { Command } from "./command.ts";
import { getAcl, setAcl } from "./commands/acl.ts";
import { config } from "./commands/config.ts";
import { getAllChildrenNumber, getEphemerals, sync } from "./commands/counts.ts";
import { create } from "./commands/create.ts";
import { get, set, stat } from "./commands/data.ts";
import { deleteAll, deleteNode } from "./commands/delete.ts";
import { addAuth, whoAmI } from "./commands/identity.ts";
import { ls } from "./commands/ls.ts";
import { delQuota, listQuota, setQuota } from "./commands/quota.ts";
import { reconfig } from "./commands/reconfig.ts";
import { close, connect, exit, help, history, quit, redo, version } from "./commands/shell.ts";
import { addWatch, printWatches, removeWatches } from "./commands/watches.ts";

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
  ].map((command) => [command.name, command]),
);
