/** The configuration that a zoo.cfg gives, beside what every server must be told. */
import { loadConfig } from "../../src/server/config/load-config.ts";
import type { ServerConfig } from "../../src/server/config/server-config.ts";

const NEEDED = "tickTime=2000\ndataDir=/data\nclientPort=2181\n";

export const configOf = (lines = ""): ServerConfig =>
  loadConfig({ argv: ["zoo.cfg"], env: {}, readFile: () => `${NEEDED}${lines}\n` }).config;
