/** Reads ACL lists as the shell's users write them: `scheme:id:crwda,scheme:id:r`. */
import { type Acl, permsOf } from "../client/index.ts";
import { CliError } from "./command.ts";

/**
 * Throws `CliError` for an entry that is none. The reference leaves such an entry out, and takes a
 * letter it does not know for no permission: a slip of the finger then sets another ACL than was
 * meant.
 */
export const parseAcl = (text: string): readonly Acl[] => text.split(",").map(parseEntry);

function parseEntry(text: string): Acl {
  const first = text.indexOf(":");
  const last = text.lastIndexOf(":");
  if (first < 0 || first === last) {
    throw new CliError(`${text} does not have the form scheme:id:perm`);
  }
  const letters = text.slice(last + 1);
  const perms = permsOf(letters);
  if (perms === undefined) throw new CliError(`Unknown perm type: ${letters}`);
  return { perms, scheme: text.slice(0, first), id: text.slice(first + 1, last) };
}
