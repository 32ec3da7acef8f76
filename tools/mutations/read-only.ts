/** Bugs in servers that serve readers while there is no quorum. */
import type { Mutation } from "./mutation.ts";
import { withoutQuorum } from "./worlds.ts";

export const readOnly: readonly Mutation[] = [
  {
    name: "read-only-takes-writes",
    what: "a server without a quorum says that a write is done which it has dropped",
    world: withoutQuorum,
    edits: [
      {
        file: "peer/intake",
        find: "read({ code, answer: () => ErrorCode.NotReadOnly })",
        put: "read({ code, answer: () => ErrorCode.Ok })",
      },
    ],
  },
  {
    name: "read-only-lets-in-who-has-seen-more",
    what: "a server without a quorum serves a client that has seen newer states",
    world: withoutQuorum,
    edits: [
      {
        file: "peer/reception",
        find: "request.lastZxidSeen > tree.lastProcessed",
        put: "!this.parts.readOnly && request.lastZxidSeen > tree.lastProcessed",
      },
    ],
  },
  {
    name: "read-only-ends-what-others-keep",
    what: "a server without a quorum says that sessions are over which it has not heard of",
    world: withoutQuorum,
    edits: [
      {
        file: "peer/handshake",
        find: "if (readOnly) return",
        put: "if (false) return",
      },
    ],
  },
  {
    name: "read-only-not-told",
    what: "a server without a quorum does not say so in the handshake",
    world: withoutQuorum,
    edits: [
      {
        file: "peer/reception",
        find: "return conn.mirrorsReadOnly ? this.parts.readOnly : undefined;",
        put: "return conn.mirrorsReadOnly ? false : undefined;",
      },
    ],
  },
  {
    name: "read-only-outlives-its-time",
    what: "a server that has found a leader goes on to serve readers while its state is replaced",
    world: withoutQuorum,
    edits: [
      {
        file: "peer/quorum-peer",
        find: "if (this.readOnly !== undefined) this.closeToClients();",
        put: "",
      },
    ],
  },
];
