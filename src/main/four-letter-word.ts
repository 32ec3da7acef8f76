/** `quoll four-letter-word HOST PORT WORD`: prints a server's answer; exit code 1 when none comes. */
import { askFourLetterWord } from "../server/four-letter-client.ts";

const TIMEOUT_MS = 5000;

export async function runFourLetterWord(argv: readonly string[]): Promise<number> {
  const [host, port, word] = argv;
  if (host === undefined || word === undefined || !/^\d+$/.test(port ?? "")) {
    process.stderr.write("Usage: quoll four-letter-word HOST PORT WORD\n");
    return 2;
  }
  try {
    const question = { host, port: Number(port), word, timeoutMs: TIMEOUT_MS };
    process.stdout.write(await askFourLetterWord(question));
    return 0;
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    process.stderr.write(`no answer from ${host}:${port}: ${told}\n`);
    return 1;
  }
}
