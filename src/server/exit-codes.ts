/** What the process says to whoever started it. From: reference `ExitCode`; seen with 3.8.0. */
export const ExitCode = {
  finished: 0,
  unexpectedError: 1,
  /** Arguments or configuration. */
  invalidInvocation: 2,
  unableToAccessDatadir: 3,
  errorStartingAdminServer: 4,
  errorTakingSnapshot: 10,
  unmatchedTxnCommit: 12,
  quorumPacketError: 13,
  unableToBindQuorumPort: 14,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
