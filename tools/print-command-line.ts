/** Writes docs/command-line.md from the shell's cards. Run: node dist/tools/print-command-line.js */
import { writeFileSync } from "node:fs";
import { BEYOND, COMMANDS } from "../src/cli/commands.ts";
import { describeCommands } from "../src/cli/describe-commands.ts";
import { ROOT } from "./root.ts";

writeFileSync(`${ROOT}docs/command-line.md`, describeCommands(COMMANDS.values(), BEYOND));
