/**
 * The chroot of a connect string: the caller's `/` is a node further down on the server. Everything
 * behind this file (requests, watches) speaks the server's paths; callers and events speak the
 * caller's.
 */

export class Chroot {
  /** Empty, or a valid path other than `/`. */
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** The server's path of the caller's `path`. */
  under(path: string): string {
    if (this.root === "") return path;
    return path === "/" ? this.root : this.root + path;
  }

  /** The caller's path of the server's `path`. What lies outside the chroot keeps its name. */
  strip(path: string): string {
    if (this.root === "" || !path.startsWith(this.root)) return path;
    if (path.length === this.root.length) return "/";
    return path[this.root.length] === "/" ? path.slice(this.root.length) : path;
  }
}

export const NO_CHROOT = new Chroot("");
