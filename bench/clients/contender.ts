/** A client as the measurement drives it: each driver puts its client's own calls behind this. */

/** Called with what went wrong, or with nothing. */
export type Done = (failure?: unknown) => void;

export interface Contender {
  /** Reads the data and the Stat of `path`. */
  get(path: string, done: Done): void;
  /** Writes `data` whatever the version, and learns the Stat. */
  set(path: string, data: Buffer, done: Done): void;
}

/** A client with a session at a server of this machine. It ends with its process. */
export type Open = (port: number) => Promise<Contender>;
