/**
 * The foreign clients: bench/clients/package.json and its lock pin them, and they are installed
 * beside these, where git does not look. Quoll's own packages know nothing of them.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { REPOSITORY } from "../../test/support/subjects.ts";

const FOLDER = join(REPOSITORY, "bench/clients");
const LOCK = join(FOLDER, "package-lock.json");
/** Holds the digest of the lock that the packages were installed from. */
const MARKER = join(FOLDER, "node_modules/.installed");

/** What a foreign package exports. */
export const foreign = (name: string): unknown => createRequire(join(FOLDER, "package.json"))(name);

/**
 * Installs the foreign clients where they are missing. One of them is built from C and C++: that
 * takes a compiler, make and Python, and about ten seconds. Throws when it cannot be built.
 */
export async function installClients(): Promise<void> {
  const digest = createHash("sha256")
    .update(await readFile(LOCK))
    .digest("hex");
  const marked = await readFile(MARKER, "utf8").catch(() => "");
  if (marked === digest) return;
  await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  // Throws where npm left the build out.
  foreign("zookeeper");
  await writeFile(MARKER, digest);
}

function npm(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("npm", args, { cwd: FOLDER, stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`npm ${args.join(" ")} ended with ${code}`)),
    );
  });
}
