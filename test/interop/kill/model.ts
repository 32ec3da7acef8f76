/**
 * What one writing session must find after a crash. Its requests take effect in order, so the
 * server holds what was acknowledged and then the first few, or none, or all, of what was not.
 *
 * The znodes of a session are its own: nobody else writes them.
 */
import type { Zxid } from "../../../src/base/ids.ts";

/** A change to one znode, without conditions. */
export type Change =
  | {
      readonly kind: "create";
      readonly path: string;
      readonly data: string;
      readonly owned: boolean;
    }
  | { readonly kind: "set"; readonly path: string; readonly data: string }
  | { readonly kind: "delete"; readonly path: string };

/** One request: all its changes or none. */
export type Write = { readonly changes: readonly Change[] };

export type Node = {
  readonly data: string;
  readonly version: number;
  /** Ephemeral. */
  readonly owned: boolean;
  /** Known once the write was acknowledged or read back. */
  readonly czxid: Zxid | null;
  readonly mzxid: Zxid | null;
};
export type Nodes = ReadonlyMap<string, Node>;

/** `nodes` after `write` under `zxid`; null where the zxid was never told. */
export function after(nodes: Nodes, write: Write, zxid: Zxid | null): Nodes {
  const next = new Map(nodes);
  for (const change of write.changes) {
    const old = next.get(change.path);
    if (change.kind === "delete") next.delete(change.path);
    else if (change.kind === "create") {
      const { data, owned } = change;
      next.set(change.path, { data, owned, version: 0, czxid: zxid, mzxid: zxid });
    } else if (old !== undefined) {
      next.set(change.path, { ...old, data: change.data, version: old.version + 1, mzxid: zxid });
    }
  }
  return next;
}

/** Why `found` is not `expected`; null when it is. Zxids count where they are known. */
export function difference(expected: Nodes, found: Nodes): string | null {
  for (const [path, want] of expected) {
    const have = found.get(path);
    if (have === undefined) return `${path} is lost`;
    if (have.data !== want.data) return `${path} holds ${have.data}, not ${want.data}`;
    if (have.version !== want.version)
      return `${path} has version ${have.version}, not ${want.version}`;
    if (have.owned !== want.owned) return `${path} has the wrong kind`;
    if (want.czxid !== null && have.czxid !== want.czxid) return `${path} has another czxid`;
    if (want.mzxid !== null && have.mzxid !== want.mzxid) return `${path} has another mzxid`;
  }
  for (const path of found.keys()) if (!expected.has(path)) return `${path} should not be there`;
  return null;
}

/**
 * How many of the unacknowledged `writes` took effect, so that `found` follows from `acknowledged`;
 * or why no number explains it.
 */
export function explain(
  acknowledged: Nodes,
  writes: readonly Write[],
  found: Nodes,
): { readonly kept: number } | { readonly why: string } {
  let nodes = acknowledged;
  const first = difference(nodes, found);
  if (first === null) return { kept: 0 };
  for (const [at, write] of writes.entries()) {
    nodes = after(nodes, write, null);
    if (difference(nodes, found) === null) return { kept: at + 1 };
  }
  return { why: first };
}
