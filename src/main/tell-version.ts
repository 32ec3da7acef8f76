/** `quoll version`: the line that the reference's `zkServer.sh version` prints. */
import { versionText } from "../server/environment.ts";
import { BUILT_ON, VERSION } from "../server/version.ts";

export function tellVersion(): number {
  const text = versionText({ version: VERSION, builtOn: BUILT_ON });
  process.stdout.write(`Quoll, compatible with Apache ZooKeeper, version ${text}\n`);
  return 0;
}
