/** What applying a transaction did, and who is told of the changes in it. */

import type { EventType } from "../records/constants.ts";
import type { Acl, Stat } from "../records/data.ts";
import type { NodeId } from "./node-records.ts";

/** What one transaction did. `node` handles are valid until the next `apply`. */
export type Applied =
  | { readonly kind: "created"; readonly path: string; readonly node: NodeId }
  /** setData, setACL, reconfig. */
  | { readonly kind: "changed"; readonly node: NodeId }
  /** delete, check, sessions. */
  | { readonly kind: "done" }
  /** Without effect. `err` is an error code, also that of an error transaction. */
  | { readonly kind: "failed"; readonly err: number }
  | { readonly kind: "multi"; readonly results: readonly MultiApplied[] };

/** What one element of a multi did, with the Stat right after it. */
export type MultiApplied =
  | { readonly kind: "created"; readonly path: string; readonly stat: Stat }
  | { readonly kind: "changed"; readonly stat: Stat }
  | { readonly kind: "done" }
  /** In a multi with an error no element has an effect; those before the error have code 0. */
  | { readonly kind: "failed"; readonly err: number };

/** Told of every change, in the order of specification 2.10, right after the step that made it. */
export interface ChangeSink {
  /**
   * `path` begins with a slash. `acl` is the node's own list, for a deleted node the one it had; for
   * nodeChildrenChanged the parent's.
   */
  changed(type: EventType, path: string, acl: readonly Acl[]): void;
}
