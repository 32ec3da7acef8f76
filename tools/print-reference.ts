/** Writes docs/reference from the doc comments. Run: node dist/tools/print-reference.js */
import { mkdirSync, writeFileSync } from "node:fs";
import { describeIndex, describePage, ENTRIES, pageOf } from "./reference.ts";
import { ROOT } from "./root.ts";

const FOLDER = `${ROOT}docs/reference`;
const pages = ENTRIES.map(pageOf);
mkdirSync(FOLDER, { recursive: true });
writeFileSync(`${FOLDER}/README.md`, describeIndex(pages));
for (const page of pages) writeFileSync(`${FOLDER}/${page.name}.md`, describePage(page));
