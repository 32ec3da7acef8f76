/** Completion on the tab key: names of commands, then paths of nodes. */
import type { Context } from "./command.ts";
import { childPath } from "./subtree.ts";

type Known = Pick<Context, "zk" | "commands">;
type Completed = [matches: string[], completed: string];

/**
 * A completer for node:readline. Without a session, or where a node cannot be read, it has nothing.
 */
export const completer =
  (shell: Known) =>
  (line: string, done: (error: null, result: Completed) => void): void => {
    complete(shell, line).then(
      (matches) => done(null, [[...matches], line.slice(line.lastIndexOf(" ") + 1)]),
      () => done(null, [[], line]),
    );
  };

/** What may stand in place of the last word of `line`. */
async function complete(shell: Known, line: string): Promise<readonly string[]> {
  const word = line.slice(line.lastIndexOf(" ") + 1);
  if (!line.includes(" ")) {
    return [...shell.commands].map(({ name }) => name).filter((name) => name.startsWith(word));
  }
  if (!word.startsWith("/")) return [];
  const parent = word.slice(0, Math.max(word.lastIndexOf("/"), 1));
  const children = await shell.zk.getChildren(parent);
  return [...children]
    .sort()
    .map((name) => childPath(parent, name))
    .filter((path) => path.startsWith(word));
}
