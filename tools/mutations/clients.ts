/** Bugs in what clients are told: order, watches, results. */
import type { Mutation } from "./mutation.ts";
import { movers } from "./worlds.ts";

export const clients: readonly Mutation[] = [
  {
    name: "watch-after-data",
    what: "an event leaves a turn later, behind replies that show what it tells of",
    edits: [
      {
        file: "peer/replies",
        find: "event(conn, type, path, zxid) { const last = this.lastEvent;",
        put: `event(conn, type, path, zxid) {
            (this.later ??= []).push([conn, type, path, zxid]);
          }
          eventLater(conn, type, path, zxid) {
            if (conn.phase === "closed") return;
            const last = this.lastEvent;`,
      },
      {
        file: "peer/replies",
        find: "this.pool.reclaim();",
        put:
          "this.pool.reclaim(); for (const each of (this.later ?? []).splice(0)) " +
          "this.eventLater(...each);",
      },
    ],
  },
  {
    name: "one-time-watch-fires-again",
    what: "a one-time watch stays when it has fired",
    edits: [
      {
        file: "tree/watch-table",
        find: "if ((who & ONE_SHOT) !== 0) this.clearModes(watch, ONE_SHOT);",
        put: "",
      },
    ],
  },
  {
    name: "watches-lost-on-the-way",
    what: "what a watch missed while its client moved is not told",
    world: movers,
    edits: [
      {
        file: "requests/set-watches",
        find: "if (permits(at, node, Permission.READ)) at.event(type, path, NO_CAUSE);",
        put: "",
      },
    ],
  },
  {
    name: "watches-not-set-again",
    what: "a server forgets the watches that a client brings from its last one",
    world: movers,
    edits: [
      {
        file: "requests/set-watches",
        find: "before: (at, from) => rearm(at, SetWatchesRequest.read(from)),",
        put: "before: (at, from) => void SetWatchesRequest.read(from),",
      },
      { file: "requests/set-watches", find: "rearm(at, request); for", put: "for" },
    ],
  },
  {
    name: "read-passes-own-write",
    what: "a read does not wait for the writes that its client sent before it",
    edits: [
      {
        file: "peer/intake",
        find: "return conn.waiting.length > 0 || after > this.parts.tree.lastProcessed;",
        put: "return after > this.parts.tree.lastProcessed;",
      },
    ],
  },
  {
    name: "client-goes-back-in-time",
    what: "a server lets in a client that has seen more than it has",
    world: movers,
    edits: [
      {
        file: "peer/reception",
        find: "if (request.lastZxidSeen > tree.lastProcessed) {",
        put: "if (false) {",
      },
    ],
  },
  {
    name: "version-not-checked",
    what: "setData takes any version",
    edits: [
      {
        file: "requests/set-data",
        find: 'if (version !== ANY_VERSION && version !== current) return refuse("BadVersion");',
        put: "",
      },
    ],
  },
  {
    name: "multi-not-atomic",
    what: "the elements in front of a multi's failed one are done",
    edits: [
      { file: "requests/multi", find: "at.view.rollback();", put: "" },
      {
        file: "tree/apply",
        find: 'if (refused) return { kind: "multi", results: refusals(txns) };',
        put: `if (refused) {
            for (const txn of txns) {
              if (txn.kind === "error") break;
              this.element(header, txn);
            }
            return { kind: "multi", results: refusals(txns) };
          }`,
      },
    ],
  },
  {
    name: "view-not-restored",
    what: "after a failed multi the next write is checked against what that would have done",
    defects: [1624],
    edits: [{ file: "requests/multi", find: "at.view.rollback();", put: "" }],
  },
  {
    name: "sequence-number-reused",
    what: "a parent's counter goes by the number of its children",
    edits: [
      {
        file: "requests/create",
        find: "const counter = View.cversionOf(parent);",
        put: "const counter = parent.childCount;",
      },
    ],
  },
  {
    name: "reply-to-another-request",
    what: "a write's reply goes to whichever write its connection waits for",
    edits: [
      {
        file: "peer/replies",
        find: 'if (head?.kind !== "write" || !isAnswerTo(head, entry)) return;',
        put: 'if (head?.kind !== "write") return;',
      },
    ],
  },
];
