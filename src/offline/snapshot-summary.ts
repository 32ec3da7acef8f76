/** What a snapshot holds, counted. */
import { describeId } from "../base/ids.ts";
import type { FoundSnapshot } from "./places.ts";
import { kindOf, type LoadedSnapshot, type SnapshotNode } from "./snapshot-load.ts";
import { type JsonRecord, oneLine } from "./txn-text.ts";

const NAMED_MAX = 5;

type Counts = {
  readonly nodes: number;
  readonly dataBytes: number;
  readonly ephemerals: number;
  readonly containers: number;
  readonly ttls: number;
  /** The deepest node; the root is 0 deep. */
  readonly depth: number;
  readonly sessions: number;
  readonly largest: ReadonlyArray<readonly [path: string, dataBytes: number]>;
  readonly widest: ReadonlyArray<readonly [path: string, children: number]>;
};

export function summaryLines(at: FoundSnapshot, loaded: LoadedSnapshot): readonly string[] {
  const counts = count(loaded);
  const { nodes, dataBytes, depth, sessions } = counts;
  const { ephemerals, containers, ttls } = counts;
  return [
    `${at.path}: begun at ${describeId(at.snapshot.zxid)}, ${trailerText(loaded)}`,
    `${nodes} nodes, ${dataBytes} bytes of data, ${depth} deep, ${sessions} sessions`,
    `${ephemerals} ephemerals, ${containers} containers, ${ttls} with ttl`,
    `largest: ${counts.largest.map(named).join(", ")}`,
    `most children: ${counts.widest.map(named).join(", ")}`,
  ];
}

const named = ([path, value]: readonly [string, number]): string => `${oneLine(path)} ${value}`;

function trailerText({ info: { digest, lastProcessed } }: LoadedSnapshot): string {
  const last = lastProcessed === undefined ? "" : `, last processed ${describeId(lastProcessed)}`;
  if (digest === undefined) return `without a digest${last}`;
  const value = digest.tree === undefined ? "of an old version" : describeId(digest.tree);
  return `digest ${value} at ${describeId(digest.zxid)}${last}`;
}

export function summaryJson(at: FoundSnapshot, loaded: LoadedSnapshot): JsonRecord {
  const { largest, widest, ...counts } = count(loaded);
  const { digest, lastProcessed } = loaded.info;
  return {
    file: at.path,
    zxid: describeId(at.snapshot.zxid),
    digest: digest?.tree === undefined ? null : describeId(digest.tree),
    digestZxid: digest === undefined ? null : describeId(digest.zxid),
    lastProcessed: lastProcessed === undefined ? null : describeId(lastProcessed),
    ...counts,
    largest: largest.map(([path, dataBytes]) => ({ path, dataBytes })),
    mostChildren: widest.map(([path, children]) => ({ path, children })),
  };
}

function count({ nodes, sessions }: LoadedSnapshot): Counts {
  const kinds = { none: 0, session: 0, container: 0, ttl: 0 };
  const children = new Map<string, number>();
  let dataBytes = 0;
  let depth = 0;
  for (const node of nodes) {
    const { path } = node;
    kinds[kindOf(node).kind]++;
    dataBytes += node.dataBytes ?? 0;
    if (path === "/") continue;
    const parts = path.split("/");
    depth = Math.max(depth, parts.length - 1);
    const parent = parts.slice(0, -1).join("/") || "/";
    children.set(parent, (children.get(parent) ?? 0) + 1);
  }
  return {
    nodes: nodes.length,
    dataBytes,
    ephemerals: kinds.session,
    containers: kinds.container,
    ttls: kinds.ttl,
    depth,
    sessions: sessions.size,
    largest: most(nodes.map(sized)),
    widest: most([...children]),
  };
}

const sized = ({ path, dataBytes }: SnapshotNode): [string, number] => [path, dataBytes ?? 0];

const most = (rows: ReadonlyArray<[string, number]>): ReadonlyArray<[string, number]> =>
  rows.toSorted(([, a], [, b]) => b - a).slice(0, NAMED_MAX);
