/**
 * The nodes that hold a quota, and their text. The limits of `/a/b` stand in
 * `/zookeeper/quota/a/b/zookeeper_limits`, what there is in `zookeeper_stats` beside it:
 *
 *   count=5,bytes=100=;byteHardLimit=170;countHardLimit=7        -1: no limit
 *
 * The server counts; a shell makes and changes the limits. From: reference `StatsTrack`.
 */
import type { ZooKeeper } from "../client/index.ts";
import { CliError } from "./command.ts";
import { ifThere } from "./nodes.ts";
import { childPath } from "./subtree.ts";
import { dataText } from "./texts.ts";

export const QUOTA_ROOT = "/zookeeper/quota";
const LIMITS = "zookeeper_limits";
const STATS = "zookeeper_stats";

export type Limits = {
  readonly count: bigint;
  readonly bytes: bigint;
  readonly countHard: bigint;
  readonly bytesHard: bigint;
};
export const NO_LIMITS: Limits = { count: -1n, bytes: -1n, countHard: -1n, bytesHard: -1n };

/** The folder of the quota of `path`. */
const folderOf = (path: string): string => `${QUOTA_ROOT}${path}`;
export const limitsPath = (path: string): string => `${folderOf(path)}/${LIMITS}`;
export const statsPath = (path: string): string => `${folderOf(path)}/${STATS}`;

export const limitsText = ({ count, bytes, countHard, bytesHard }: Limits): string =>
  `count=${count},bytes=${bytes}=;byteHardLimit=${bytesHard};countHardLimit=${countHard}`;

/** Also the text of older versions, which has no hard limits. A number that is none is -1. */
export function parseLimits(text: string): Limits {
  const numbers = new Map<string, bigint>();
  for (const part of text.split(/[,;]/)) {
    const [, key, digits] = /^(\w+)=(-?\d+)=?$/.exec(part) ?? [];
    if (key !== undefined) numbers.set(key, BigInt(digits!));
  }
  const of = (key: string): bigint => numbers.get(key) ?? -1n;
  return {
    count: of("count"),
    bytes: of("bytes"),
    countHard: of("countHardLimit"),
    bytesHard: of("byteHardLimit"),
  };
}

/** The text of a node; undefined where there is none. */
export async function textAt(zk: ZooKeeper, path: string): Promise<string | undefined> {
  const found = await ifThere(zk.getData(path));
  return found === undefined ? undefined : dataText(found.data);
}

/** Throws `CliError` when a node above or below `path` has a quota: one branch has one at most. */
export async function checkBranch(zk: ZooKeeper, path: string): Promise<void> {
  const below = await quotaBelow(zk, path, true);
  if (below !== undefined) throw new CliError(`${path} has a child ${below} which has a quota`);
  const parts = path.split("/").slice(1, -1);
  for (let count = 1; count <= parts.length; count++) {
    const above = `/${parts.slice(0, count).join("/")}`;
    if ((await zk.exists(limitsPath(above))) === undefined) continue;
    throw new CliError(`${path} has a parent ${above} which has a quota`);
  }
}

/** The first node below `path` with a quota. `isTop`: that of `path` itself does not count. */
async function quotaBelow(
  zk: ZooKeeper,
  path: string,
  isTop: boolean,
): Promise<string | undefined> {
  const children = (await ifThere(zk.getChildren(folderOf(path)))) ?? [];
  if (!isTop && children.includes(LIMITS)) return path;
  for (const name of children) {
    if (name === LIMITS || name === STATS) continue;
    const found = await quotaBelow(zk, childPath(path, name), false);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Makes the nodes of a quota; those above them where they are missing. */
export async function makeQuota(zk: ZooKeeper, path: string, limits: Limits): Promise<void> {
  const parts = path.split("/").slice(1);
  const folders = parts.map((_, at) => folderOf(`/${parts.slice(0, at + 1).join("/")}`));
  for (const folder of folders) {
    if ((await zk.exists(folder)) === undefined) await zk.create(folder);
  }
  await zk.create(limitsPath(path), limitsText(limits));
  // The server puts what there is in its place.
  await zk.create(statsPath(path), "count=0,bytes=0");
}

/** Deletes the nodes of a quota, and those above them that hold nothing more. */
export async function deleteQuota(zk: ZooKeeper, path: string): Promise<void> {
  await zk.delete(limitsPath(path));
  await zk.delete(statsPath(path));
  let folder = folderOf(path);
  while (folder !== QUOTA_ROOT && (await zk.getChildren(folder)).length === 0) {
    await zk.delete(folder);
    folder = folder.slice(0, folder.lastIndexOf("/"));
  }
}
