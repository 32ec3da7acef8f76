/** Whether a server speaks TLS at all: only then is loaded what does. */
import type { ServerConfig } from "../config/server-config.ts";

export const hasClientTls = (config: ServerConfig): boolean =>
  config.secureClientPort !== 0 || config.clientPortUnification;

export const hasMemberTls = (config: ServerConfig): boolean =>
  config.ensemble !== undefined && (config.sslQuorum || config.memberPortUnification);
