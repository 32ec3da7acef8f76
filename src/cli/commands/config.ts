/** `config`: the ensemble's configuration, whole or as the addresses that clients connect to. */
import type { Command } from "../command.ts";
import { dataText, statLines, statValue, utf8 } from "../texts.ts";

export const config: Command = {
  name: "config",
  synopsis: "[-c] [-w] [-s]",
  purpose: "The ensemble's configuration; with `-c` as version and client addresses.",
  options: { c: "flag", w: "flag", s: "flag" },
  argumentsMin: 0,
  needsSession: true,
  async run({ zk, show, watch }, { flags }) {
    const { data, stat } = await zk.getConfig({ watch: flags.has("w") ? watch : undefined });
    const text = dataText(data);
    const config = flags.has("c") ? clientConfig(text) : text;
    const lines = flags.has("s") ? statLines(stat) : [];
    show({ config, stat: statValue(stat) }, [config, ...lines], utf8(config));
  },
};

/** The version, a space, and the client addresses of all servers that tell one. */
function clientConfig(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const version = lines.find((line) => line.startsWith("version="))?.slice("version=".length) ?? "";
  const addresses = lines
    .filter((line) => line.startsWith("server."))
    .map((line) => line.split(";")[1]?.trim())
    .filter((address) => address !== undefined);
  return `${version} ${addresses.join(",")}`;
}
