/** Bugs in what is written when, and in what is made of it after a crash. */

import type { Scenario } from "../../src/sim/scenario.ts";
import type { Mutation } from "./mutation.ts";
import { diskCrashes, rareWrites, snapshots } from "./worlds.ts";

/** ACLs are set to many different lists. */
const withAcls = (drawn: Scenario): Scenario => ({
  ...snapshots(drawn),
  workloads: ["churn", "registers"],
});

export const disk: readonly Mutation[] = [
  {
    name: "log-not-synced",
    what: "the log is written and reported durable without a sync",
    edits: [{ file: "txnlog/log-writer", find: 'ops.push({ kind: "sync", file });', put: "" }],
  },
  {
    name: "log-name-not-synced",
    what: "a new log file's name is not made durable",
    edits: [
      {
        file: "txnlog/log-writer",
        find: 'if (position === 0) ops.push({ kind: "syncFolder", folder: file.folder });',
        put: "",
      },
    ],
  },
  {
    name: "epoch-file-not-synced",
    what: "an epoch file is renamed before its content is on disk",
    edits: [
      {
        file: "txnlog/epoch-files",
        find: '{ kind: "sync", file: unfinished },',
        put: "",
      },
    ],
  },
  {
    name: "epoch-name-not-synced",
    what: "the folder is not synced when an epoch file is renamed",
    edits: [
      {
        file: "txnlog/epoch-files",
        find: '{ kind: "syncFolder", folder: "snap" },',
        put: "",
      },
    ],
  },
  {
    name: "snapshot-published-before-sync",
    what: "a snapshot gets its name before its content is on disk",
    edits: [
      {
        file: "txnlog/snapshot-writer",
        find: 'ops.push({ kind: "sync", file: this.unfinished });',
        put: "",
      },
    ],
  },
  {
    name: "snapshot-counts-what-is-not-in-it",
    what: "a snapshot is named for transactions that are logged and not applied yet",
    defects: [3127],
    edits: [
      {
        file: "peer/snapshots",
        find: "const zxid = this.loaded.tree.lastProcessed;",
        put: "const zxid = this.log.lastAppended;",
      },
    ],
  },
  {
    name: "snapshot-with-old-sessions",
    what: "a snapshot's table of sessions is that of the snapshot before it",
    defects: [3144, 3306, 4689],
    world: snapshots,
    edits: [
      {
        file: "peer/snapshots",
        find: "const table = [...sessions];",
        put: "const table = sessions.before ?? [...sessions]; sessions.before = [...sessions];",
      },
    ],
  },
  {
    name: "snapshot-with-old-acls",
    what: "a snapshot's table of ACLs is older than its nodes",
    defects: [4846],
    world: withAcls,
    edits: [
      {
        file: "peer/snapshots",
        find: "const acls = [...tree.acls.entries()];",
        put:
          "const acls = tree.acls.before ?? [...tree.acls.entries()]; " +
          "tree.acls.before = [...tree.acls.entries()];",
      },
    ],
  },
  {
    name: "one-record-too-many",
    what: "a cut leaves one record behind it",
    world: rareWrites,
    edits: [
      {
        file: "txnlog/log-cut",
        find: "scan.next() && scan.zxid <= upTo;",
        put: "scan.next() && scan.zxid <= upTo + 1n;",
      },
    ],
  },
  {
    name: "empty-last-log-refused",
    what: "a log file that a crash left empty keeps the server from starting",
    defects: [2332],
    world: diskCrashes,
    edits: [
      {
        file: "txnlog/log-reader",
        find:
          'if (verdict.kind === "damaged") throw this.damaged(scan, "this is no ' +
          'transaction log");',
        put: 'throw this.damaged(scan, "this is no transaction log");',
      },
    ],
  },
  {
    name: "purge-takes-too-much",
    what: "the log that the oldest snapshot kept leads into is purged",
    world: diskCrashes,
    edits: [
      {
        file: "txnlog/purge",
        find: "if (log.zxid >= oldestKept.zxid || log === firstKept) continue;",
        put: "if (log.zxid >= oldestKept.zxid) continue;",
      },
    ],
  },
  {
    name: "recovery-forgets-a-batch",
    what: "recovery leaves out the last transaction of the log",
    edits: [
      {
        file: "txnlog/log-reader",
        find: "this.replaying = true; yield scan;",
        put: "this.replaying = true; if (scan.nextOffset < scan.size) yield scan;",
      },
    ],
  },
];
