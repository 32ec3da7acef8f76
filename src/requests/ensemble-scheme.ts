/**
 * The ensemble scheme: a client names the ensemble that it wants, and a server of another one hangs
 * up, so that the client goes on to the next address. It proves nobody's identity.
 * From: `EnsembleAuthenticationProvider`; 3.8.0 asked.
 */
import { type AuthScheme, CLOSE_SILENTLY } from "./auth-scheme.ts";

export type EnsembleCounts = {
  readonly success: () => void;
  readonly fail: () => void;
  /** The client named nothing, or this server has no names. */
  readonly skip: () => void;
};

/** `names`: those of this ensemble, parted by commas. */
export function ensemble(names: string, count: EnsembleCounts): AuthScheme {
  const ours = new Set(
    names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );
  return {
    name: "ensemble",
    isValid: () => false,
    matches: () => false,
    authenticates: false,
    authenticate(credential) {
      if (ours.size === 0 || credential === null || credential.length === 0) {
        count.skip();
        return [];
      }
      if (ours.has(new TextDecoder("utf-8", { ignoreBOM: true }).decode(credential))) {
        count.success();
        return [];
      }
      count.fail();
      return CLOSE_SILENTLY;
    },
  };
}
