/**
 * The configuration that a server runs with: every value read, checked, scaled to the unit in its
 * name, and with its default filled in.
 */
import type { ServerId } from "../../base/ids.ts";
import type { Ensemble } from "../../quorum/ensemble.ts";
import type { Member } from "../../quorum/server-line.ts";
import type { OptionValues } from "./options.ts";
import type { Setting } from "./settings.ts";

/**
 * What is derived from several keys, or must not be missing. Documented at each row of options.ts.
 */
type Settled = {
  /**
   * 1 to 65535; 0 asks for any free port, which only the command line's form can do. Undefined:
   * clients come to secureClientPort only.
   */
  readonly clientPort: number | undefined;
  readonly dataDir: string;
  readonly dataLogDir: string;
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** The lines `authProvider.<name>=<module>`, in the order of the names. */
  readonly authProviders: readonly Setting[];
  /** The words that are answered: `srvr` and those allowed, `*` expanded by whoever asks. */
  readonly fourLetterWords: readonly string[];
  /** The file it came from; undefined for the command line's form. */
  readonly configFile: string | undefined;
  /** Undefined for a standalone server. */
  readonly ensemble: EnsembleConfig | undefined;
};

/** The ensemble that a server is a member of. */
export type EnsembleConfig = {
  readonly self: ServerId;
  /** Its own line among them. */
  readonly own: Member;
  readonly config: Ensemble;
};

export type ServerConfig = Omit<OptionValues, keyof Settled> & Settled;

export type LoadedConfig = {
  readonly config: ServerConfig;
  /** What the administrator should know: keys without effect, values corrected. One line each. */
  readonly notes: readonly string[];
};
