/** `watch`: tells every change of a node, or runs a command at each. */
import { isOver, type WatchedEvent } from "../../client/index.ts";
import { intOption } from "../arguments.ts";
import { CliError, type Command, type Context } from "../command.ts";
import { runCommandWords } from "../program.ts";
import { eventValue } from "../texts.ts";

export const watch: Command = {
  name: "watch",
  synopsis: "[-R] [-n count] path [-- command]",
  purpose:
    "Prints each change of a node and its children, `-R` of everything below too, until Ctrl-C " +
    "or `-n` changes; or runs a command at each, with `ZK_EVENT_TYPE` and `ZK_EVENT_PATH`.",
  options: { R: "flag", n: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run(context, args) {
    const { zk, signal, env } = context;
    const [path = "", ...command] = args.words;
    const countMax = intOption(args, "n", Number.MAX_SAFE_INTEGER);
    const events = new EventQueue();
    const mode = args.flags.has("R") ? "persistentRecursive" : "persistent";
    const watcher = (event: WatchedEvent): void => events.put(event);
    await zk.addWatch(path, mode, watcher);
    try {
      for (let count = 0; count < countMax; ) {
        const event = await events.take(signal);
        if (event.type === "None") {
          if (isOver(zk.state)) throw new CliError("the session is over");
          continue;
        }
        count++;
        if (command.length === 0) context.row(eventValue(event), `${event.type} ${event.path}`);
        else await runFor(context, command, event, env);
      }
    } finally {
      if (!isOver(zk.state)) await zk.removeWatches(path, { watcher, local: true }).catch(() => {});
    }
  },
};

async function runFor(
  { note, signal }: Context,
  command: readonly string[],
  event: WatchedEvent,
  env: Context["env"],
): Promise<void> {
  const about = { ZK_EVENT_TYPE: event.type, ZK_EVENT_PATH: event.path ?? "" };
  const code = await runCommandWords(command, { ...env, ...about }, signal);
  if (code !== 0) note(`${command[0]} ended with ${code}`);
}

/** Events that wait for their turn: a slow command must not lose one. */
class EventQueue {
  private readonly waiting: WatchedEvent[] = [];
  private wake: (() => void) | undefined;

  put(event: WatchedEvent): void {
    this.waiting.push(event);
    this.wake?.();
  }

  /** Rejects with the reason of `signal`. One caller at a time. */
  async take(signal: AbortSignal): Promise<WatchedEvent> {
    while (this.waiting.length === 0) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    return this.waiting.shift()!;
  }
}
