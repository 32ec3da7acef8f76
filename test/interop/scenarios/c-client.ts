/**
 * The C client's command line, `cli_mt`: every command it has, each typed when the one before is
 * done.
 *
 * Zxids are compared as they are: both servers start from nothing, so each write has the same
 * number.
 */
import { runCommand } from "../../support/processes.ts";
import type { Subject } from "../../support/subjects.ts";
import type { Scenario } from "../scenario.ts";

const CLI = "/usr/lib/zookeeper/bin/cli_mt";
const LIMIT_MS = 60_000;

const COMMANDS: readonly string[] = [
  "create /c",
  "create +s /c/s-",
  "create +e /c/e",
  "create +c /c/container",
  "create +t=100000 /c/ttl",
  "create2 /c/two",
  "create2 +es /c/es-",
  "create /c",
  "create /none/child",
  "create /c/e/child",
  "set /c hello",
  "get /c",
  "exists /c",
  "exists /none",
  "ls /c",
  "ls2 /c",
  "get /none",
  "delete /c",
  "delete /none",
  "wexists /c/w",
  "create /c/w",
  "wget /c/w",
  "set /c/w new",
  "delete /c/w",
  "myid",
  "addauth digest bob:pw",
];

const started = /session id: 0x/;
/** Typed after each command: replies come in order, so its answer says that the command is done. */
const markOf = (index: number): string => `/mark${index}`;
const isMark = (line: string): boolean => /\/mark\d/.test(line);

/** Hides clock times, durations and session ids; sorts the lists of children. */
function masked(printed: string): readonly string[] {
  const lines = printed
    .split("\n")
    .map((line) => line.replace(/^(\s*[cm]time\s*=).*/, "$1 *").replace(/^time = .*/, ""))
    .map((line) =>
      line.replace(/(?:0x|Id = )[0-9a-f]{12,}/g, "*").replace(/(Owner = )(?!0$).*/, "$1*"),
    )
    .map((line) => line.replace(/^[-0-9]+ [:,0-9]+:\d+\(\S+\):/, ""))
    .filter((line) => line.trim() !== "" && !isMark(line));
  const isChild = (line: string): boolean => /^\t[^=]*$/.test(line);
  for (let from = 0; from < lines.length; from++) {
    let to = from;
    while (to < lines.length && isChild(lines[to]!)) to++;
    lines.splice(from, to - from, ...lines.slice(from, to).sort());
    if (to > from) from = to;
  }
  return lines;
}

async function converse(server: Subject): Promise<string> {
  let asked = -1;
  const ran = await runCommand([CLI, `127.0.0.1:${server.port}`], {
    limitMs: LIMIT_MS,
    input(printed, write) {
      const done =
        asked < 0 ? started.test(printed) : printed.includes(`[${markOf(asked)}]: rc = `);
      if (!done) return;
      asked++;
      write(asked < COMMANDS.length ? `${COMMANDS[asked]}\nsync ${markOf(asked)}\n` : "quit\n");
    },
  });
  return ran.stdout + ran.stderr;
}

export const cClient: Scenario = {
  name: "c-client",
  async run(start) {
    const server = await start();
    try {
      return masked(await converse(server));
    } finally {
      await server.dispose();
    }
  },
};
