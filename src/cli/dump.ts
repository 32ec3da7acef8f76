/**
 * A subtree as JSON or YAML, for `export` and `import`:
 *
 *   {"format": "quoll-subtree", "version": 1, "path": "/app", "nodes": [
 *     {"path": "", "data": "text", "acl": [{"scheme": "world", "id": "anyone", "perms": "cdrwa"}]},
 *     {"path": "a/b", "data": "AAE=", "encoding": "base64", "acl": [...]}]}
 *
 * Paths are relative to the top, parents come before children. Data is text where it is UTF-8. A
 * node may say `"mode": "container"` or `"ttlMs": 60000`. Servers do not tell these of their nodes
 * (the reference neither), so that `export` cannot write them: who knows of them can.
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
  nodes: seeds.map(({ relative, data, acl, kind }) => ({
    path: relative,
    ...kind,
    ...dataValue(data),
    ...(acl === undefined ? {} : { acl: aclValue(acl) }),
  })),
});

/** JSON, or YAML where `isYaml`; ends with a line end. */
export async function dumpText(value: Json, isYaml: boolean): Promise<string> {
  if (!isYaml) return `${JSON.stringify(value, null, 2)}\n`;
  const { stringify } = await import("yaml");
  return stringify(value, { lineWidth: 0 });
}

/** Throws `CliError` for text that is no such JSON or YAML. */
export async function parseDump(text: string): Promise<readonly Seed[]> {
  const dump = objectOf(await parsed(text), "the file");
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

/** Loaded only when there is YAML: the shell should start quickly. */
async function parsed(text: string): Promise<unknown> {
  const isJson = /^\s*[{[]/.test(text);
  try {
    if (isJson) return JSON.parse(text);
    const { parse } = await import("yaml");
    return parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new CliError(`the file is no ${isJson ? "JSON" : "YAML"}: ${message.trimEnd()}`);
  }
}

function seedOf(node: unknown, at: number): Seed {
  const about = `node ${at}`;
  const { path, data, encoding, acl, mode, ttlMs } = objectOf(node, about);
  if (typeof path !== "string" || path.startsWith("/")) {
    throw new CliError(`${about} has no relative path`);
  }
  if (data !== null && typeof data !== "string") throw new CliError(`${about} has no data`);
  if (encoding !== undefined && encoding !== "base64") {
    throw new CliError(`${about} has an unknown encoding`);
  }
  const bytes = data === null ? null : new Uint8Array(Buffer.from(data, encoding ?? "utf8"));
  if (acl !== undefined && !Array.isArray(acl)) {
    throw new CliError(`the acl of ${about} is no list`);
  }
  const kind = kindOf(mode, ttlMs, about);
  return {
    relative: path,
    data: bytes,
    ...(acl === undefined ? {} : { acl: acl.map((entry) => aclOf(entry, about)) }),
    ...(kind === undefined ? {} : { kind }),
  };
}

function kindOf(mode: unknown, ttlMs: unknown, about: string): Seed["kind"] {
  if (mode === undefined && ttlMs === undefined) return undefined;
  if (mode === "container" && ttlMs === undefined) return { mode };
  const isTime = typeof ttlMs === "number" && Number.isSafeInteger(ttlMs) && ttlMs > 0;
  if (mode === undefined && isTime) return { ttlMs };
  throw new CliError(`${about} has an unknown mode, or no time to live`);
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
