/**
 * Puts the server and the packages that it uses into one file, dist/src/bundle/server.cjs, and
 * beside it what V8 has compiled of it. src/main/bundle.ts tells why, and when it is taken; nothing
 * needs it.
 *
 * Runs behind the compiler, from tools/setup.mjs or by itself; does nothing when the bundle is
 * current. Names and lines stay, so that a stack can be read.
 */
import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOMS = new URL("../dist/src/", import.meta.url);
const FOLDER = fileURLToPath(new URL("bundle", ROOMS));
const ENTRY = "\0entry";
/** The folder of a package that a module lies in. */
const PACKAGE = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)(?=\/)/;
const WARM_UP_MS_MAX = 30_000;

const compiled = (path) => fileURLToPath(new URL(path, ROOMS));
/** What src/main/bundle.ts expects, and what it gives: `import` works in modules alone. */
const MADE_HERE = new Map([
  [
    ENTRY,
    ["main/server.js", "main/start.js"]
      .map((path) => `export * from ${JSON.stringify(compiled(path))};`)
      .join(""),
  ],
  [compiled("server/import-module.js"), "export const importModule = (name) => __import(name);"],
]);
const madeHere = {
  name: "made here",
  resolveId: (id) => (id === ENTRY ? id : null),
  load: (id) => MADE_HERE.get(id) ?? null,
};

/** What the licenses of the packages in the bundle ask for: their text. */
function licensesOf(modules) {
  const packages = new Map();
  for (const id of modules) {
    const [folder, name] = PACKAGE.exec(id.replaceAll("\\", "/")) ?? [];
    if (folder !== undefined) packages.set(name, folder);
  }
  const texts = [...packages].sort().map(([name, folder]) => {
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`no license in ${folder}`);
    return `${name}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/**
 * Starts a server from the bundle, in a process of its own, and keeps what V8 has compiled then.
 * Answers whether it served.
 */
function warmUp(bundle) {
  const data = mkdtempSync(join(tmpdir(), "quoll-bundle-"));
  try {
    const args = [fileURLToPath(import.meta.url), "--warm-up", bundle, data];
    const env = { PATH: process.env.PATH, QUOLL_LOG_LEVEL: "silent" };
    const options = { env, timeout: WARM_UP_MS_MAX, stdio: ["ignore", "ignore", "inherit"] };
    return spawnSync(process.execPath, args, options).status === 0;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

async function keepCompiled(bundle, data) {
  const { cacheOf, runBundle } = await import("../dist/src/main/bundle.js");
  const url = pathToFileURL(bundle);
  const { server, script } = runBundle(url);
  await server.runServer(["0", data]);
  writeFileSync(cacheOf(url), script.createCachedData());
  process.exit(0);
}

/** Answers what it did, as a line; undefined when nothing was to do. */
export async function makeBundle() {
  const { currentBundle } = await import("../dist/src/main/bundle.js");
  if (currentBundle(ROOMS) !== undefined) return undefined;
  let rolldown;
  try {
    ({ rolldown } = await import("rolldown"));
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    return "no bundle: rolldown is not installed. A server takes longer to start";
  }
  const fresh = `${FOLDER}.new`;
  rmSync(fresh, { recursive: true, force: true });
  // Compiled modules need no tsconfig.json; in an image the projects are not there that it names.
  const options = { input: ENTRY, platform: "node", tsconfig: false, plugins: [madeHere] };
  const made = await rolldown(options);
  const { output } = await made.generate({ format: "cjs", codeSplitting: false });
  await made.close();
  const [{ code, moduleIds }] = output;
  mkdirSync(fresh);
  const file = `${fresh}/server.cjs`;
  const given = "exports, require, module, __filename, __dirname, __import";
  writeFileSync(file, `(function (${given}) {${code}})`);
  writeFileSync(`${fresh}/LICENSES.txt`, licensesOf(moduleIds));
  if (!warmUp(file)) return `no bundle: no server started from ${file}`;
  rmSync(FOLDER, { recursive: true, force: true });
  renameSync(fresh, FOLDER);
  return "bundled";
}

const [, script, ...args] = process.argv;
if (import.meta.url === pathToFileURL(script).href) {
  if (args[0] === "--warm-up") await keepCompiled(args[1], args[2]);
  const line = await makeBundle();
  if (line !== undefined) process.stderr.write(`bundle: ${line}\n`);
}
