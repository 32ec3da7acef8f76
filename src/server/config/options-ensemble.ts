/** The options of ensembles that work: one row for each, as in options.ts. */
import { choice, flag, int, yesNo } from "./option.ts";

export const ENSEMBLES = {
  initLimit: int({
    key: "initLimit",
    door: "file",
    fallback: 0,
    unit: "ticks",
    defaultText: "none; must be set in an ensemble",
    help: "Time that a member has to connect to the leader and to catch up.",
  }),
  syncLimit: int({
    key: "syncLimit",
    door: "file",
    fallback: 0,
    unit: "ticks",
    defaultText: "none; must be set in an ensemble",
    help: "Time that a member may fall behind the leader, or be silent.",
  }),
  connectToLearnerMasterLimit: int({
    key: "connectToLearnerMasterLimit",
    door: "file",
    fallback: 0,
    unit: "ticks",
    defaultText: "as initLimit",
    since: "3.6",
    help: "Time for one attempt to reach the leader.",
  }),
  electionAlg: choice({
    key: "electionAlg",
    door: "file",
    fallback: "3",
    of: ["3"],
    help: "The election algorithm; there is only this one.",
  }),
  leaderServes: yesNo({
    key: "leaderServes",
    door: "both",
    fallback: true,
    help: "Whether the leader serves clients too.",
  }),
  cnxTimeoutMs: int({
    key: "cnxTimeout",
    door: "both",
    fallback: 5000,
    min: 1,
    unit: "ms",
    help: "Time for one attempt to reach the election port of a member.",
  }),
  electionPortBindRetry: int({
    key: "electionPortBindRetry",
    door: "both",
    fallback: 3,
    since: "3.6",
    help: "Attempts, a second apart, to listen on the ports for members; 0 is for ever.",
  }),
  quorumListenOnAllIps: flag({
    key: "quorumListenOnAllIPs",
    door: "file",
    fallback: false,
    help: "Listen for members on all addresses, not only on those of the own `server.N` line.",
  }),
  peerType: choice({
    key: "peerType",
    door: "file",
    fallback: "participant",
    of: ["participant", "observer"],
    help: "What this member is. The role in its `server.N` line counts where they differ.",
  }),
  multiAddressEnabled: flag({
    key: "multiAddress.enabled",
    door: "file",
    fallback: false,
    since: "3.6",
    help: "Members may have several addresses, with a bar between them.",
  }),
  memberKeepAlive: flag({
    key: "tcpKeepAlive",
    door: "both",
    fallback: false,
    help: "Let the system probe connections between members that are silent.",
  }),
} as const;
