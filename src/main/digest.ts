/**
 * `quoll digest`: prints the identity of a user and password, as it stands in access control lists
 * and in `DigestAuthenticationProvider.superDigest`. `-` reads them from the input, so that they
 * need not stand in a shell's history or a list of processes.
 */
import { readFileSync } from "node:fs";
import {
  DIGEST_ALGORITHM_DEFAULT,
  DIGEST_ALGORITHMS,
  digestAlgorithmOf,
  identityOf,
} from "../server/digest-algorithms.ts";
import { ExitCode } from "../server/exit-codes.ts";

const USAGE = "Usage: quoll digest USER:PASSWORD | - [--algorithm NAME]\n";
const STDIN = 0;

export function runDigest(argv: readonly string[]): number {
  const at = argv.indexOf("--algorithm");
  const words = at < 0 ? argv : argv.filter((_word, index) => index !== at && index !== at + 1);
  const named = at < 0 ? DIGEST_ALGORITHM_DEFAULT : (argv[at + 1] ?? "");
  const [word] = words;
  if (word === undefined || words.length > 1) return refuse(USAGE);
  const algorithm = digestAlgorithmOf(named);
  if (algorithm === undefined) {
    return refuse(`quoll: no digest "${named}". There are: ${DIGEST_ALGORITHMS.join(", ")}\n`);
  }
  // One line end is the terminal's, not the password's.
  const credential = word === "-" ? readFileSync(STDIN, "utf8").replace(/\r?\n$/, "") : word;
  if (!credential.includes(":")) return refuse(`quoll: no colon in it. ${USAGE}`);
  process.stdout.write(`${identityOf(credential, algorithm)}\n`);
  return ExitCode.finished;
}

function refuse(why: string): number {
  process.stderr.write(why);
  return ExitCode.invalidInvocation;
}
