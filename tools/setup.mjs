/**
 * Makes a checkout ready to run: the right Node, the packages of package-lock.json, a current
 * build.
 *
 * Runs before anything is built, so it is plain JavaScript and needs Node and npm alone. It is
 * quick and silent when nothing is to do, says one line for each thing it does, and ends with 1
 * when a step fails.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NODE_MIN = [20, 19];
const MODULES = "node_modules";
/** Holds the digest of the package-lock.json that the packages were installed from. */
const MARKER = "node_modules/.quoll-installed";

const say = (line) => process.stderr.write(`setup: ${line}\n`);

function fail(line) {
  say(line);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1])) return;
  fail(
    `Quoll needs Node.js ${NODE_MIN.join(".")} or newer; this is ${process.versions.node}. ` +
      "Install one from https://nodejs.org and try again.",
  );
}

/** What is at MODULES: nothing, a folder of ours, or a link to somebody else's. */
function modulesKind() {
  const found = lstatSync(MODULES, { throwIfNoEntry: false });
  if (found === undefined) return "none";
  return found.isSymbolicLink() ? "link" : "folder";
}

/** True when the packages were installed from the present package-lock.json, by us or by hand. */
function installed(lockDigest) {
  if (existsSync(MARKER)) return readFileSync(MARKER, "utf8") === lockDigest;
  const byHand = statSync("node_modules/.package-lock.json", { throwIfNoEntry: false });
  return byHand !== undefined && byHand.mtimeMs >= statSync("package-lock.json").mtimeMs;
}

function install() {
  const kind = modulesKind();
  if (kind === "link") {
    // Somebody shares one folder between checkouts: it is theirs to fill.
    if (!existsSync(MODULES)) fail("node_modules is a link that leads nowhere; mend or remove it.");
    return;
  }
  const lockDigest = createHash("sha256").update(readFileSync("package-lock.json")).digest("hex");
  if (kind === "none" || !installed(lockDigest)) {
    say("installing packages (npm ci)");
    npm(["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  writeFileSync(MARKER, lockDigest);
}

/** Runs the npm that runs us where there is one: the one on the PATH may belong to another Node. */
function npm(args) {
  const own = process.env.npm_execpath;
  const script = own?.endsWith(".js") || own?.endsWith(".cjs");
  const [command, first] = script ? [process.execPath, [own]] : ["npm", []];
  const env = { ...process.env, npm_config_update_notifier: "false" };
  const done = spawnSync(command, [...first, ...args], { stdio: ["ignore", 2, 2], env });
  if (done.error !== undefined) fail(`npm cannot be started: ${done.error.message}`);
  if (done.status !== 0) fail("npm ci failed; its message is above.");
}

function build() {
  if (!existsSync("dist")) say("building (tsc -b)");
  const done = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b"], {
    stdio: ["ignore", 2, 2],
  });
  if (done.error !== undefined) fail(`the compiler cannot be started: ${done.error.message}`);
  if (done.status !== 0) fail("the build failed; the compiler's messages are above.");
}

/** Not without the compiler's output; who is only compiling goes without it. */
async function bundle() {
  const { makeBundle } = await import("./bundle.mjs");
  const line = await makeBundle();
  if (line !== undefined) say(line);
}

process.chdir(ROOT);
checkNode();
install();
build();
await bundle();
