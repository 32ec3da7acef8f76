/** What bench/clients.ts asks of the processes that each run one client, and what they answer. */

/** The clients that are compared: Quoll's, and the npm packages of these names. */
export const CLIENT_NAMES = ["quoll", "zookeeper", "node-zookeeper-client"] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

export type ClientJob = {
  readonly client: ClientName;
  readonly port: number;
  /** The server, whose processor time is read over the measured time. */
  readonly serverPid: number;
  readonly operation: "get" | "set";
  readonly connections: number;
  /** Calls that each connection keeps unanswered. */
  readonly inFlight: number;
  readonly dataBytes: number;
  readonly warmupMs: number;
  readonly measureMs: number;
};

export type ClientResult = {
  readonly perSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  readonly errors: number;
  /** Processor time of the client, all its threads, for one call. */
  readonly cpuMicros: number;
  /** Processor seconds per second of the measured time. */
  readonly clientCpu: number;
  readonly serverCpu: number;
};
