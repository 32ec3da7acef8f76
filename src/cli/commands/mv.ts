/** `mv`: gives a subtree another path, in one transaction. */
import { op } from "../../client/index.ts";
import { CliError, type Command } from "../command.ts";
import { readNodesWithAcl } from "../nodes.ts";
import { checkApart, pathOf, relativeTo } from "../plant.ts";

/** What a transaction may hold, in bytes; servers refuse more than `jute.maxbuffer` (1 MiB). */
const BYTES_MAX = 900_000;
/** What a node adds to a transaction besides its path and data. */
const NODE_BYTES = 200;

export const mv: Command = {
  name: "mv",
  synopsis: "source target",
  purpose:
    "Gives a node and everything below it another path, with ACLs, in one transaction: all or " +
    "nothing, and nothing when somebody writes meanwhile. Refuses ephemerals and large subtrees.",
  argumentsMin: 2,
  needsSession: true,
  async run({ zk, print, signal, progress }, { words: [source = "", target = ""] }) {
    checkApart(source, target);
    const nodes = await readNodesWithAcl(zk, source, { signal, progress });
    const ephemeral = nodes.find(({ stat }) => stat.ephemeralOwner !== 0n);
    if (ephemeral !== undefined) {
      throw new CliError(`${ephemeral.path} is ephemeral: it belongs to its session`);
    }
    const places = nodes.map((node) => ({
      ...node,
      to: pathOf(target, relativeTo(source, node.path)),
    }));
    const size = places.reduce(
      (sum, { path, to, data }) => sum + path.length + to.length + (data?.length ?? 0) + NODE_BYTES,
      0,
    );
    if (size > BYTES_MAX) {
      throw new CliError(`${size} bytes do not fit into one transaction: use cp and deleteall`);
    }
    await zk.multi([
      ...places.map(({ to, data, acl }) => op.create(to, data, { acl })),
      ...places.map(({ path, stat }) => op.delete(path, stat.version)).reverse(),
    ]);
    print(`Moved ${places.length} nodes to ${target}`);
  },
};
