/**
 * Writes docs/configuration.md from the tables of options. Run: node
 * dist/tools/print-configuration.js
 */
import { writeFileSync } from "node:fs";
import { describeOptions } from "../src/server/config/describe-options.ts";

// From dist/tools to the root.
writeFileSync(new URL("../../docs/configuration.md", import.meta.url), describeOptions());
