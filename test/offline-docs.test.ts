/** The examples of docs/offline-tools.md print what stands there. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { runCommand } from "./support/processes.ts";
import { QUOLL_MAIN, REPOSITORY } from "./support/subjects.ts";

const DOCUMENT = join(REPOSITORY, "docs/offline-tools.md");
/** Where the examples say that they are. */
const SHOWN_FOLDER = "/srv/zookeeper";
const LIMIT_MS = 30_000;

type Example = { readonly command: string; readonly output: string };

/** The commands of the `console` blocks, each with the lines up to the next. */
function examplesIn(text: string): readonly Example[] {
  const blocks = [...text.matchAll(/^```console\n(.*?)^```/gms)].map(([, block]) => block ?? "");
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const end = part.indexOf("\n");
        return { command: part.slice(0, end), output: part.slice(end + 1) };
      }),
  );
}

/** A folder as the document describes it: `data`, and `damaged` after a crash and a disk error. */
function fill(folder: string): void {
  const golden = join(REPOSITORY, "test/golden/apache-3.8.0/standalone/data");
  cpSync(golden, join(folder, "data"), { recursive: true });
  cpSync(golden, join(folder, "damaged"), { recursive: true });
  const flipped = join(folder, "damaged/version-2/log.41");
  const torn = join(folder, "damaged/version-2/log.ff");
  const bytes = readFileSync(flipped);
  bytes[FLIPPED_AT]! ^= 1;
  writeFileSync(flipped, bytes);
  writeFileSync(torn, readFileSync(torn).subarray(0, TORN_AT));
}

/** A byte in the data of a record; the middle of one. */
const FLIPPED_AT = 5000;
const TORN_AT = 5000;

test("every example prints what stands there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quoll-docs-"));
  try {
    fill(folder);
    const examples = examplesIn(readFileSync(DOCUMENT, "utf8"));
    assert.ok(examples.length >= 10);
    for (const { command, output } of examples) {
      const [name, ...args] = command.split(" ");
      assert.equal(name, "quoll");
      const ran = await runCommand([process.execPath, QUOLL_MAIN, ...args], {
        limitMs: LIMIT_MS,
        cwd: folder,
      });
      const printed = `${ran.stdout}${ran.stderr}`.replaceAll(folder, SHOWN_FOLDER);
      assert.equal(printed, output, command);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
