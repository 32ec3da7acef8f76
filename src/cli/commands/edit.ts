/** `edit`: changes a node's data in an editor. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BadVersionError } from "../../client/index.ts";
import { CliError, type Command } from "../command.ts";
import { sameBytes } from "../plant.ts";
import { runProgram } from "../program.ts";

const EDITOR_DEFAULT = "vi";
/** Nobody else may read what is edited. */
const MODE = 0o600;

export const edit: Command = {
  name: "edit",
  synopsis: "path",
  purpose:
    "Opens a node's data in `$VISUAL` or `$EDITOR` and writes it back, unless somebody else " +
    "changed it meanwhile: then the edited text stays in a file.",
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, env, note, withTerminal, signal }, { words }) {
    const path = words[0]!;
    const { data, stat } = await zk.getData(path);
    const folder = await mkdtemp(join(tmpdir(), "quoll-edit-"));
    const file = join(folder, "data");
    await writeFile(file, data ?? "", { mode: MODE });
    const editor = env["VISUAL"] || env["EDITOR"] || EDITOR_DEFAULT;
    const code = await withTerminal(() => runProgram(`${editor} "$1"`, [file], env, signal));
    const edited = await readFile(file);
    const isChanged = !sameBytes(edited, data ?? new Uint8Array());
    if (code !== 0 || !isChanged) {
      await rm(folder, { recursive: true });
      if (code !== 0) throw new CliError(`the editor ended with ${code}: nothing written`);
      return note("nothing changed");
    }
    try {
      await zk.setData(path, edited, stat.version);
    } catch (error) {
      if (!(error instanceof BadVersionError)) throw error;
      throw new CliError(`${path} was changed meanwhile; your text is in ${file}`);
    }
    await rm(folder, { recursive: true });
  },
};
