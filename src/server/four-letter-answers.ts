/**
 * The texts of the four-letter words, byte for byte as the reference prints them. Scripts, kazoo,
 * Curator and monitoring tools parse them.
 *
 * From: golden 4lw; 3.8.0 asked with live sessions, ephemerals and watches
 * (four-letter-words.test.ts).
 */
import { resolve } from "node:path";
import { describeId, type Millis } from "../base/ids.ts";
import { describeDecimal } from "../base/metrics.ts";
import type { ConnectionStatus, PeerStatus, SessionStatus } from "../peer/status.ts";
import { describeEnsemble } from "../quorum/ensemble-text.ts";
import type { EnsembleConfig, ServerConfig } from "./config/server-config.ts";
import { type Environment, versionText } from "./environment.ts";
import { javaDate, javaHost } from "./java-text.ts";

/**
 * The mask of `gtmk` and `stmk`. The reference logs packets by it; here it is kept and has no
 * effect. 306 is the reference's first value.
 */
export class TraceMask {
  value = 306n;
}

const lines = (...texts: readonly string[]): string => texts.map((text) => `${text}\n`).join("");

export function answerSrvr(status: PeerStatus, environment: Environment): string {
  return lines(...headLines(status, environment), ...summaryLines(status));
}

export function answerStat(status: PeerStatus, environment: Environment): string {
  const clients = [...status.connections()].map((connection) => `${briefly(connection)})`);
  const head = headLines(status, environment);
  return lines(...head, "Clients:", ...clients, "", ...summaryLines(status));
}

function headLines(status: PeerStatus, environment: Environment): string[] {
  const version = `Zookeeper version: ${versionText(environment)}`;
  if (status.mode !== "read-only") return [version];
  return [version, "READ-ONLY mode; serving only read-only clients"];
}

function summaryLines(status: PeerStatus): string[] {
  const { minMs, avgMs, maxMs } = status.latency;
  return [
    `Latency min/avg/max: ${minMs}/${describeDecimal(avgMs)}/${maxMs}`,
    `Received: ${status.packetsReceived}`,
    `Sent: ${status.packetsSent}`,
    `Connections: ${[...status.connections()].length}`,
    `Outstanding: ${status.outstandingRequests}`,
    `Zxid: ${describeId(status.lastZxid)}`,
    `Mode: ${status.mode}`,
    `Node count: ${status.znodeCount}`,
    ...proposalLines(status),
  ];
}

function proposalLines({ ensemble }: PeerStatus): string[] {
  if (ensemble?.leading === undefined) return [];
  const { last, min, max } = ensemble.leading.proposalBytes;
  return [`Proposal sizes last/min/max: ${last}/${min}/${max}`];
}

/** Without the closing parenthesis. */
function briefly(connection: ConnectionStatus): string {
  const { interestOps, outstanding, received, sent } = connection;
  const counts = `queued=${outstanding},recved=${received},sent=${sent}`;
  return ` ${addressOf(connection)}[${interestOps}](${counts}`;
}

const addressOf = ({ address, port }: ConnectionStatus): string => `/${javaHost(address)}:${port}`;

export function answerCons(status: PeerStatus): string {
  return lines(...[...status.connections()].map(atLength), "");
}

function atLength(connection: ConnectionStatus): string {
  if (connection.sessionId === 0n) return `${briefly(connection)})`;
  const { latency, lastCxid } = connection;
  const cxid = lastCxid < 0 ? [] : [`lcxid=0x${lastCxid.toString(16)}`];
  const fields = [
    briefly(connection),
    `sid=${describeId(connection.sessionId)}`,
    `lop=${connection.lastOperation}`,
    `est=${connection.establishedAt}`,
    `to=${connection.timeoutMs}`,
    ...cxid,
    `lzxid=${describeId(connection.lastZxid)}`,
    `lresp=${connection.lastResponseAt}`,
    `llat=${connection.lastLatencyMs}`,
    `minlat=${latency.minMs}`,
    `avglat=${Math.trunc(latency.avgMs)}`,
    `maxlat=${latency.maxMs}`,
  ];
  return `${fields.join(",")})`;
}

export function answerConf(config: ServerConfig, environment: Environment): string {
  const { data, log } = dataFolders(config);
  const text = lines(
    `clientPort=${environment.clientPort()}`,
    `secureClientPort=${environment.secureClientPort()}`,
    `dataDir=${data}`,
    `dataDirSize=${environment.folderBytes(data)}`,
    `dataLogDir=${log}`,
    `dataLogSize=${environment.folderBytes(log)}`,
    `tickTime=${config.tickTimeMs}`,
    `maxClientCnxns=${config.maxClientCnxns}`,
    `minSessionTimeout=${config.minSessionTimeoutMs}`,
    `maxSessionTimeout=${config.maxSessionTimeoutMs}`,
    `clientPortListenBacklog=${config.clientPortListenBacklog}`,
    // A standalone server has no number of its own; the reference prints 0 too.
    `serverId=${config.ensemble?.self ?? 0}`,
  );
  return config.ensemble === undefined ? text : text + membership(config, config.ensemble);
}

/** No newline at its end, as in the reference. */
function membership(config: ServerConfig, { own, config: members }: EnsembleConfig): string {
  const { electionPort, quorumPort } = own.addresses[0]!;
  const text = lines(
    `initLimit=${config.initLimit}`,
    `syncLimit=${config.syncLimit}`,
    `electionAlg=${config.electionAlg}`,
    `electionPort=${electionPort}`,
    `quorumPort=${quorumPort}`,
    `peerType=${own.role === "observer" ? 1 : 0}`,
    "membership: ",
  );
  return text + describeEnsemble(members);
}

export function answerDirs(config: ServerConfig, environment: Environment): string {
  const { data, log } = dataFolders(config);
  return lines(
    `datadir_size: ${environment.folderBytes(data)}`,
    `logdir_size: ${environment.folderBytes(log)}`,
  );
}

const dataFolders = (config: ServerConfig) => ({
  data: resolve(config.dataDir, "version-2"),
  log: resolve(config.dataLogDir, "version-2"),
});

export function answerEnvi(environment: Environment): string {
  const { memory } = environment;
  const mb = (bytes: number) => `${Math.floor(bytes / 2 ** 20)}MB`;
  const { free, max, total } = memory();
  return lines(
    "Environment:",
    `zookeeper.version=${versionText(environment)}`,
    `host.name=${environment.hostName}`,
    `node.version=${environment.nodeVersion}`,
    `os.name=${environment.osName}`,
    `os.arch=${environment.osArch}`,
    `os.version=${environment.osVersion}`,
    `user.name=${environment.userName}`,
    `user.home=${environment.userHome}`,
    `user.dir=${environment.userDir}`,
    `os.memory.free=${mb(free)}`,
    `os.memory.max=${mb(max)}`,
    `os.memory.total=${mb(total)}`,
  );
}

export function answerIsro(status: PeerStatus): string {
  if (!status.serving) return "null";
  return status.mode === "read-only" ? "ro" : "rw";
}

export function answerDump(status: PeerStatus): string {
  const sessions = [...status.sessions()];
  const connections = [...status.connections()];
  const ephemerals = [...status.ephemerals()].flatMap(([session, paths]) => [
    `${describeId(session)}:`,
    ...paths.map((path) => `\t${path}`),
  ]);
  const local = sessions.filter(({ isLocal }) => isLocal);
  const global = sessions.filter(({ isLocal }) => !isLocal);
  const connectionSets = bucketLines(
    connections,
    (one) => `\tip: ${addressOf(one)} sessionId: ${describeId(one.sessionId)}`,
  );
  const owners = ephemerals.filter((line) => !line.startsWith("\t")).length;
  return lines(
    "SessionTracker dump:",
    ...(status.localSessionsEnabled
      ? [...sessionSets("Local Session", local), ...sessionSets("Global Session", global)]
      : sessionSets("Session", sessions)),
    "ephemeral nodes dump:",
    `Sessions with Ephemerals (${owners}):`,
    ...ephemerals,
    "Connections dump:",
    `Connections Sets (${connectionSets.buckets})/(${connections.length}):`,
    ...connectionSets.text,
  );
}

function sessionSets(title: string, sessions: readonly SessionStatus[]): readonly string[] {
  const sets = bucketLines(sessions, ({ sessionId }) => `\t${describeId(sessionId)}`);
  return [`${title} Sets (${sets.buckets})/(${sessions.length}):`, ...sets.text];
}

/** What expires together stands together, the soonest first. */
function bucketLines<E extends { readonly expiresAt: Millis }>(
  entries: readonly E[],
  describe: (entry: E) => string,
): { readonly buckets: number; readonly text: readonly string[] } {
  const buckets = new Map<Millis, E[]>();
  for (const entry of entries) {
    const bucket = buckets.get(entry.expiresAt);
    if (bucket === undefined) buckets.set(entry.expiresAt, [entry]);
    else bucket.push(entry);
  }
  const soonest = [...buckets].sort(([a], [b]) => a - b);
  const text = soonest.flatMap(([at, bucket]) => [
    `${bucket.length} expire at ${javaDate(at)}:`,
    ...bucket.map(describe),
  ]);
  return { buckets: buckets.size, text };
}

export function answerWchs(status: PeerStatus): string {
  const { connections, paths, watches } = status.watchSummary();
  return lines(`${connections} connections watching ${paths} paths`, `Total watches:${watches}`);
}

export function answerWchc(status: PeerStatus): string {
  const text = [...status.watchesBySession()].flatMap(([session, paths]) => [
    describeId(session),
    ...paths.map((path) => `\t${path}`),
  ]);
  return lines(...text, "");
}

export function answerWchp(status: PeerStatus): string {
  const text = [...status.watchesByPath()].flatMap(([path, sessions]) => [
    path,
    ...sessions.map((session) => `\t${describeId(session)}`),
  ]);
  return lines(...text, "");
}

export function answerHash(status: PeerStatus): string {
  const text = [...status.digests()].map(
    ({ zxid, digest }) => `${BigInt.asUintN(64, zxid).toString(16)}: ${BigInt.asIntN(64, digest)}`,
  );
  return lines(...text);
}
