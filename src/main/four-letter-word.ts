/**
 * `quoll four-letter-word HOST PORT WORD [true]`: prints a server's answer; exit code 1 when none
 * comes. With `true` over TLS, as the reference's client asks: the flags of CLIENT_JVMFLAGS and
 * JVMFLAGS name the stores.
 */
import { askFourLetterWord } from "../server/four-letter-client.ts";
import { tlsOfFlags } from "../server/tls/client-flags.ts";

const TIMEOUT_MS = 5000;

export async function runFourLetterWord(argv: readonly string[]): Promise<number> {
  const [host, port, word, isSecure = "false"] = argv;
  if (host === undefined || word === undefined || !/^\d+$/.test(port ?? "")) {
    process.stderr.write("Usage: quoll four-letter-word HOST PORT WORD [true: over TLS]\n");
    return 2;
  }
  const { CLIENT_JVMFLAGS = "", JVMFLAGS = "" } = process.env;
  try {
    const tls = isSecure === "true" ? tlsOfFlags(`${CLIENT_JVMFLAGS} ${JVMFLAGS}`) : undefined;
    const question = { host, port: Number(port), word, timeoutMs: TIMEOUT_MS, tls };
    process.stdout.write(await askFourLetterWord(question));
    return 0;
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    process.stderr.write(`no answer from ${host}:${port}: ${told}\n`);
    return 1;
  }
}
