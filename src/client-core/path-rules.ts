/**
 * Which paths name a znode. Checked before a request is sent, so that a mistake is told in words
 * and costs no round trip. From: specification 2.9.
 */

/** UTF-16 units that no path holds: control characters, surrogates, private use, specials. */
const isForbidden = (unit: number): boolean =>
  unit <= 0x1f ||
  (unit >= 0x7f && unit <= 0x9f) ||
  (unit >= 0xd800 && unit <= 0xf8ff) ||
  unit >= 0xfff0;

/** What is wrong with `path`, in words that end a sentence; undefined for a valid path. */
export function pathFault(path: string): string | undefined {
  if (path === "") return "Path length must be > 0";
  if (path[0] !== "/") return "Path must start with / character";
  if (path === "/") return undefined;
  if (path.endsWith("/")) return "Path must not end with / character";
  for (let at = 0; at < path.length; at++) {
    if (isForbidden(path.charCodeAt(at))) return faultAt(path, `invalid character @${at}`);
  }
  for (let start = 1; start <= path.length; ) {
    const slash = path.indexOf("/", start);
    const end = slash === -1 ? path.length : slash;
    if (start === end) return faultAt(path, "empty node name specified");
    if (isRelative(path, start, end)) return faultAt(path, "relative paths not allowed");
    start = end + 1;
  }
  return undefined;
}

/** True when the name at `[start, end)` is `.` or `..`. */
const isRelative = (path: string, start: number, end: number): boolean =>
  path[start] === "." && (end - start === 1 || (end - start === 2 && path[start + 1] === "."));

/** As `pathFault`, for the path of a sequential create: the server adds digits at its end. */
export const sequentialPathFault = (path: string): string | undefined => pathFault(`${path}0`);

const faultAt = (path: string, what: string): string => `Invalid path string "${path}": ${what}`;
