/** What this build calls itself. */
import { readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const packageFile = new URL("../../../package.json", import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { readonly version: string };

/** The version of this package. */
export const VERSION = version;

const twoDigits = (value: number): string => String(value).padStart(2, "0");

/** When this build was made, as the reference writes it: `2026-11-22 17:54 UTC`. */
export const BUILT_ON = describeBuild(statSync(fileURLToPath(import.meta.url)).mtime);

function describeBuild(at: Date): string {
  const day = [at.getUTCFullYear(), twoDigits(at.getUTCMonth() + 1), twoDigits(at.getUTCDate())];
  return `${day.join("-")} ${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())} UTC`;
}
