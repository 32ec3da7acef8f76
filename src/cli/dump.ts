/**
 * A subtree as JSON, for `export` and `import`:
 *
 *   {"format": "quoll-subtree", "version": 1, "path": "/app", "nodes": [
 *     {"path": "", "data": "text", "acl": [{"scheme": "world", "id": "anyone", "perms": "cdrwa"}]},
 *     {"path": "a/b", "data": "AAE=", "encoding": "base64", "acl": [...]}]}
 *
 * Paths are relative to the top, parents come before children. Data is text where it is UTF-8.
 */
import { type Acl, permsOf } from "../client/index.ts";
import { CliError } from "./command.ts";
import type { Json } from "./output.ts";
import type { Seed } from "./plant.ts";
import { aclValue, dataValue } from "./texts.ts";

const FORMAT = "quoll-subtree";
const VERSION = 1;

export const dumpValue = (path: string, seeds: readonly Seed[]): Json => ({
  format: FORMAT,
  version: VERSION,
  path,
  nodes: seeds.map(({ relative, data, acl }) => ({
    path: relative,
    ...dataValue(data),
    ...(acl === undefined ? {} : { acl: aclValue(acl) }),
  })),
});

/** Throws `CliError` for text that is no such JSON. */
export function parseDump(text: string): readonly Seed[] {
  const dump = objectOf(parsed(text), "the file");
  if (dump["format"] !== FORMAT || dump["version"] !== VERSION) {
    throw new CliError(`the file is no ${FORMAT} of version ${VERSION}`);
  }
  const { nodes } = dump;
  if (!Array.isArray(nodes)) throw new CliError(`"nodes" is no list`);
  const seeds = nodes.map(seedOf);
  const known = new Set<string>();
  for (const { relative } of seeds) {
    if (known.has(relative)) throw new CliError(`"${relative}" is there twice`);
    known.add(relative);
  }
  return seeds;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`the file is no JSON: ${(error as Error).message}`);
  }
}

function seedOf(node: unknown, at: number): Seed {
  const about = `node ${at}`;
  const { path, data, encoding, acl } = objectOf(node, about);
  if (typeof path !== "string" || path.startsWith("/")) {
    throw new CliError(`${about} has no relative path`);
  }
  if (data !== null && typeof data !== "string") throw new CliError(`${about} has no data`);
  if (encoding !== undefined && encoding !== "base64") {
    throw new CliError(`${about} has an unknown encoding`);
  }
  const bytes = data === null ? null : new Uint8Array(Buffer.from(data, encoding ?? "utf8"));
  if (acl === undefined) return { relative: path, data: bytes };
  if (!Array.isArray(acl)) throw new CliError(`the acl of ${about} is no list`);
  return { relative: path, data: bytes, acl: acl.map((entry) => aclOf(entry, about)) };
}

function aclOf(entry: unknown, about: string): Acl {
  const { scheme, id, perms } = objectOf(entry, about);
  const bits = typeof perms === "string" ? permsOf(perms) : undefined;
  if (typeof scheme !== "string" || typeof id !== "string" || bits === undefined) {
    throw new CliError(`${about} has an ACL entry without scheme, id or perms`);
  }
  return { scheme, id, perms: bits };
}

function objectOf(value: unknown, about: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new CliError(`${about} is no object`);
  return value as Readonly<Record<string, unknown>>;
}
