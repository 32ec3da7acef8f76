/**
 * `mntr`: every metric on a line, `zk_<name>`, a tab, the value. What is printed and what is not is
 * decided in metric-table.ts.
 */
import { describeReading, Metrics, type Reading } from "../base/metrics.ts";
import type { PeerStatus, ServerMode } from "../peer/status.ts";
import { type Environment, versionText } from "./environment.ts";
import { METRIC_TABLE } from "./metric-table.ts";

export function answerMntr(status: PeerStatus, environment: Environment, metrics: Metrics): string {
  const readings = [
    ...gauges(status, environment),
    ...ensembleGauges(status),
    ...metrics.readings(),
  ];
  const measured = new Set(readings.map(({ name }) => name));
  for (const zero of zeros(status)) if (!measured.has(zero.name)) readings.push(zero);
  const texts = [
    ["version", versionText(environment)],
    ["server_state", status.mode],
    ...peerState(status),
    ...readings.map((reading) => [reading.name, describeReading(reading)]),
  ];
  return texts.map(([name, value]) => `zk_${name}\t${value}\n`).join("");
}

/** Words are answered only by those who serve: then what was decided is broadcast. */
function peerState({ mode, ensemble }: PeerStatus): string[][] {
  const role = ROLES[mode];
  return ensemble === undefined || role === undefined
    ? []
    : [["peer_state", `${role} - broadcast`]];
}

const ROLES: Readonly<Partial<Record<ServerMode, string>>> = {
  leader: "leading",
  follower: "following",
  observer: "observing",
};

function ensembleGauges({ ensemble }: PeerStatus): Reading[] {
  if (ensemble === undefined) return [];
  const size = whole("quorum_size", ensemble.quorumSize);
  const { leading, observed } = ensemble;
  if (observed !== undefined) return [size, whole("observer_master_id", Number(observed))];
  if (leading === undefined) return [size];
  const { last, min, max } = leading.proposalBytes;
  return [
    size,
    whole("learners", leading.learners),
    whole("synced_followers", leading.syncedFollowers),
    whole("synced_non_voting_followers", leading.syncedNonVotingFollowers),
    whole("synced_observers", leading.syncedObservers),
    whole("pending_syncs", leading.pendingSyncs),
    whole("leader_uptime", Math.round(leading.uptimeMs)),
    whole("last_proposal_size", last),
    whole("min_proposal_size", min),
    whole("max_proposal_size", max),
  ];
}

function gauges(status: PeerStatus, environment: Environment): Reading[] {
  const { latency, responseBytes } = status;
  const files = environment.fileDescriptors();
  return [
    whole("ephemerals_count", status.ephemeralsCount),
    whole("num_alive_connections", [...status.connections()].length),
    { name: "avg_latency", value: latency.avgMs, decimal: true },
    whole("outstanding_requests", status.outstandingRequests),
    whole("znode_count", status.znodeCount),
    whole("global_sessions", status.globalSessions),
    whole("last_client_response_size", responseBytes.last),
    whole("packets_sent", status.packetsSent),
    whole("packets_received", status.packetsReceived),
    whole("max_client_response_size", responseBytes.max),
    whole("watch_count", status.watchCount),
    whole("min_latency", latency.minMs),
    whole("max_file_descriptor_count", files.max),
    whole("approximate_data_size", status.approximateDataSize),
    whole("open_file_descriptor_count", files.open),
    whole("local_sessions", status.localSessions),
    whole("uptime", environment.now() - status.startedAt),
    whole("max_latency", latency.maxMs),
    whole("min_client_response_size", responseBytes.min),
    {
      name: "connection_drop_probability",
      value: status.connectionDropProbability,
      decimal: true,
    },
  ];
}

const whole = (name: string, value: number): Reading => ({ name, value, decimal: false });

/** The names whose 0 is the truth, in the shape of their kind. */
function zeros({ ensemble }: PeerStatus): Reading[] {
  const untouched = new Metrics();
  const readings: Reading[] = [];
  for (const { name, kind, source } of METRIC_TABLE) {
    if (source !== "zero" && (source !== "standalone" || ensemble !== undefined)) continue;
    if (kind === "gauge") {
      readings.push({ name, value: 0, decimal: false });
    } else if (kind === "counter") untouched.counter(name);
    else if (kind === "summary") untouched.summary(name);
    else untouched.percentiles(name);
  }
  return [...readings, ...untouched.readings()];
}
