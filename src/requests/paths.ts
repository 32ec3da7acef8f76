/**
 * Path rules. From: specification 2.9 (and 2.8 for the nodes that cannot be deleted).
 */

/** UTF-16 units that no path holds: controls, surrogates, private use, specials. Sorted ranges. */
const FORBIDDEN_UNITS: ReadonlyArray<readonly [from: number, to: number]> = [
  [0x0000, 0x001f],
  [0x007f, 0x009f],
  [0xd800, 0xf8ff],
  [0xfff0, 0xffff],
];

const isForbidden = (unit: number): boolean =>
  FORBIDDEN_UNITS.some(([from, to]) => unit >= from && unit <= to);

/** Paths of the reference's own nodes: deleting one is refused. `""` is the root too. */
const RESERVED = new Set(["", "/", "/zookeeper", "/zookeeper/quota", "/zookeeper/config"]);
export const isReserved = (path: string): boolean => RESERVED.has(path);

const SLASH = 0x2f;
const DOT = 0x2e;

/** The full rule: what a node's final path must satisfy. */
export function isValidPath(path: string): boolean {
  if (path === "/") return true;
  if (!path.startsWith("/") || path.endsWith("/")) return false;
  let partStart = 1;
  for (let at = 1; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code === SLASH) {
      if (isNoName(path, partStart, at)) return false;
      partStart = at + 1;
    } else if ((code < 0x20 || code > 0x7e) && isForbidden(code)) return false;
  }
  return !isNoName(path, partStart, path.length);
}

/** Whether `path[start, end)` is empty, `.` or `..`. */
function isNoName(path: string, start: number, end: number): boolean {
  const length = end - start;
  if (length > 2) return false;
  for (let at = start; at < end; at++) if (path.charCodeAt(at) !== DOT) return false;
  return true;
}

/** The rule that create and delete ask first: there is a parent to look for, and no NUL. */
export const hasParent = (path: string): boolean => path.includes("/") && !path.includes("\0");

/** Path of the parent; `"/"` for top-level nodes. `path` contains a slash. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}
