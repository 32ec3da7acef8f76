/**
 * Errors about what came from outside: bytes of a client, a peer or a file. They carry a code to
 * tell them apart by, and details for the one log line that they cause.
 */

export type ProtocolErrorCode =
  | "FRAME_TOO_LARGE"
  | "FRAME_NEGATIVE"
  | "FRAME_TOO_SHORT"
  | "RECORD_TOO_SHORT"
  | "LENGTH_OUT_OF_RANGE"
  | "UNEXPECTED_NULL"
  | "LARGE_REQUESTS_FULL"
  | "MIXED_MULTI"
  | "UNKNOWN_TYPE"
  | "BAD_VALUE";

export type ErrorDetails = Readonly<Record<string, string | number | bigint | boolean>>;

/** Bytes that do not follow the protocol. Whoever owns the connection or file decides what ends. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ProtocolErrorCode, details: ErrorDetails = {}) {
    const told = Object.entries(details).map(([key, value]) => `${key}=${value}`);
    super([code, ...told].join(" "));
    this.code = code;
    this.details = details;
  }
}
