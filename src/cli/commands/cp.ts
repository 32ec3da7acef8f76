/** `cp`: copies a subtree, also to other servers. */
import type { ZooKeeper } from "../../client/index.ts";
import type { Command } from "../command.ts";
import { readNodesWithAcl } from "../nodes.ts";
import { checkApart, isReserved, pathOf, plant, relativeTo } from "../plant.ts";

export const cp: Command = {
  name: "cp",
  synopsis: "[-a] [-f] [-n] [-to host:port] source target",
  purpose:
    "Copies a node and everything below it: `-a` with ACLs, `-f` over what is there, `-n` only " +
    "tells what it would do, `-to` to other servers. Ephemerals are left out. Not one transaction.",
  options: { a: "flag", f: "flag", n: "flag", to: "value" },
  argumentsMin: 2,
  needsSession: true,
  async run(context, { flags, values, words }) {
    const { zk, note, row, signal, progress } = context;
    const [source = "", target = ""] = words;
    const servers = values.get("to");
    if (servers === undefined) checkApart(source, target);
    const found = await readNodesWithAcl(zk, source, { signal, progress });
    const lasting = found.filter(
      ({ path, stat }) => stat.ephemeralOwner === 0n && !(source === "/" && isReserved(path)),
    );
    const ephemerals = found.filter(({ stat }) => stat.ephemeralOwner !== 0n).length;
    if (ephemerals > 0) note(`${ephemerals} ephemerals left out`);
    const seeds = lasting.map(({ path, data, acl }) => ({
      relative: relativeTo(source, path),
      data,
      acl: flags.has("a") ? acl : undefined,
    }));
    const options = { overwrites: flags.has("f"), isDry: flags.has("n"), signal, progress };
    const copy = (to: ZooKeeper) => plant(to, target, seeds, options);
    const done = await withServers(context, servers, copy);
    for (const [at, { relative }] of seeds.entries()) {
      const path = pathOf(target, relative);
      row({ path, done: done[at]! }, `${done[at]} ${path}`);
    }
  },
};

async function withServers<T>(
  context: Parameters<Command["run"]>[0],
  servers: string | undefined,
  work: (zk: ZooKeeper) => Promise<T>,
): Promise<T> {
  if (servers === undefined) return work(context.zk);
  await using other = await context.open(servers);
  return await work(other);
}
