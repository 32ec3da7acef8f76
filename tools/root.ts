/** Where the repository is, seen from the compiled tools in dist/tools. */
import { fileURLToPath } from "node:url";

/** Absolute, with a slash at the end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
