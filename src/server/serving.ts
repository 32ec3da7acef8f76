/** A server with everything that its four-letter words tell. */
import { Metrics } from "../base/metrics.ts";
import { environmentOf } from "./environment.ts";
import { TraceMask } from "./four-letter-answers.ts";
import { answerWord } from "./four-letter-words.ts";
import { type RunningServer, type StartOptions, startHosted } from "./start-server.ts";
import { BUILT_ON, VERSION } from "./version.ts";

export type ServingOptions = Omit<StartOptions, "metrics" | "answer">;

/** Rejects where the folder, the port or the data do not allow to serve. */
export async function startServing(options: ServingOptions): Promise<RunningServer> {
  const { config } = options;
  const metrics = new Metrics();
  const traceMask = new TraceMask();
  let port = config.clientPort ?? -1;
  let securePort = -1;
  const environment = environmentOf({
    version: VERSION,
    builtOn: BUILT_ON,
    userDir: process.cwd(),
    now: () => Date.now(),
    clientPort: () => port,
    secureClientPort: () => securePort,
  });
  const server = await startHosted({
    ...options,
    metrics,
    answer: (word, argument, status) =>
      answerWord(word, { status, config, environment, metrics, traceMask }, argument),
  });
  port = server.address?.port ?? -1;
  securePort = server.secureAddress?.port ?? -1;
  return server;
}
