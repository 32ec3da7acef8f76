/**
 * SASL for programs: what a mechanism is, and how the client asks it. The exchange itself is the
 * machine's (client-core/sasl.ts).
 */
import type { Host } from "../client-core/connect-string.ts";
import type { SaslAnswer } from "../client-core/sasl.ts";

/**
 * One SASL exchange, on one connection. What it throws or rejects with ends the session in state
 * AUTH_FAILED, and its message is told.
 * @example
 * const plain: SaslExchange = {
 *   initial: new TextEncoder().encode("\0alice\0secret"),
 *   step: () => undefined, // the server took it: PLAIN has no more to say
 * };
 */
export interface SaslExchange {
  /** What the client says first; empty where the server speaks first. */
  readonly initial: Uint8Array;
  /**
   * The answer to a challenge, which belongs to the exchange and is empty where the server sent
   * none. Undefined: all is said, and the server has proved what the mechanism asks of it.
   */
  step(challenge: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}
/**
 * Begins an exchange with a server: called on each connection of a client.
 * @example const mechanism: SaslMechanism = digestMd5({ username: "alice", password: "secret" });
 */
export type SaslMechanism = (server: {
  readonly name: string;
  readonly port: number;
}) => SaslExchange | Promise<SaslExchange>;

/** Asks a client's mechanism, for the connection in use. */
export class Prover {
  private readonly mechanism: SaslMechanism | undefined;
  private exchange: SaslExchange | undefined;

  constructor(mechanism: SaslMechanism | undefined) {
    this.mechanism = mechanism;
  }

  /** Never rejects. Without a challenge a new exchange begins. */
  async answer(server: Host, challenge: Uint8Array | undefined): Promise<SaslAnswer> {
    try {
      const token = await this.say(server, challenge);
      return token === undefined ? { kind: "done" } : { kind: "token", token };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "failed", reason: `SASL: ${reason}` };
    }
  }

  private async say(server: Host, challenge?: Uint8Array): Promise<Uint8Array | undefined> {
    if (challenge !== undefined) return this.exchange?.step(challenge);
    const exchange = await this.mechanism?.(server);
    this.exchange = exchange;
    return exchange?.initial;
  }
}
