/** `lock` and `elect`: run a program while this shell holds a lock, or leads. */
import { hostname } from "node:os";
import { Election } from "../../recipes/election.ts";
import { Lock } from "../../recipes/lock.ts";
import { intOption } from "../arguments.ts";
import { CliError, type Command, type Context } from "../command.ts";
import { codeOf, runGuarded } from "../guarded-program.ts";

/** The exit code of `timeout`, which people know. */
const EXIT_LATE = 124;
const EXIT_LOST = 125;

export const lock: Command = {
  name: "lock",
  synopsis: "[--timeout ms] [--id text] path -- command",
  purpose:
    "Runs a command while holding the fair lock at a path (Curator's layout), with " +
    "`ZK_FENCING_TOKEN`, `ZK_NODE` and `ZK_PATH`; signals go to it. Ends it when the lock is " +
    "lost. " +
    "Exit code: the command's; 124 when the lock was not got in time, 125 when it was lost, " +
    "126 or 127 when the command cannot be run, 128 and the signal's number.",
  options: { timeout: "value", id: "value" },
  argumentsMin: 2,
  needsSession: true,
  async run(context, args) {
    const [path = "", ...words] = args.words;
    const timeoutMs = args.values.has("timeout") ? intOption(args, "timeout", 0) : undefined;
    const recipe = new Lock(context.zk, path, { id: idOf(args.values) });
    await using held = await acquired(context, recipe, timeoutMs);
    const hold = { path, node: held.path, token: held.token };
    const code = await runGuarded(context, words, hold, [held.lost, context.signal]);
    if (held.lost.aborted) throw new CliError((held.lost.reason as Error).message, EXIT_LOST);
    if (code !== 0) throw new CliError("", code);
  },
};

const idOf = (values: ReadonlyMap<string, string>): string => values.get("id") ?? hostname();

async function acquired(context: Context, recipe: Lock, timeoutMs: number | undefined) {
  const given = new AbortController();
  const stop = context.onSignal((name) => given.abort(givenUp(name)));
  const signal = AbortSignal.any([context.signal, given.signal]);
  try {
    return await recipe.acquire({ signal, timeoutMs });
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    throw isLate ? new CliError(`the lock was ${error.message}`, EXIT_LATE) : error;
  } finally {
    stop();
  }
}

const givenUp = (signal: NodeJS.Signals): CliError => new CliError(signal, codeOf(signal));

export const elect: Command = {
  name: "elect",
  synopsis: "[--id text] [--again] path -- command",
  purpose:
    "Stands for election at a path (Curator's LeaderSelector) and runs a command while leading, " +
    "as `lock` does. When the leadership is lost the command ends, and is run anew in the next " +
    "term. Exit code: the command's when it ends by itself; `--again`: stands again then.",
  options: { id: "value", again: "flag" },
  argumentsMin: 2,
  needsSession: true,
  async run(context, { words: [path = "", ...words], flags, values }) {
    const id = idOf(values);
    for (;;) {
      const code = await standFor(context, path, id, words, flags.has("again"));
      if (code === 0) return;
      if (code !== undefined) throw new CliError("", code);
      await context.connect(undefined);
    }
  },
};

/** The command's exit code; undefined when the session has expired, and another one is needed. */
async function standFor(
  context: Context,
  path: string,
  id: string,
  words: readonly string[],
  isAgain: boolean,
): Promise<number | undefined> {
  const { zk, note } = context;
  const given = new AbortController();
  let [isLeading, isAsked] = [false, false];
  const stop = context.onSignal((name) => {
    // A command that runs gets the signal, and answers by how it ends.
    if (isLeading) isAsked = true;
    else given.abort(givenUp(name));
  });
  const signal = AbortSignal.any([context.signal, given.signal]);
  try {
    for await (const term of new Election(zk, path, { id }).terms({ signal })) {
      isLeading = true;
      const hold = { path, node: term.path, token: term.token };
      const code = await runGuarded(context, words, hold, [term.signal]);
      isLeading = false;
      if (signal.aborted) break;
      const isLost = term.signal.aborted;
      if (isAsked || !(isLost || isAgain)) return code;
      note(isLost ? (term.signal.reason as Error).message : `${words[0]} ended with ${code}`);
    }
  } catch (error) {
    if (zk.state === "EXPIRED") return undefined;
    throw error;
  } finally {
    stop();
  }
  throw signal.reason;
}
