/**
 * The server's modules: from the bundle, which is all of them in one file with what V8 has compiled
 * of it (tools/bundle.mjs), or one by one where there is no current bundle. To find, read, compile
 * and link two hundred modules takes longer than all else of a start.
 *
 * A bundle is current when no room was compiled after it was made: the compiler notes each of its
 * runs beside the modules of a room. A package has no such notes, and nothing in it changes.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

/** What the bundle hands out. */
export type Server = Pick<typeof import("./server.ts"), "runServer"> &
  Pick<typeof import("./start.ts"), "runStart">;

const ENTRY = "bundle/server.cjs";
const NOTE = "tsconfig.tsbuildinfo";

export async function loadServer(): Promise<Server> {
  const bundle = currentBundle(new URL("../", import.meta.url));
  if (bundle !== undefined) return runBundle(bundle).server;
  const [{ runServer }, { runStart }] = await Promise.all([
    import("./server.ts"),
    import("./start.ts"),
  ]);
  return { runServer, runStart };
}

const timeOf = (file: URL): number | undefined =>
  statSync(file, { throwIfNoEntry: false })?.mtimeMs;

/**
 * The bundle; undefined when there is none, or one that is not current. `rooms`: the folder with
 * the compiled rooms and the bundle, ending in a slash.
 */
export function currentBundle(rooms: URL): URL | undefined {
  const bundle = new URL(ENTRY, rooms);
  const made = timeOf(bundle);
  if (made === undefined) return undefined;
  const isOlder = (room: string): boolean =>
    (timeOf(new URL(`${room}/${NOTE}`, rooms)) ?? 0) <= made;
  return readdirSync(rooms).every(isOlder) ? bundle : undefined;
}

/**
 * What V8 has compiled of a bundle: of use for the same Node only, and made together with the
 * bundle, for V8 compares nothing but the length of the source.
 */
export const cacheOf = (bundle: URL): URL =>
  new URL(`server-${process.version}-${process.arch}.cache`, bundle);

/**
 * Runs the bundle: the function that Node makes of a CommonJS module, and what imports modules for
 * it. `script` knows what has been compiled of it since.
 */
export function runBundle(bundle: URL): { readonly server: Server; readonly script: Script } {
  const filename = fileURLToPath(bundle);
  const cache = cacheOf(bundle);
  const cachedData = timeOf(cache) === undefined ? undefined : readFileSync(cache);
  const script = new Script(readFileSync(filename, "utf8"), {
    filename,
    ...(cachedData && { cachedData }),
  });
  const module = { exports: {} as Server };
  const run = script.runInThisContext() as (...args: readonly unknown[]) => void;
  const importModule = (specifier: string): Promise<unknown> => import(specifier);
  run(module.exports, createRequire(bundle), module, filename, dirname(filename), importModule);
  return { server: module.exports, script };
}
