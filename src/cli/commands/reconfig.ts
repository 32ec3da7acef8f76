/** `reconfig`: changes who belongs to the ensemble. */
import { readFile } from "node:fs/promises";
import { CliError, type Command, usageOf } from "../command.ts";
import { dataText, statLines, statValue } from "../texts.ts";

const ANY_CONFIG = -1n;

export const reconfig: Command = {
  name: "reconfig",
  synopsis:
    "[-s] [-v version] [[-file path] | " +
    "[-members serverID=host:port1:port2;port3[,...]*]] | " +
    "[-add serverId=host:port1:port2;port3[,...]]* [-remove serverId[,...]*]",
  purpose: "Changes who belongs to the ensemble; `-v`: only if its configuration has that version.",
  options: { s: "flag", v: "value", file: "value", members: "value", add: "list", remove: "list" },
  argumentsMin: 0,
  needsSession: true,
  async run({ zk, show, signal }, { flags, values }) {
    const file = values.get("file");
    const joining = values.get("add");
    const leaving = values.get("remove");
    const isWhole = file !== undefined || values.has("members");
    const isStep = joining !== undefined || leaving !== undefined;
    if (isWhole && isStep) {
      throw new CliError(
        "Can't use -file or -members together with -add or -remove " +
          "(mixing incremental and non-incremental modes is not allowed)",
      );
    }
    if (!isWhole && !isStep) throw new CliError(usageOf(reconfig));
    if (file !== undefined && values.has("members")) {
      throw new CliError(
        "Can't use -file and -members together (conflicting non-incremental modes)",
      );
    }
    const version = versionOf(values.get("v"));
    const members = file === undefined ? values.get("members") : await membersIn(file);
    const change = { joining, leaving, members };
    const { data, stat } = await zk.reconfig(change, version, { signal });
    const config = dataText(data);
    const lines = ["Committed new configuration:", config];
    if (flags.has("s")) lines.push(...statLines(stat));
    show({ config, stat: statValue(stat) }, lines);
  },
};

function versionOf(text: string | undefined): bigint {
  if (text === undefined) return ANY_CONFIG;
  const isHex = /^[-+]?[0-9a-fA-F]{1,16}$/.test(text);
  if (!isHex) throw new CliError("-v must be followed by a long (configuration version)");
  return BigInt.asIntN(64, BigInt(`0x${text.replace(/^[-+]/, "")}`));
}

/** The servers that a configuration file names, with commas between. */
async function membersIn(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw new CliError(`Error processing ${file}: ${cause.message}`);
  });
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line.startsWith("server.")).join(",");
}
