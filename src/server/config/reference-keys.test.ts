/**
 * Every key that the reference's administrator guide names (3.9.5), or that its code reads, is
 * known to the option tables: it works, waits for something that is named, or has no meaning here
 * and says why. Whoever sets one is never told that nobody knows it.
 * From: that guide, and the specification of features, chapter 7.
 */
import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "./config-error.ts";
import { notesOn } from "./notes.ts";
import { gatherSettings } from "./settings.ts";

/** As they are written in zoo.cfg. */
const KEYS = `
clientPort secureClientPort observerMasterPort dataDir tickTime dataLogDir globalOutstandingLimit
preAllocSize snapCount commitLogCount snapSizeLimitInKb txnLogSizeLimitInKb maxCnxns maxClientCnxns
clientPortAddress secureClientPortAddress minSessionTimeout maxSessionTimeout
fsync.warningthresholdms maxResponseCacheSize maxGetChildrenResponseCacheSize
autopurge.snapRetainCount autopurge.purgeInterval syncEnabled extendedTypesEnabled
emulate353TTLNodes watchManagerName watcherCleanThreadsNum watcherCleanThreshold
watcherCleanIntervalInSeconds maxInProcessingDeadWatchers bitHashCacheSize
fastleader.minNotificationInterval fastleader.maxNotificationInterval connectionMaxTokens
connectionTokenFillTime connectionTokenFillCount connectionFreezeTime connectionDropIncrease
connectionDropDecrease connectionDecreaseRatio connection_throttle_tokens
connection_throttle_fill_time connection_throttle_fill_count connection_throttle_freeze_time
connection_throttle_drop_increase connection_throttle_drop_decrease
connection_throttle_decrease_ratio connection_throttle_weight_enabled
connection_throttle_global_session_weight connection_throttle_local_session_weight
connection_throttle_renew_session_weight clientPortListenBacklog serverCnxnFactory flushDelay
maxWriteQueuePollTime maxBatchSize enforceQuota requestThrottleLimit requestThrottleStallTime
requestThrottleDropStale requestStaleLatencyCheck requestStaleConnectionCheck
request_throttle_max_requests request_throttle_stall_time request_throttle_drop_stale
request_stale_latency_check request_stale_connection_check request_throttler.shutdownTimeout
advancedFlowControlEnabled netty.advancedFlowControl.enabled enableEagerACLCheck
maxConcurrentSnapSyncs maxConcurrentDiffSyncs leader.maxConcurrentSnapSyncs
leader.maxConcurrentDiffSyncs digest.enabled snapshot.compression.method snapshot.trust.empty
audit.enable audit.impl.class largeRequestMaxBytes largeRequestThreshold outstandingHandshake.limit
netty.server.outstandingHandshake.limit netty.server.earlyDropSecureConnectionHandshakes
throttledOpWaitTime throttled_op_wait_time learner.closeSocketAsync leader.closeSocketAsync
learner.asyncSending forward_learner_requests_to_commit_processor_disabled
serializeLastProcessedZxid.enabled electionAlg maxTimeToWaitForEpoch leader.maxTimeToWaitForEpoch
initLimit connectToLearnerMasterLimit leaderServes server.1 syncLimit group.1 weight.1 cnxTimeout
quorumCnxnTimeoutMs standaloneEnabled reconfigEnabled dynamicConfigFile 4lw.commands.whitelist
tcpKeepAlive clientTcpKeepAlive electionPortBindRetry observer.reconnectDelayMs
observer.election.DelayMs observer.syncEnabled localSessionsEnabled localSessionsUpgradingEnabled
DigestAuthenticationProvider.enabled DigestAuthenticationProvider.superDigest
DigestAuthenticationProvider.digestAlg IPAuthenticationProvider.usexforwardedfor
X509AuthenticationProvider.superUser superUser superUser.1 ssl.authProvider ensembleAuthName
sessionRequireClientSASLAuth enforce.auth.enabled enforce.auth.schemes allowSaslFailedClients
letAnySaslUserDoX sslQuorum portUnification ssl.keyStore.location ssl.keyStore.password
ssl.keyStore.passwordPath ssl.keyStore.type ssl.trustStore.location ssl.trustStore.password
ssl.trustStore.passwordPath ssl.trustStore.type ssl.protocol ssl.enabledProtocols ssl.ciphersuites
ssl.context.supplier.class ssl.hostnameVerification ssl.clientHostnameVerification
ssl.allowReverseDnsLookup ssl.crl ssl.ocsp ssl.clientAuth ssl.handshakeDetectionTimeoutMillis
ssl.quorum.keyStore.location ssl.quorum.keyStore.password ssl.quorum.keyStore.passwordPath
ssl.quorum.keyStore.type ssl.quorum.trustStore.location ssl.quorum.trustStore.password
ssl.quorum.trustStore.passwordPath ssl.quorum.trustStore.type ssl.quorum.protocol
ssl.quorum.enabledProtocols ssl.quorum.ciphersuites ssl.quorum.context.supplier.class
ssl.quorum.hostnameVerification ssl.quorum.clientHostnameVerification
ssl.quorum.allowReverseDnsLookup ssl.quorum.crl ssl.quorum.ocsp ssl.quorum.clientAuth
ssl.quorum.handshakeDetectionTimeoutMillis ssl.sslProvider sslQuorumReloadCertFiles
client.certReload client.portUnification authProvider.1 authProvider.sasl
kerberos.removeHostFromPrincipal kerberos.removeRealmFromPrincipal kerberos.canonicalizeHostNames
kerberos.minReLoginTimeMs security.auth_to_local requireKerberosConfig
quorum.auth.enableSasl quorum.auth.learnerRequireSasl quorum.auth.serverRequireSasl
quorum.auth.learner.saslLoginContext quorum.auth.server.saslLoginContext
quorum.auth.kerberos.servicePrincipal quorum.cnxn.threads.size multiAddress.enabled
multiAddress.reachabilityCheckTimeoutMs multiAddress.reachabilityCheckEnabled fips-mode
follower.skipLearnerRequestToNextProcessor forceSync skipACL quorumListenOnAllIPs peerType
oraclePath nio.numSelectorThreads nio.numWorkerThreads nio.directBufferBytes
nio.sessionlessCnxnTimeout nio.shutdownTimeout commitProcessor.numWorkerThreads
commitProcessor.maxReadBatchSize commitProcessor.maxCommitBatchSize commitProcessor.shutdownTimeout
closeSessionTxn.enabled messageTracker.BufferSize messageTracker.Enabled
admin.rateLimiterIntervalInMS admin.snapshot.enabled admin.restore.enabled admin.needClientAuth
admin.forceHttps admin.portUnification admin.enableServer admin.serverAddress admin.serverPort
admin.idleTimeout admin.commandURL admin.httpVersion metricsProvider.className
metricsProvider.httpHost metricsProvider.httpPort metricsProvider.exportJvmInfo
metricsProvider.numWorkerThreads metricsProvider.maxQueueSize
metricsProvider.workerShutdownTimeoutMs observerMaster.sizeLimit leader.ackLoggingFrequency
snapshotSizeFactor forceSnapshotSync intBufferStartingSizeBytes datadir.autocreate db.autocreate
pathStats.enabled jvm.pause.monitor jvm.pause.sleep.time.ms
`;

/** Java properties that are not the key of the file with `zookeeper.` before it. */
const PROPERTIES = `
jute.maxbuffer zookeeper.jute.maxbuffer.extrasize fsync.warningthresholdms readonlymode.enabled
znode.container.checkIntervalMs znode.container.maxPerMinute znode.container.maxNeverUsedIntervalMs
leader.nodelay follower.nodelay java.security.auth.login.config zookeeper.sasl.serverconfig
zookeeper.clientCnxnSocket zookeeper.SASLAuthenticationProvider.superPassword
`;

const words = (text: string): string[] => text.trim().split(/\s+/);

test("every key of the guide is known in zoo.cfg", () => {
  const keys = words(KEYS);
  equal(new Set(keys).size, keys.length, "no key stands in the list twice");
  deepEqual(
    keys.filter((key) => isUnknown({ env: {}, file: `${key}=x\n` })),
    [],
  );
});

test("every key of the guide is known as a Java property", () => {
  const properties = [
    // Members are named in the file alone.
    ...words(KEYS)
      .filter((key) => !/^(?:server|group|weight)\./.test(key))
      .map((key) => `zookeeper.${key}`),
    ...words(PROPERTIES),
  ];
  deepEqual(
    properties.filter((name) => isUnknown({ env: { SERVER_JVMFLAGS: `-D${name}=x` }, file: "" })),
    [],
  );
});

test("a key that nobody knows is told", () => {
  equal(isUnknown({ env: {}, file: "nobody.knows=x\n" }), true);
  equal(isUnknown({ env: { JVMFLAGS: "-Dzookeeper.nobody=x" }, file: "" }), true);
});

/** A key whose value is refused is known. */
function isUnknown(given: { env: Readonly<Record<string, string>>; file: string }): boolean {
  const settings = gatherSettings({
    argv: ["zoo.cfg"],
    env: given.env,
    readFile: () => given.file,
  });
  try {
    return notesOn(settings).some((note) => note.includes("is not known"));
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}
