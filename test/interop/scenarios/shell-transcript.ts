/**
 * Every command of the shell, with right and wrong arguments, in Apache's `zkCli.sh` and in ours,
 * each with a server of its own that begins empty. What they print must be the same, but for what
 * docs/divergences.md names; and it must be the same on both kinds of server.
 */
import { join } from "node:path";
import { REPOSITORY, type Start } from "../../support/subjects.ts";
import type { Scenario } from "../scenario.ts";
import { MARKED, WHOLE } from "../shell/commands.ts";
import { unnamedDifference } from "../shell/named.ts";
import { type Told, transcript, wholeTranscript } from "../shell/transcript.ts";

const APACHE_SHELL = "/usr/share/zookeeper/bin/zkCli.sh";
const QUOLL_SHELL = join(REPOSITORY, "bin/zkCli.sh");
const DIFFERENCES_SHOWN_MAX = 40;

type All = { readonly told: readonly Told[]; readonly events: readonly string[] };

async function typed(start: Start, shell: string): Promise<All> {
  const server = await start();
  try {
    const argv = [shell, "-server", `127.0.0.1:${server.port}`];
    const told: Told[] = [];
    const events: string[] = [];
    for (const commands of MARKED) {
      const done = await transcript(argv, commands);
      told.push(...done.told);
      events.push(...done.events);
    }
    for (const commands of WHOLE) told.push(await wholeTranscript(argv, commands));
    return { told, events };
  } finally {
    await server.dispose();
  }
}

export const shellTranscript: Scenario = {
  name: "shell-transcript",
  async run(start) {
    const apache = await typed(start, APACHE_SHELL);
    const quoll = await typed(start, QUOLL_SHELL);
    const differences = apache.told.flatMap((told, at) => unnamedDifference(told, quoll.told[at]!));
    if (apache.events.join("\n") !== quoll.events.join("\n")) {
      differences.push("events", ...apache.events.map((line) => `- ${line}`));
      differences.push(...quoll.events.map((line) => `+ ${line}`));
    }
    if (differences.length > 0) {
      throw new Error(differences.slice(0, DIFFERENCES_SHOWN_MAX).join("\n"));
    }
    return quoll.told.flatMap(({ command, out, err, exit }) => [
      `> ${command}`,
      // Identities are told in no order.
      ...(command.startsWith("whoami") ? [...out].sort() : out),
      ...err.map((line) => `! ${line}`),
      ...(exit === undefined ? [] : [`exit ${exit}`]),
    ]);
  },
};
