/**
 * Facts about the process and the machine, for `envi`, `conf`, `dirs` and `mntr`. The answers take
 * them as data and functions, so that they can be tested; `environmentOf` asks the real machine.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { arch, freemem, homedir, hostname, release, totalmem, type, userInfo } from "node:os";
import { join } from "node:path";
import { memoryUsage } from "node:process";
import type { Millis } from "../base/ids.ts";

/** The version of the reference whose behaviour is kept. Clients parse its digits. */
const REFERENCE_VERSION = "3.9.5";

export type Environment = {
  /** Of this package. */
  readonly version: string;
  /** As the reference writes it: `2026-11-22 17:54 UTC`. */
  readonly builtOn: string;
  readonly hostName: string;
  readonly nodeVersion: string;
  readonly osName: string;
  /** As Java names it: `amd64`, `aarch64`. */
  readonly osArch: string;
  readonly osVersion: string;
  readonly userName: string;
  readonly userHome: string;
  readonly userDir: string;
  now(): Millis;
  /** The port that really listens; the configured one may be 0. */
  clientPort(): number;
  /** As clientPort, for clients with TLS. */
  secureClientPort(): number;
  /** Bytes: free in the machine, in the machine, used by this process. */
  memory(): { readonly free: number; readonly max: number; readonly total: number };
  /** Bytes of the files in a folder and the folders in it; 0 when there is none. */
  folderBytes(path: string): number;
  /** Files open in this process, and how many may be; -1 where the system does not tell. */
  fileDescriptors(): { readonly open: number; readonly max: number };
};

/** `3.9.5-quoll-0.1.0, built on 2026-11-22 17:54 UTC`: the grammar that clients parse. */
export const versionText = (environment: Pick<Environment, "version" | "builtOn">): string =>
  `${REFERENCE_VERSION}-quoll-${environment.version}, built on ${environment.builtOn}`;

type Known = Pick<
  Environment,
  "version" | "builtOn" | "userDir" | "now" | "clientPort" | "secureClientPort"
>;

/** The machine that this process runs on. */
export function environmentOf(known: Known): Environment {
  return {
    ...known,
    hostName: hostname(),
    nodeVersion: process.version,
    osName: type(),
    osArch: JAVA_ARCH[arch()] ?? arch(),
    osVersion: release(),
    userName: userName(),
    userHome: homedir(),
    memory: () => ({ free: freemem(), max: totalmem(), total: memoryUsage.rss() }),
    folderBytes,
    fileDescriptors,
  };
}

const JAVA_ARCH: Readonly<Record<string, string>> = { x64: "amd64", arm64: "aarch64" };

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // Containers run under numbers that have no name; Java prints a question mark too.
    return "?";
  }
}

function folderBytes(path: string): number {
  let bytes = 0;
  for (const entry of entriesOf(path)) {
    const inside = join(path, entry.name);
    bytes += entry.isDirectory() ? folderBytes(inside) : fileBytes(inside);
  }
  return bytes;
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** A log or snapshot may be purged between the listing and the look at it. */
function fileBytes(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Linux tells in /proc; elsewhere nobody does without a native module. */
function fileDescriptors(): { readonly open: number; readonly max: number } {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    // The listing itself holds one of those it lists.
    const open = readdirSync("/proc/self/fd").length - 1;
    return { open, max: limit === null ? -1 : Number(limit[1]) };
  } catch (error) {
    if (isMissing(error)) return { open: -1, max: -1 };
    throw error;
  }
}
