/**
 * Session passwords, computed from the session id alone so that any server of an ensemble, Apache's
 * included, can check any session. They are no secret from whoever knows an id
 * (docs/divergences.md).
 *
 * From: specification 2.2: `java.util.Random(id XOR 0xB3415C00).nextBytes(16)`.
 */
import type { SessionId } from "../base/ids.ts";

const PASSWORD_BYTES = 16;
/** The password field of a refusal. */
export const NO_PASSWORD: Uint8Array = new Uint8Array(PASSWORD_BYTES);

const SUPER_SECRET = 0xb3415c00n;
const MULTIPLIER = 0x5deece66dn;
const INCREMENT = 0xbn;
const MASK_48 = (1n << 48n) - 1n;

/** What proves the right to a session. The caller owns the bytes. */
export type PasswordOf = (session: SessionId) => Uint8Array;

/** The 16 bytes that prove the right to `session`. The caller owns them. */
export function passwordOf(session: SessionId): Uint8Array {
  const password = new Uint8Array(PASSWORD_BYTES);
  const view = new DataView(password.buffer);
  let state = (BigInt.asUintN(64, session) ^ SUPER_SECRET ^ MULTIPLIER) & MASK_48;
  for (let at = 0; at < PASSWORD_BYTES; at += 4) {
    state = (state * MULTIPLIER + INCREMENT) & MASK_48;
    view.setUint32(at, Number(state >> 16n), true);
  }
  return password;
}
