/** What a process has used, from /proc: CPU time and memory. Linux only. */
import { readFileSync } from "node:fs";

/** Of the kernel's clock for user space, on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;
const USER_TIME_FIELD = 11;

/** User and system time of all threads so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name of the command may hold anything; it ends at the last ")".
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[USER_TIME_FIELD]), Number(fields[USER_TIME_FIELD + 1])];
  return (user + system) / TICKS_PER_SECOND;
}

function statusMegabytes(pid: number, key: string): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const found = new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(status);
  if (found === null) throw new Error(`no ${key} for process ${pid}`);
  return Number(found[1]) / 1024;
}

/** Memory held now, in MB (2^20 bytes). */
export const residentMegabytes = (pid: number): number => statusMegabytes(pid, "VmRSS");
/** The most that it ever held, in MB. */
export const peakMegabytes = (pid: number): number => statusMegabytes(pid, "VmHWM");

/** CPU time of this process so far, in seconds. */
export function ownCpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
