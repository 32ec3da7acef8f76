/** The reads that need no more than one node, by their codes. */
import { exists } from "./exists.ts";
import { getChildren, getChildren2 } from "./get-children.ts";
import { getData } from "./get-data.ts";
import type { NodeRead } from "./operation.ts";

export const NODE_READS: ReadonlyMap<number, NodeRead> = new Map(
  [exists, getData, getChildren, getChildren2].map((operation) => [operation.code, operation]),
);
