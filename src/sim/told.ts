/**
 * How histories tell what nodes hold: short data as it is, long data by its length and sum; ACL
 * lists as text.
 */
import { crc32 } from "../base/crc32.ts";
import type { Acl } from "../records/data.ts";
import type { Told } from "./history.ts";

/** Data of at most this many bytes is told whole. */
const WHOLE_BYTES_MAX = 64;

/**
 * Equal bytes give equal texts; different bytes different ones, but for long ones of equal length
 * whose CRC-32 agrees by chance. Each byte of short data is one character.
 */
export function tell(data: Uint8Array | null): Told {
  if (data === null) return null;
  if (data.length <= WHOLE_BYTES_MAX) return String.fromCharCode(...data);
  return `${data.length} bytes, crc ${crc32(data).toString(16)}`;
}

/** `scheme:id:perms`, with commas between. */
export const tellAcl = (acl: readonly Acl[]): string =>
  acl.map(({ scheme, id, perms }) => `${scheme}:${id}:${perms}`).join();

/** What `tellAcl` has told; ids have no colon and no comma. */
export const aclOf = (told: string): readonly Acl[] =>
  told.split(",").map((each) => {
    const [scheme = "", id = "", perms] = each.split(":");
    return { scheme, id, perms: Number(perms) };
  });
