/**
 * Quota's bookkeeping: which paths have a quota, and how much stands below them.
 *
 *   /zookeeper/quota<path>/zookeeper_limits    while it is there, <path> is registered
 *   /zookeeper/quota<path>/zookeeper_stats     holds count and bytes of the subtree with <path>
 *
 * Every server keeps the second text by itself: its data changes, its numbers do not, no
 * transaction tells of it and no digest shows it. Only the quota of the longest registered path
 * counts a change; a recount, when the stats node is made and when a snapshot was loaded, takes the
 * whole subtree. As the reference.
 *
 * Promises: never throws, whatever clients write into these nodes (divergences.md "quota-text"). A
 * change costs a set lookup for each part of its path, and nothing where no quota is. Only a
 * recount walks the subtree, within the turn that makes its stats node: a quarter of a microsecond
 * a node when they lie far apart in memory, so 250 ms for a million; at a load once over all of
 * them.
 * From: specification 2.11; 3.8.0 asked.
 */
import { textOf, utf8 } from "../base/bytes.ts";
import type { Quota } from "./data-tree.ts";
import { NO_NODE, type NodeId } from "./node-records.ts";
import { PathBytes } from "./path-bytes.ts";
import { formatQuota, parseQuota, QUOTA_TEXT_BYTES_MAX, type QuotaNumbers } from "./quota-text.ts";
import type { Znodes } from "./znodes.ts";

const QUOTA_ROOT = "/zookeeper/quota";
const QUOTA_PREFIX = `${QUOTA_ROOT}/`;
const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";

/** What a subtree weighs: nodes, and bytes of their data. */
type Weight = { count: number; bytes: number };

export class Quotas {
  private readonly znodes: Znodes;
  private readonly path = new PathBytes();
  /** Paths with a limits node. */
  private readonly paths = new Set<string>();

  constructor(znodes: Znodes) {
    this.znodes = znodes;
  }

  clear(): void {
    this.paths.clear();
  }

  /** No path has a quota. */
  get none(): boolean {
    return this.paths.size === 0;
  }

  /** Registers what stands in a tree that was loaded, and counts it anew. */
  rebuild(): void {
    this.paths.clear();
    const top = this.find(QUOTA_ROOT);
    if (top === NO_NODE) return;
    const { records } = this.znodes;
    for (let node = top; node !== NO_NODE; node = this.nextBelow(node, top)) {
      if (records.nameLengthOf(node) !== LIMITS.length) continue;
      const subject = subjectOf(records.pathOf(node), LIMITS);
      if (subject !== undefined && subject !== "") this.paths.add(subject);
    }
    // The longest first, so that what stands in several subtrees is counted once.
    const known = new Map<NodeId, Weight>();
    for (const subject of [...this.paths].sort((one, other) => other.length - one.length)) {
      this.fill(subject, known);
    }
  }

  /** A node with so many bytes of data has been made. */
  created(path: string, bytes: number): void {
    if (path.startsWith(QUOTA_PREFIX)) this.quotaNodeCreated(path);
    if (this.paths.size > 0) this.count(path, 1, bytes);
  }

  /** A node that had so many bytes of data is gone. */
  removed(path: string, bytes: number): void {
    if (path.startsWith(QUOTA_PREFIX)) {
      const subject = subjectOf(path, LIMITS);
      if (subject !== undefined) this.paths.delete(subject);
    }
    if (this.paths.size > 0) this.count(path, -1, -bytes);
  }

  /** A node's data has grown by so many bytes. */
  resized(path: string, bytes: number): void {
    if (this.paths.size > 0) this.count(path, 0, bytes);
  }

  /** The quota that counts a change at `path`, where limits and stats both have a meaning. */
  at(path: string): Quota | undefined {
    const subject = this.subjectFor(path);
    if (subject === undefined) return undefined;
    const limits = this.read(this.find(`${QUOTA_ROOT}${subject}/${LIMITS}`));
    const used = this.read(this.find(`${QUOTA_ROOT}${subject}/${STATS}`));
    if (limits === undefined || used === undefined) return undefined;
    return { path: subject, limits, used };
  }

  private quotaNodeCreated(path: string): void {
    const limited = subjectOf(path, LIMITS);
    // A quota on the root stops a 3.8 server; here it has no effect (divergences.md "quota-root").
    if (limited !== undefined && limited !== "") this.paths.add(limited);
    const counted = subjectOf(path, STATS);
    if (counted !== undefined) this.fill(counted, new Map());
  }

  /** The longest registered path that `path` is, or stands below. */
  private subjectFor(path: string): string | undefined {
    if (this.paths.size === 0) return undefined;
    for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
      const subject = path.slice(0, end);
      if (this.paths.has(subject)) return subject;
    }
    return undefined;
  }

  private count(path: string, nodes: number, bytes: number): void {
    const subject = this.subjectFor(path);
    if (subject === undefined) return;
    const stats = this.find(`${QUOTA_ROOT}${subject}/${STATS}`);
    const before = this.read(stats);
    if (before === undefined) return;
    const after = new Map(before);
    if (nodes !== 0) after.set("count", sum(before.get("count"), nodes));
    if (bytes !== 0) after.set("bytes", sum(before.get("bytes"), bytes));
    this.write(stats, after);
  }

  /** Counts the subtree anew; `known`: weights of parts of it, to which this one is added. */
  private fill(subject: string, known: Map<NodeId, Weight>): void {
    const weight = this.weigh(this.find(subject), known);
    const stats = this.find(`${QUOTA_ROOT}${subject}/${STATS}`);
    if (stats === NO_NODE) return;
    const numbers = [
      ["count", BigInt(weight.count)],
      ["bytes", BigInt(weight.bytes)],
    ] as const;
    this.write(stats, new Map(numbers));
  }

  private weigh(top: NodeId, known: Map<NodeId, Weight>): Weight {
    const { records } = this.znodes;
    const weight: Weight = { count: 0, bytes: 0 };
    for (let node = top; node !== NO_NODE; ) {
      const part = known.size === 0 ? undefined : known.get(node);
      weight.count += part?.count ?? 1;
      weight.bytes += part?.bytes ?? Math.max(records.dataLengthOf(node), 0);
      node = part === undefined ? this.nextBelow(node, top) : this.nextBeside(node, top);
    }
    if (top !== NO_NODE) known.set(top, weight);
    return weight;
  }

  /** The next node in preorder below `top`; NO_NODE after the last. */
  private nextBelow(node: NodeId, top: NodeId): NodeId {
    const child = this.znodes.records.firstChildOf(node);
    return child === NO_NODE ? this.nextBeside(node, top) : child;
  }

  /** The same, past everything below `node`. */
  private nextBeside(node: NodeId, top: NodeId): NodeId {
    const { records } = this.znodes;
    for (let at = node; at !== top; at = records.parentOf(at)) {
      const next = records.nextSiblingOf(at);
      if (next !== NO_NODE) return next;
    }
    return NO_NODE;
  }

  /** Looks a path up; it stays in `this.path`. */
  private find(path: string): NodeId {
    const { bytes, start, end } = this.path.hold(path);
    return this.znodes.find(bytes, start, end);
  }

  /** The node's numbers; undefined where there is no node, or no meaning in its text. */
  private read(node: NodeId): QuotaNumbers | undefined {
    if (node === NO_NODE) return undefined;
    const { records } = this.znodes;
    if (records.dataLengthOf(node) > QUOTA_TEXT_BYTES_MAX) return undefined;
    const data = records.dataOf(node);
    return data === null ? undefined : parseQuota(textOf(data));
  }

  /** Writes the text into the node that was looked up last. */
  private write(node: NodeId, numbers: QuotaNumbers): void {
    const bytes = utf8(formatQuota(numbers));
    this.znodes.setLocalData(node, this.path, { bytes, start: 0, end: bytes.length });
  }
}

/** The path whose quota node `path` is, when its last part is `name`; empty for the root. */
function subjectOf(path: string, name: string): string | undefined {
  const end = path.length - name.length - 1;
  if (path.charCodeAt(end) !== 0x2f || !path.endsWith(name)) return undefined;
  return path.slice(QUOTA_ROOT.length, end);
}

const sum = (before: bigint | undefined, change: number): bigint =>
  BigInt.asIntN(64, (before ?? -1n) + BigInt(change));
