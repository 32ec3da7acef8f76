/**
 * Four-letter words: whether one is allowed, and who answers it (four-letter-answers.ts, mntr.ts).
 * How one is recognised at the head of a connection stands in peer/words.ts.
 *
 * From: specification 2.14; golden 4lw; 3.8.0 asked with and without a quorum and with other
 * whitelists.
 */
import type { Metrics } from "../base/metrics.ts";
import type { PeerStatus } from "../peer/status.ts";
import type { Word } from "../peer/words.ts";
import type { ServerConfig } from "./config/server-config.ts";
import type { Environment } from "./environment.ts";
import * as answers from "./four-letter-answers.ts";
import { answerMntr } from "./mntr.ts";

export type WordContext = {
  readonly status: PeerStatus;
  readonly config: ServerConfig;
  readonly environment: Environment;
  readonly metrics: Metrics;
  readonly traceMask: answers.TraceMask;
};

/**
 * The whole answer, after which the connection is closed. `argument` is the big-endian number that
 * follows `stmk`. Whether the word is allowed is decided here as well.
 */
export function answerWord(word: Word, context: WordContext, argument = 0n): string {
  if (!isAllowed(word, context.config)) {
    return `${word} is not executed because it is not in the whitelist.\n`;
  }
  switch (word) {
    case "ruok":
      return "imok";
    case "envi":
      return answers.answerEnvi(context.environment);
    case "gtmk":
      return String(context.traceMask.value);
    case "stmk":
      context.traceMask.value = argument;
      return String(argument);
    case "telnet close":
      return "";
    case "isro":
      return answers.answerIsro(context.status);
    default:
      return context.status.serving ? answerServing(word, context) : notServing(word);
  }
}

type ServingWord = Exclude<Word, "ruok" | "envi" | "gtmk" | "stmk" | "telnet close" | "isro">;

function answerServing(word: ServingWord, context: WordContext): string {
  const { status, environment } = context;
  switch (word) {
    case "srvr":
      return answers.answerSrvr(status, environment);
    case "stat":
      return answers.answerStat(status, environment);
    case "conf":
      return answers.answerConf(context.config, environment);
    case "cons":
      return answers.answerCons(status);
    case "crst":
      status.resetConnections();
      return "Connection stats reset.\n";
    case "srst":
      status.resetServer();
      context.metrics.reset();
      return "Server stats reset.\n";
    case "mntr":
      return answerMntr(status, environment, context.metrics);
    case "dump":
      return answers.answerDump(status);
    case "dirs":
      return answers.answerDirs(context.config, environment);
    case "wchs":
      return answers.answerWchs(status);
    case "wchc":
      return answers.answerWchc(status);
    case "wchp":
      return answers.answerWchp(status);
    case "hash":
      return answers.answerHash(status);
  }
}

const isAllowed = (word: Word, config: ServerConfig): boolean =>
  config.fourLetterWords.includes("*") || config.fourLetterWords.includes(word);

/** `hash` alone has no newline: a slip of the reference that is kept. */
const notServing = (word: Word): string =>
  `This ZooKeeper instance is not currently serving requests${word === "hash" ? "" : "\n"}`;
