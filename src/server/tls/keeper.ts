/**
 * Keeps what a server's TLS works with: reads it at the start, opens the entrance, and with
 * client.certReload reads it again when its files change. What is not usable then leaves the old
 * one in force.
 */
import type { TlsOptions } from "node:tls";
import type { Logger } from "pino";
import type { Metrics } from "../../base/metrics.ts";
import { ConfigError } from "../config/config-error.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { type ClientRules, judgeClient } from "./client-certificate.ts";
import { clientTlsFiles, readClientTls } from "./client-tls.ts";
import { Entrance, type EntranceOptions } from "./entrance.ts";
import { watchFiles } from "./reload.ts";

export class TlsKeeper {
  private readonly config: ServerConfig;
  private readonly tls: TlsOptions;
  private entrance: Entrance | undefined;

  /** Throws `ConfigError` for what a server must not start with. */
  constructor(config: ServerConfig) {
    this.config = config;
    this.tls = readClientTls(config);
  }

  open(metrics: Metrics, turnedAway: EntranceOptions["turnedAway"]): Entrance {
    const { config } = this;
    const rules: ClientRules = {
      clientAuth: config.tlsClientAuth,
      checksAddress: config.tlsHostnameVerification && config.tlsClientHostnameVerification,
      superUser: config.x509SuperUser,
    };
    this.entrance = new Entrance({
      tls: this.tls,
      judge: (socket) => judgeClient(socket, rules),
      notTls: "it does not speak TLS; plain clients belong on clientPort",
      detectionMs: config.tlsDetectionTimeoutMs,
      handshakesMax: config.tlsHandshakesMax,
      metrics,
      turnedAway,
    });
    return this.entrance;
  }

  /** Answers how to stop. */
  startReloading(logger: Logger): () => void {
    return watchFiles(clientTlsFiles(this.config), () => this.reload(logger));
  }

  private reload(logger: Logger): void {
    try {
      this.entrance?.renew(readClientTls(this.config));
      logger.info("key store and trust store were read again; they count for new connections");
    } catch (error) {
      const told = error instanceof ConfigError ? error.message : String(error);
      logger.error(`the changed stores are not usable, the old ones stay in force: ${told}`);
    }
  }
}
