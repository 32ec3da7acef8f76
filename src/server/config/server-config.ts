/**
 * The configuration that a server runs with: every value read, checked, scaled to the unit in its
 * name, and with its default filled in.
 */
import type { OptionValues } from "./options.ts";
import type { ServerLine } from "./server-lines.ts";

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
  /** The words that are answered: `srvr` and those allowed, `*` expanded by whoever asks. */
  readonly fourLetterWords: readonly string[];
  /** The file it came from; undefined for the command line's form. */
  readonly configFile: string | undefined;
  /** The `server.N` lines; at most one until ensembles exist. */
  readonly servers: readonly ServerLine[];
};

export type ServerConfig = Omit<OptionValues, keyof Settled> & Settled;

export type LoadedConfig = {
  readonly config: ServerConfig;
  /** What the administrator should know: keys without effect, values corrected. One line each. */
  readonly notes: readonly string[];
};
