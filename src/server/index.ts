/** `quoll/server`: a server inside a program, for tests above all. */
export { type EmbeddedServer, type StartServerOptions, startServer } from "./embedded.ts";
export {
  type EmbeddedEnsemble,
  type StartEnsembleOptions,
  startEnsemble,
} from "./embedded-ensemble.ts";
