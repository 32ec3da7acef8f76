/** `create`: makes a node and tells its path on standard error. */
import type { CreateModeName } from "../../client/index.ts";
import { parseAcl } from "../acl-text.ts";
import type { Arguments } from "../arguments.ts";
import { CliError, type Command } from "../command.ts";

const TTL_MS_MAX = 2n ** 40n - 1n;

export const create: Command = {
  name: "create",
  synopsis: "[-s] [-e] [-c] [-t ttl] path [data] [acl]",
  purpose:
    "Makes a node: `-s` sequential, `-e` ephemeral, `-c` container, " +
    "`-t` with so many ms to live.",
  options: { s: "flag", e: "flag", c: "flag", t: "value" },
  argumentsMin: 1,
  needsSession: true,
  async run({ zk, note, show }, args) {
    const [path = "", data = null, acl] = args.words;
    const made = await zk.create(path, data, {
      mode: modeOf(args),
      ttlMs: ttlOf(args),
      acl: acl === undefined ? undefined : parseAcl(acl),
    });
    note(`Created ${made}`);
    show({ path: made }, []);
  },
};

function modeOf({ flags, values }: Arguments): CreateModeName {
  const isSequential = flags.has("s");
  const isEphemeral = flags.has("e");
  const isContainer = flags.has("c");
  if (isContainer && (isSequential || isEphemeral)) {
    throw new CliError(
      "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.",
    );
  }
  if (values.has("t")) {
    if (isEphemeral) throw new CliError("TTLs cannot be used with Ephemeral znodes");
    if (isContainer) throw new CliError("TTLs cannot be used with Container znodes");
    return isSequential ? "persistentSequentialWithTtl" : "persistentWithTtl";
  }
  if (isContainer) return "container";
  if (isEphemeral) return isSequential ? "ephemeralSequential" : "ephemeral";
  return isSequential ? "persistentSequential" : "persistent";
}

function ttlOf({ values }: Arguments): number | undefined {
  const text = values.get("t");
  if (text === undefined) return undefined;
  if (!/^[-+]?\d+$/.test(text)) throw new CliError("-t argument must be a long value");
  const ttl = BigInt(text);
  if (ttl >= 1n && ttl <= TTL_MS_MAX) return Number(ttl);
  throw new CliError(`ttl must be positive and cannot be larger than: ${TTL_MS_MAX}`);
}
