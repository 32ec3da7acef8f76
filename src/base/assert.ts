/**
 * Assertions: for our own mistakes only. They hold in production too, because a stopped server is
 * safe and a wrong one is not. What others send wrongly is a `ProtocolError` (errors.ts), never an
 * assertion.
 */

/**
 * A condition that our own code promised does not hold. Nobody catches it but the process's last
 * line.
 */
export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** Throws `AssertionFailed` with `claim` unless `condition` holds. One condition at a time. */
export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new AssertionFailed(claim);
}

/** The default branch of a total switch: a new kind fails to compile here. */
export function unreachable(value: never): never {
  throw new AssertionFailed(`unreachable: ${JSON.stringify(value)}`);
}
