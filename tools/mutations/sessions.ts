/** Bugs in the life of sessions and of what they own. */
import type { Mutation } from "./mutation.ts";
import { movers } from "./worlds.ts";

export const sessions: readonly Mutation[] = [
  {
    name: "session-never-expires",
    what: "a leader closes no session whose client is gone",
    edits: [
      {
        file: "peer/session-keeper",
        find: "sessions.takeExpired(clock.sessionTime(), room)",
        put: "sessions.takeExpired(0, room)",
      },
    ],
  },
  {
    name: "session-expires-early",
    what: "sessions get half of their time",
    edits: [
      {
        file: "session/sessions",
        find: "this.queue.touch(session, session.timeoutMs, now);",
        put: "this.queue.touch(session, session.timeoutMs / 2, now);",
      },
    ],
  },
  {
    name: "touches-not-told",
    what: "a follower does not tell its leader which sessions it has heard of",
    edits: [
      {
        file: "peer/following",
        find: "if (!isLocal && touchedAt >= this.touchedSince) touched.push([id, timeoutMs]);",
        put: "",
      },
    ],
  },
  {
    name: "ephemerals-left-behind",
    what: "the end of a session leaves its ephemerals",
    edits: [
      {
        file: "requests/sessions",
        find: "paths: view.ephemeralsOf(header.clientId),",
        put: "paths: [],",
      },
      {
        file: "tree/apply",
        find: "for (const node of [...this.znodes.owners.nodesOf(session)]) {",
        put: "for (const node of []) {",
      },
    ],
  },
  {
    name: "ephemeral-proposed-after-the-end",
    what: "a session that is being closed can still make ephemerals",
    defects: [4541],
    world: movers,
    edits: [
      {
        file: "peer/leader-writes",
        find: "if (session === undefined || session.closing) return ErrorCode.SessionExpired;",
        put: "if (session === undefined) return undefined;",
      },
      {
        file: "peer/intake",
        find: "const request = session.closing ? undefined : bodyOf(operation, from);",
        put: "const request = bodyOf(operation, from);",
      },
    ],
  },
  {
    name: "closing-lost-by-one-server",
    what: "a follower keeps the ephemerals of a session whose end it has applied",
    defects: [2355],
    edits: [
      {
        file: "peer/replica",
        find: "const applied = tree.apply(entry, sink);",
        put: `const isLost = entry.txn.kind === "closeSession" && sink.mode === "follower";
          const applied = isLost ? { kind: "done" } : tree.apply(entry, sink);`,
      },
    ],
  },
  {
    name: "owner-not-checked",
    what: "a session writes through a server that it has left",
    world: movers,
    edits: [
      {
        file: "peer/leader-writes",
        find: "return session.owner === from ? undefined : ErrorCode.SessionMoved;",
        put: "return undefined;",
      },
    ],
  },
  {
    name: "revalidated-always",
    what: "a leader says of every session that it lives",
    world: movers,
    edits: [
      {
        file: "peer/revalidation",
        find: "tell(link, id, session !== undefined);",
        put: "tell(link, id, true);",
      },
    ],
  },
  {
    name: "revalidated-by-the-follower",
    what: "a follower lets a session in without asking the leader",
    world: movers,
    edits: [
      {
        file: "peer/reception",
        find: "this.parts.revalidate?.(id, timeoutMs);",
        put: "this.revalidated(id, true);",
      },
    ],
  },
  {
    name: "sessions-forgotten-at-failover",
    what: "a new leader does not know the sessions of the one before",
    edits: [
      {
        file: "peer/leading",
        find: "for (const [id, timeoutMs] of loaded.sessions) {",
        put: "for (const [id, timeoutMs] of []) {",
      },
    ],
  },
  {
    name: "moved-told-as-a-reply",
    what: "a client whose session has moved is told so, and stays",
    defects: [710],
    world: movers,
    edits: [
      {
        file: "peer/client-service",
        find: 'if (txn.kind === "error" && txn.err === ErrorCode.SessionMoved) {',
        put: "if (false) {",
      },
    ],
  },
];
