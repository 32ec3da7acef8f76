/**
 * The options that work: one row for each, named as the field of `ServerConfig` that it fills.
 * Defaults and bounds are the reference's; where a bound is ours, the help says so.
 *
 * A row stands here only if something reads its field. Known keys that do nothing yet are in
 * options-later.ts; both tables together are printed as docs/configuration.md.
 * From: specification of features, chapter 7; 3.8.0 asked for what it refuses.
 * Size: a table; it grows by a row for each option.
 */
import {
  DIGEST_ALGORITHM_DEFAULT,
  DIGEST_ALGORITHMS,
  digestAlgorithmOf,
} from "../digest-algorithms.ts";
import type { BadValue, Option } from "./option.ts";
import { choice, flag, hours, int, long, spelled, text, words, yesNo } from "./option.ts";
import { ENSEMBLES } from "./options-ensemble.ts";
import { LIMITS } from "./options-limits.ts";
import { MEMBER_TLS } from "./options-member-tls.ts";
import { TLS } from "./options-tls.ts";

const BASICS = {
  clientPort: int({
    key: "clientPort",
    door: "file",
    fallback: 0,
    max: 65_535,
    defaultText: "none; must be set, or secureClientPort",
    help: "The port that clients connect to.",
  }),
  clientPortAddress: text({
    key: "clientPortAddress",
    door: "file",
    what: "host name or address",
    defaultText: "all addresses",
    help: "The address to listen on for clients.",
  }),
  dataDir: text({
    key: "dataDir",
    door: "file",
    what: "folder",
    defaultText: "none; must be set",
    help: "Where snapshots and `myid` are kept. Relative to the working directory.",
  }),
  dataLogDir: text({
    key: "dataLogDir",
    door: "file",
    what: "folder",
    defaultText: "as dataDir",
    help: "Where the transaction log is kept. A disk of its own makes writes faster.",
  }),
  tickTimeMs: int({
    key: "tickTime",
    door: "file",
    fallback: 3000,
    min: 1,
    unit: "ms",
    help: "The unit of time: sessions expire in steps of it, and other times are counted in it.",
  }),
  standaloneEnabled: flag({
    key: "standaloneEnabled",
    door: "file",
    fallback: true,
    since: "3.5",
    help: "One `server.N` line makes a standalone server. `false` makes an ensemble of one.",
  }),
  dynamicConfigFile: text({
    key: "dynamicConfigFile",
    door: "file",
    what: "file",
    since: "3.5",
    help: "Where the `server.N` lines are, if they are not in zoo.cfg.",
  }),
  datadirAutocreate: flag({
    key: "datadir.autocreate",
    door: "both",
    fallback: true,
    since: "3.5",
    help: "Make the data folders when they are missing; otherwise refuse to start.",
  }),
  dbAutocreate: flag({
    key: "db.autocreate",
    door: "both",
    fallback: true,
    since: "3.5",
    help: "A member of an ensemble without data may vote; else only if `initialize` exists.",
  }),
} as const;

const DISK = {
  preAllocBytes: long({
    key: "preAllocSize",
    door: "both",
    fallback: 65_536,
    unit: "KB",
    scale: 1024,
    help: "The transaction log grows in steps of this size.",
  }),
  snapCount: int({
    key: "snapCount",
    door: "both",
    fallback: 100_000,
    help: "A snapshot is taken after between half of and all of so many transactions; at least 2.",
  }),
  snapSizeLimitBytes: long({
    key: "snapSizeLimitInKb",
    door: "both",
    fallback: 4_194_304,
    min: -(2 ** 52),
    unit: "KB",
    scale: 1024,
    since: "3.6",
    help: "A snapshot is also taken after so much log. 0 or less: never for this reason.",
  }),
  txnLogSizeLimitBytes: long({
    key: "txnLogSizeLimitInKb",
    door: "both",
    fallback: -1,
    unit: "KB",
    scale: 1024,
    since: "3.5",
    help: "A log file that has become so large is followed by a new one. 0 or less: no limit.",
  }),
  forceSync: yesNo({
    key: "forceSync",
    door: "both",
    fallback: true,
    help: "Sync the log before answering. `no` loses acknowledged writes when the machine stops.",
  }),
  fsyncWarningMs: int({
    key: "fsync.warningthresholdms",
    door: "both",
    fallback: 1000,
    unit: "ms",
    alsoProperty: "fsync.warningthresholdms",
    help: "A sync of the log that takes longer is reported in the server's log.",
  }),
  maxBatchSize: int({
    key: "maxBatchSize",
    door: "both",
    fallback: 1000,
    min: 1,
    since: "3.6",
    help: "At most so many writes share one sync.",
  }),
  snapshotCompression: choice({
    key: "snapshot.compression.method",
    door: "both",
    fallback: "",
    of: ["", "gz", "snappy"],
    since: "3.6",
    help: "How snapshots are compressed. All three forms are read, whatever is set here.",
  }),
  serializeLastProcessedZxid: flag({
    key: "serializeLastProcessedZxid.enabled",
    door: "both",
    fallback: true,
    since: "3.9",
    help: "End each snapshot with the zxid that it was complete at.",
  }),
  trustEmptySnapshot: flag({
    key: "snapshot.trust.empty",
    door: "both",
    fallback: false,
    since: "3.5.6",
    help: "Start from a log without any snapshot. For moving from 3.4 only; it can hide lost data.",
  }),
  digestEnabled: flag({
    key: "digest.enabled",
    door: "both",
    fallback: true,
    since: "3.6",
    help: "Keep a digest of the tree and compare it with those in log and snapshot.",
  }),
  closeSessionTxnEnabled: flag({
    key: "closeSessionTxn.enabled",
    door: "both",
    fallback: true,
    since: "3.6",
    help: "Write the paths of ephemerals into the transaction that closes their session.",
  }),
  snapRetainCount: int({
    key: "autopurge.snapRetainCount",
    door: "file",
    fallback: 3,
    min: -(2 ** 31),
    help: "Snapshots that purging keeps, with the logs that follow the oldest; at least 3.",
  }),
  purgeIntervalMs: hours({
    key: "autopurge.purgeInterval",
    door: "file",
    fallback: 0,
    help: "How often old snapshots and logs are deleted. 0 or less: never. Units since 3.10.",
  }),
} as const;

const CONNECTIONS = {
  clientPortListenBacklog: int({
    key: "clientPortListenBacklog",
    door: "file",
    fallback: -1,
    defaultText: "-1: the system's own",
    since: "3.6",
    help: "Connections that may wait to be accepted.",
  }),
  maxClientCnxns: int({
    key: "maxClientCnxns",
    door: "file",
    fallback: 60,
    min: -(2 ** 31),
    help:
      "Connections from one address; surplus ones are closed. 0 or less: no limit, which is also " +
      "the default of the command line's form `port dataDir`.",
  }),
  maxCnxns: int({
    key: "maxCnxns",
    door: "both",
    fallback: 0,
    min: -(2 ** 31),
    since: "3.6",
    help: "Connections in all; surplus ones are closed. 0 or less: no limit.",
  }),
  minSessionTimeoutMs: int({
    key: "minSessionTimeout",
    door: "file",
    fallback: -1,
    min: -1,
    unit: "ms",
    defaultText: "-1: 2 ticks",
    help: "The shortest session timeout that a client can get. Less than -1 is refused here.",
  }),
  maxSessionTimeoutMs: int({
    key: "maxSessionTimeout",
    door: "file",
    fallback: -1,
    min: -1,
    unit: "ms",
    defaultText: "-1: 20 ticks",
    help: "The longest session timeout that a client can get. Less than -1 is refused here.",
  }),
  sessionlessTimeoutMs: int({
    key: "nio.sessionlessCnxnTimeout",
    door: "both",
    fallback: 10_000,
    min: 1,
    unit: "ms",
    since: "3.5",
    help: "A connection that has no session after so long is closed.",
  }),
  clientTcpKeepAlive: flag({
    key: "clientTcpKeepAlive",
    door: "both",
    fallback: false,
    since: "3.6",
    help: "Let the system probe silent client connections.",
  }),
  maxFrameBytes: int({
    key: "jute.maxbuffer",
    door: "property",
    fallback: 0xf_ffff,
    min: 1,
    unit: "bytes",
    help:
      "The largest request, and so about the largest data of a znode. The reference reads this " +
      "as a Java property only (`-Djute.maxbuffer=...`): in zoo.cfg it has no effect, here " +
      "as there.",
  }),
  globalOutstandingLimit: int({
    key: "globalOutstandingLimit",
    door: "both",
    fallback: 1000,
    min: 1,
    help: "Requests in the server at which connections with requests in flight are not read.",
  }),
  fourLetterWords: words({
    key: "4lw.commands.whitelist",
    door: "both",
    fallback: ["srvr"],
    what: "four-letter words parted by commas, or *",
    since: "3.4.10",
    help: "The four-letter words that are answered. `srvr` always is. `*` allows all of them.",
  }),
} as const;

const ACCESS = {
  skipAcl: yesNo({
    key: "skipACL",
    door: "both",
    fallback: false,
    help: "Check no access control lists. `yes` lets everybody do everything.",
  }),
  digestAuthEnabled: flag({
    key: "DigestAuthenticationProvider.enabled",
    door: "both",
    fallback: true,
    since: "3.7",
    help: "Accept `digest` authentication.",
  }),
  digestAlgorithm: spelled({
    key: "DigestAuthenticationProvider.digestAlg",
    door: "both",
    fallback: DIGEST_ALGORITHM_DEFAULT,
    of: DIGEST_ALGORITHMS,
    find: digestAlgorithmOf,
    since: "3.7",
    help: "The hash in digest identities. Identities made with another one match no longer.",
  }),
  superDigest: text({
    key: "DigestAuthenticationProvider.superDigest",
    door: "both",
    what: "what `quoll digest super:<password>` prints",
    secret: true,
    help: "Who may do everything, whatever the access control lists say.",
  }),
  ensembleAuthName: text({
    key: "ensembleAuthName",
    door: "both",
    what: "names parted by commas",
    since: "3.8",
    help:
      "Who names another ensemble is hung up on. Needs the EnsembleAuthenticationProvider as an " +
      "`authProvider.*`.",
  }),
  enforceAuthEnabled: flag({
    key: "enforce.auth.enabled",
    door: "both",
    fallback: false,
    since: "3.7",
    help: "Serve nothing before the client has an identity of a scheme in `enforce.auth.schemes`.",
  }),
  enforceAuthSchemes: words({
    key: "enforce.auth.schemes",
    door: "both",
    fallback: [],
    defaultText: "none",
    what: "schemes parted by commas",
    since: "3.7",
    help: "The schemes that count; one of them is enough.",
  }),
  sessionPasswords: choice({
    key: "quoll.sessionPasswords",
    door: "both",
    fallback: "compatible",
    of: ["compatible", "random"],
    since: "Quoll",
    help:
      "`random`: session passwords that cannot be guessed, from the secret in the file " +
      "`session-secret` of dataDir.",
  }),
  busyPollMs: int({
    key: "quoll.busyPollMicros",
    door: "both",
    fallback: 100,
    min: 0,
    max: 10_000,
    scale: 1e-3,
    unit: "us",
    since: "Quoll",
    help:
      "Where requests come one close behind the other, look for the next for so long before " +
      "sleeping: half the latency, for a processor that is kept awake. 0: sleep at once.",
  }),
  readers: int({
    key: "quoll.readers",
    door: "both",
    fallback: 0,
    min: 0,
    max: 64,
    since: "Quoll",
    help:
      "Threads that hold the connections of plain clients and answer their reads, beside the one " +
      "that does everything else: for machines with more than two processors. More than one need " +
      "Linux, and Node 22.12, 23.1 or Bun.",
  }),
  extendedTypesEnabled: flag({
    key: "extendedTypesEnabled",
    door: "both",
    fallback: false,
    since: "3.5.4",
    help: "Allow nodes with a time to live.",
  }),
  enforceQuota: flag({
    key: "enforceQuota",
    door: "both",
    fallback: false,
    since: "3.7",
    help: "Refuse writes beyond a hard quota, and warn of those beyond a soft one.",
  }),
  containerCheckIntervalMs: int({
    key: "znode.container.checkIntervalMs",
    door: "property",
    fallback: 60_000,
    min: 1,
    unit: "ms",
    since: "3.5.1",
    help: "How often empty containers and outlived nodes are looked for.",
  }),
  containersPerMinute: int({
    key: "znode.container.maxPerMinute",
    door: "property",
    fallback: 10_000,
    min: 1,
    since: "3.5.1",
    help: "At most so many of them are deleted in a minute.",
  }),
  containerNeverUsedMs: int({
    key: "znode.container.maxNeverUsedIntervalMs",
    door: "property",
    fallback: 0,
    min: 0,
    unit: "ms",
    since: "3.10",
    help: "A container that never had a child goes after so long. 0: never, as up to 3.9.",
  }),
  reconfigEnabled: flag({
    key: "reconfigEnabled",
    door: "file",
    fallback: false,
    since: "3.5.3",
    help: "Allow changing the members at run time. A standalone server has none to change.",
  }),
} as const;

export const OPTIONS = {
  ...BASICS,
  ...DISK,
  ...CONNECTIONS,
  ...ENSEMBLES,
  ...LIMITS,
  ...TLS,
  ...MEMBER_TLS,
  ...ACCESS,
} as const;

/** Keys of a family: each line of it counts. They fill `authProviders` of `ServerConfig`. */
const AUTH_PROVIDERS = text({
  key: "authProvider.*",
  door: "both",
  what: "path or name of an ES module, or a Java class of the reference",
  help:
    "An authentication provider; see docs/authentication.md. `<name>` after the dot is yours to " +
    "choose.",
});
export const AUTH_PROVIDER_PREFIX = "authProvider.";

/** The tables as the documentation groups them. */
export const OPTION_GROUPS: ReadonlyArray<readonly [title: string, rows: readonly AnyOption[]]> = [
  ["Basics", Object.values(BASICS)],
  ["Disk", Object.values(DISK)],
  ["Connections and limits", Object.values(CONNECTIONS)],
  ["Throttles and local sessions", Object.values(LIMITS)],
  ["TLS for clients", Object.values(TLS)],
  ["TLS between members", Object.values(MEMBER_TLS)],
  ["Access and nodes", [...Object.values(ACCESS), AUTH_PROVIDERS]],
];

export type AnyOption = Option<unknown>;
export type OptionName = keyof typeof OPTIONS;
export type OptionValues = {
  readonly [N in OptionName]: Exclude<ReturnType<(typeof OPTIONS)[N]["read"]>, BadValue>;
};
