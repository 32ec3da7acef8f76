/**
 * Brings the reference and its clients onto this machine: Debian's packages, only when they are
 * absent.
 */
import { spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { SkippedError } from "./scenario.ts";

const PACKAGES = ["zookeeper", "zookeeper-bin", "python3-kazoo"] as const;
/** A file of each package, in the same order. */
const FILES = [
  "/usr/share/zookeeper/bin/zkCli.sh",
  "/usr/lib/zookeeper/bin/cli_mt",
  "/usr/lib/python3/dist-packages/kazoo/client.py",
] as const;

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

function command(name: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${name} ${args.join(" ")} ended with ${code}`));
    });
  });
}

/** Installs what is missing; needs root then. Does nothing when all is there. */
export async function installReference(): Promise<void> {
  const found = await Promise.all(FILES.map(exists));
  if (found.every((it) => it)) return;
  await command("apt-get", ["update"]);
  await command("apt-get", ["install", "-y", ...PACKAGES]);
}

/**
 * Installs the package of each file that is missing; `files` is from file to package. Throws
 * `SkippedError` when that cannot be done here.
 */
export async function installFor(files: Readonly<Record<string, string>>): Promise<void> {
  const missing: string[] = [];
  for (const [file, name] of Object.entries(files)) if (!(await exists(file))) missing.push(name);
  if (missing.length === 0) return;
  try {
    await command("apt-get", ["update"]);
    await command("apt-get", ["install", "-y", "--no-install-recommends", ...missing]);
  } catch (cause) {
    throw new SkippedError(`cannot install ${missing.join(", ")}: ${(cause as Error).message}`);
  }
}
