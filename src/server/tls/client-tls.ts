/** How a server speaks TLS with its clients, by its configuration. */
import type { TlsOptions } from "node:tls";
import type { ServerConfig } from "../config/server-config.ts";
import { readTls, type TlsSpec, tlsFiles } from "./tls-spec.ts";

const specOf = (config: ServerConfig): TlsSpec => ({
  prefix: "ssl.",
  where: config.configFile ?? "arguments",
  keyStore: {
    path: config.keyStoreLocation ?? "",
    type: config.keyStoreType,
    password: config.keyStorePassword ?? "",
    passwordPath: config.keyStorePasswordPath,
  },
  // Where clients are not asked for certificates nobody is trusted, and need not be.
  trustStore:
    config.trustStoreLocation === undefined || config.tlsClientAuth === "none"
      ? undefined
      : {
          path: config.trustStoreLocation,
          type: config.trustStoreType,
          password: config.trustStorePassword ?? "",
          passwordPath: config.trustStorePasswordPath,
        },
  protocol: config.tlsProtocol,
  enabledProtocols: config.tlsEnabledProtocols,
  cipherSuites: config.tlsCipherSuites,
  clientAuth: config.tlsClientAuth,
});

/** The files that `readClientTls` reads. */
export const clientTlsFiles = (config: ServerConfig): readonly string[] => tlsFiles(specOf(config));

/** Throws `ConfigError` for what a server must not start with. */
export const readClientTls = (config: ServerConfig): TlsOptions => readTls(specOf(config));
