/**
 * The keys of the reference that do nothing here: those that will ("later"), grouped by what they
 * wait for, and those that have no meaning outside a JVM or that nothing in the reference reads
 * either ("meaningless", with the reason). Whoever sets one is told so when the server starts.
 *
 * Size: tables; they grow by a row for each key.
 * A key may end in `*`: then it stands for a family. From: specification of features, chapter 7.
 */
import type { Door } from "./option.ts";

/** What a key waits for, in the words of the note that names it. */
export const WAITS_FOR = {
  ensemble: "ensembles",
  sasl: "SASL and Kerberos",
  admin: "the admin server",
  metrics: "metrics exposition",
  other: "a later version",
} as const;
export type WaitsFor = keyof typeof WAITS_FOR;

export type IdleOption = {
  readonly key: string;
  readonly door: Door;
  readonly defaultText: string;
  readonly help: string;
  readonly state:
    | { readonly kind: "later"; readonly waitsFor: WaitsFor }
    | { readonly kind: "meaningless"; readonly why: string }
    /** The server does not start with it: what it asks for must not be left out silently. */
    | { readonly kind: "refused"; readonly why: string };
  /** This value asks for what is so anyway: nobody needs to be told. */
  readonly already?: string;
  /**
   * This value asks for protection that is not there: the server refuses to start rather than run
   * without what its administrator relies on.
   */
  readonly refused?: string;
};

type Row = readonly [key: string, defaultText: string, help: string, more?: RowMore];
type RowMore = Pick<IdleOption, "already" | "refused"> & { readonly door?: Door };

const idle = (state: IdleOption["state"], rows: readonly Row[]): IdleOption[] =>
  rows.map(([key, defaultText, help, more]) => ({
    key,
    door: more?.door ?? "both",
    defaultText,
    help,
    state,
    ...(more?.already === undefined ? {} : { already: more.already }),
    ...(more?.refused === undefined ? {} : { refused: more.refused }),
  }));

const later = (waitsFor: WaitsFor, rows: readonly Row[]) => idle({ kind: "later", waitsFor }, rows);
const meaningless = (why: string, rows: readonly Row[]) => idle({ kind: "meaningless", why }, rows);

const refused = (
  key: string,
  defaultText: string,
  help: string,
  { why, unless }: { readonly why: string; readonly unless?: string },
): IdleOption => ({
  ...{ key, door: "both", defaultText, help, state: { kind: "refused", why } },
  ...(unless !== undefined && { already: unless }),
});

const FILE = { door: "file" } as const;
const PROPERTY = { door: "property" } as const;
/** A switch that is off anyway. */
const OFF = { already: "false" } as const;
const FILE_OFF = { door: "file", already: "false" } as const;
const GUARD = { already: "false", refused: "true" } as const;
const FILE_GUARD = { door: "file", already: "false", refused: "true" } as const;

const ENSEMBLE = later("ensemble", [
  ["leader.maxTimeToWaitForEpoch", "-1", "How long a new leader waits for its epoch, in ms."],
  ["quorumCnxnTimeoutMs", "-1", "Read timeout of election connections, in ms."],
  ["fastleader.minNotificationInterval", "200", "First pause between notifications, in ms."],
  ["fastleader.maxNotificationInterval", "60000", "Longest pause between notifications, in ms."],
  ["quorum.cnxn.threads.size", "20", "Threads of the election connections.", FILE],
  ["syncEnabled", "true", "Observers keep log and snapshots.", { ...FILE, already: "true" }],
  ["observer.syncEnabled", "true", "As syncEnabled.", { already: "true" }],
  ["observer.reconnectDelayMs", "0", "Pause before an observer connects again, in ms."],
  ["observer.election.DelayMs", "200", "Pause before an observer asks for the leader, in ms."],
  ["observerMasterPort", "off", "The port on which followers serve observers.", FILE],
  ["observerMaster.sizeLimit", "33554432", "Bytes that a follower keeps for observers."],
  ["learner.asyncSending", "false", "Learners send on a thread of their own.", OFF],
  ["learner.closeSocketAsync", "false", "Close the leader's socket without waiting.", OFF],
  ["leader.closeSocketAsync", "false", "Close learners' sockets without waiting.", OFF],
  ["leader.maxConcurrentSnapSyncs", "10", "Snapshots sent to learners at a time."],
  ["leader.maxConcurrentDiffSyncs", "100", "Differences sent to learners at a time."],
  ["leader.ackLoggingFrequency", "1000", "Every so many acknowledgements one is logged."],
  ["leader.nodelay", "true", "TCP_NODELAY to learners.", PROPERTY],
  ["follower.nodelay", "true", "TCP_NODELAY to the leader.", PROPERTY],
  ["leaderConnectDelayDuringRetryMs", "100", "Pause between attempts to reach the leader, in ms."],
  ["oraclePath", "none", "The oracle of a two-member ensemble.", FILE],
  ["multiAddress.reachabilityCheckTimeoutMs", "1000", "Time to find a reachable one, in ms.", FILE],
  ["multiAddress.reachabilityCheckEnabled", "true", "Whether to look for a reachable one.", FILE],
  ["commitLogCount", "500", "Committed transactions kept in memory for learners."],
  ["snapshotSizeFactor", "0.33", "Log sent to a learner at most, as a part of the snapshot."],
  ["forceSnapshotSync", "false", "Always send learners a snapshot.", OFF],
  ["follower.skipLearnerRequestToNextProcessor", "false", "Saves a follower some memory.", OFF],
  ["forward_learner_requests_to_commit_processor_disabled", "false", "As it says.", OFF],
  ["sslQuorum", "false", "TLS between members.", FILE_GUARD],
  ["portUnification", "false", "TLS and plain members on one port.", FILE_OFF],
  ["sslQuorumReloadCertFiles", "false", "Read changed certificates of members.", FILE_OFF],
  ["ssl.quorum.*", "see the reference", "Keys, certificates and checks of TLS between members."],
  ["messageTracker.Enabled", "false", "Keep the last packets of each learner.", OFF],
  ["messageTracker.BufferSize", "10", "How many of them."],
  ["quorum.auth.enableSasl", "false", "SASL between members.", FILE_GUARD],
  ["quorum.auth.learnerRequireSasl", "false", "Connect only with SASL.", FILE_GUARD],
  ["quorum.auth.serverRequireSasl", "false", "Accept only with SASL.", FILE_GUARD],
  ["quorum.auth.learner.saslLoginContext", "QuorumLearner", "Login section.", FILE],
  ["quorum.auth.server.saslLoginContext", "QuorumServer", "Login section.", FILE],
  ["quorum.auth.kerberos.servicePrincipal", "zkquorum/localhost", "Kerberos name.", FILE],
]);

/** Asked for, these would have to be there, and they are not: the server refuses to start. */
const TLS_REFUSED: readonly IdleOption[] = [
  refused("ssl.crl", "false", "Look for revoked certificates in lists that they name.", {
    unless: "false",
    why: "revocation lists are not fetched, so a revoked certificate would be let in",
  }),
  refused("ssl.ocsp", "false", "Ask the authority whether a certificate was revoked.", {
    unless: "false",
    why: "the authority is not asked, so a revoked certificate would be let in",
  }),
  refused("ssl.allowReverseDnsLookup", "false", "Take the name that DNS gives an address.", {
    unless: "false",
    why:
      "whoever owns an address writes what DNS says of it (CVE-2026-24281); " +
      "put addresses into certificates",
  }),
  refused("ssl.context.supplier.class", "none", "A Java class that supplies TLS contexts.", {
    why: "Java classes cannot be loaded; use ssl.keyStore.* and ssl.trustStore.*",
  }),
  refused("ssl.authProvider", "x509", "The provider for client certificates.", {
    unless: "x509",
    why: "Java classes cannot be loaded, so nobody would look at the certificates",
  }),
  refused("ssl.x509.*", "none", "Identities from alternative names, in a fork of the reference.", {
    why: "Apache ZooKeeper does not know these keys; the identity is the subject's name",
  }),
];

const TLS_MEANINGLESS = [
  ...meaningless("there is one TLS library here, OpenSSL in Node.js", [
    ["ssl.sslProvider", "JDK", "The library that speaks TLS."],
    ["fips-mode", "true", "Java's own checks of certificates; here they are the same either way."],
  ]),
  ...meaningless("nothing is accepted before the server serves", [
    ["netty.server.earlyDropSecureConnectionHandshakes", "false", "Drop when not serving.", OFF],
  ]),
];

const SASL = later("sasl", [
  ["superUser", "none", "Who may, with SASL, do everything."],
  ["superUser.*", "none", "More of them."],
  ["sessionRequireClientSASLAuth", "false", "Refuse clients without SASL.", GUARD],
  ["allowSaslFailedClients", "false", "Keep clients whose SASL exchange failed.", OFF],
  ["letAnySaslUserDoX", "none", "Who may, with SASL, do everything."],
  ["kerberos.*", "see the reference", "How Kerberos names become user names."],
  ["security.auth_to_local", "none", "Rules for Kerberos names."],
  ["requireKerberosConfig", "false", "Refuse to start without Kerberos configuration.", OFF],
  ["sasl.serverconfig", "Server", "The login section of the server."],
  ["java.security.auth.login.config", "none", "The login configuration file.", PROPERTY],
  ["SASLAuthenticationProvider.superPassword", "none", "The password of the super user."],
]);

const ADMIN = later("admin", [
  ["admin.enableServer", "false since 3.10", "The HTTP admin server.", OFF],
  ["admin.serverAddress", "0.0.0.0", "Its address."],
  ["admin.serverPort", "8080", "Its port."],
  ["admin.idleTimeout", "30000", "Time after which a silent connection is closed, in ms."],
  ["admin.commandURL", "/commands", "Where its commands are."],
  ["admin.portUnification", "false", "HTTP and HTTPS on one port.", OFF],
  ["admin.forceHttps", "false", "Only HTTPS.", OFF],
  ["admin.needClientAuth", "false", "Ask for client certificates.", OFF],
  ["admin.rateLimiterIntervalInMS", "300000", "Pause between snapshots or restores asked for."],
  ["admin.snapshot.enabled", "true", "Allow taking a snapshot."],
  ["admin.restore.enabled", "true", "Allow restoring a snapshot."],
  ["IPAuthenticationProvider.usexforwardedfor", "false", "Trust the proxy's word.", OFF],
]);

const METRICS = later("metrics", [
  ["metricsProvider.className", "the default provider", "Who exposes the metrics.", FILE],
  ["metricsProvider.*", "see the reference", "The provider's own settings.", FILE],
]);

const OTHER = later("other", [
  ["jute.maxbuffer.extrasize", "as jute.maxbuffer", "Allowance for records on disk."],
  ["flushDelay", "0", "Let writes wait for company before a sync, in ms."],
  ["maxWriteQueuePollTime", "flushDelay / 3", "How long to wait for the next of them, in ms."],
  ["enableEagerACLCheck", "false", "Check access before the leader does.", OFF],
  ["emulate353TTLNodes", "false", "Read TTL nodes as 3.5.3 wrote them.", OFF],
  ["audit.enable", "false", "Write an audit log.", OFF],
  ["audit.impl.class", "none", "The class that writes it."],
  ["pathStats.*", "off", "Log the paths used most."],
  ["testingonly.initialZxid", "none", "A test's first zxid."],
]);

const JVM = meaningless("it tunes the reference's threads, buffers or collector", [
  ["commitProcessor.*", "see the reference", "Threads and batches of the commit processor."],
  ["nio.numSelectorThreads", "by cores", "Threads that wait for sockets."],
  ["nio.numWorkerThreads", "by cores", "Threads that read and write them."],
  ["nio.directBufferBytes", "65536", "Size of a thread's buffer."],
  ["nio.shutdownTimeout", "5000", "How long stopping waits for threads, in ms."],
  ["serverCnxnFactory", "NIO", "The class that serves connections."],
  ["netty.advancedFlowControl.enabled", "false", "Netty's reading on demand."],
  ["intBufferStartingSizeBytes", "1024", "First size of a reply buffer."],
  ["maxResponseCacheSize", "400", "Encoded replies kept for `getData`; here none is needed."],
  ["maxGetChildrenResponseCacheSize", "400", "The same for `getChildren`."],
  ["watchManagerName", "WatchManager", "The class that keeps watches."],
  ["watcherCleanThreadsNum", "2", "Threads that clear dead watchers."],
  ["watcherCleanThreshold", "1000", "Dead watchers that start clearing."],
  ["watcherCleanIntervalInSeconds", "600", "Time between clearings."],
  ["maxInProcessingDeadWatchers", "-1", "Dead watchers before adding waits."],
  ["bitHashCacheSize", "10", "Cache of the optimized watch manager."],
  ["jvm.pause.*", "off", "Reports pauses of the JVM.", FILE],
  ["jmx.*", "on", "Log4j over JMX."],
  ["admin.httpVersion", "11", "Jetty's HTTP version."],
  ["request_throttler.shutdownTimeout", "10000", "How long stopping waits for that thread, in ms."],
  ["controllerPort", "none", "Port of the reference's fault injector."],
  ["log.*", "none", "Where the reference's scripts say Log4j shall write; see ZOO_LOG_DIR."],
]);

const CLASSES = meaningless("it names a Java class", [
  ["clientCnxnSocket", "NIO", "The socket of a Java client; no server reads it."],
]);

const UNREAD = meaningless("the reference documents this name but reads another one", [
  ["connectionMaxTokens", "0", "Write connection_throttle_tokens."],
  ["connectionTokenFillTime", "1", "Write connection_throttle_fill_time."],
  ["connectionTokenFillCount", "1", "Write connection_throttle_fill_count."],
  ["connectionFreezeTime", "-1", "Write connection_throttle_freeze_time."],
  ["connectionDropIncrease", "0.02", "Write connection_throttle_drop_increase."],
  ["connectionDropDecrease", "0.002", "Write connection_throttle_drop_decrease."],
  ["connectionDecreaseRatio", "0", "Write connection_throttle_decrease_ratio."],
  ["requestThrottleLimit", "0", "Write request_throttle_max_requests."],
  ["requestThrottleStallTime", "100", "Write request_throttle_stall_time."],
  ["requestThrottleDropStale", "true", "Write request_throttle_drop_stale."],
  ["requestStaleLatencyCheck", "false", "Write request_stale_latency_check."],
  ["requestStaleConnectionCheck", "true", "Write request_stale_connection_check."],
  ["throttledOpWaitTime", "0", "Write throttled_op_wait_time."],
  ["advancedFlowControlEnabled", "false", "It is netty.advancedFlowControl.enabled there."],
  ["outstandingHandshake.limit", "-1", "Write netty.server.outstandingHandshake.limit."],
  ["maxConcurrentSnapSyncs", "10", "Write leader.maxConcurrentSnapSyncs."],
  ["maxConcurrentDiffSyncs", "100", "Write leader.maxConcurrentDiffSyncs."],
  ["maxTimeToWaitForEpoch", "-1", "Write leader.maxTimeToWaitForEpoch."],
]);

/** Exact keys before families, so that a key with a row of its own is not taken for one of them. */
export const IDLE_OPTIONS: readonly IdleOption[] = [
  ...CLASSES,
  ...ENSEMBLE,
  ...TLS_REFUSED,
  ...TLS_MEANINGLESS,
  ...SASL,
  ...ADMIN,
  ...METRICS,
  ...OTHER,
  ...JVM,
  ...UNREAD,
].sort((a, b) => Number(a.key.endsWith("*")) - Number(b.key.endsWith("*")));

/** The row for `key`, by its name or its family's. */
export const idleOptionFor = (key: string): IdleOption | undefined =>
  IDLE_OPTIONS.find((option) =>
    option.key.endsWith("*") ? key.startsWith(option.key.slice(0, -1)) : key === option.key,
  );
