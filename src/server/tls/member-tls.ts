/**
 * TLS between members, for election and learner links alike: who dials shakes hands when sslQuorum
 * says so, who accepts takes TLS, or with portUnification both; so an ensemble changes from plain
 * to TLS member by member.
 *
 *   plain -> portUnification -> portUnification + sslQuorum -> sslQuorum
 *
 * Promises: both sides prove who they are (unless ssl.quorum.clientAuth says otherwise); what goes
 * wrong in a handshake ends that connection alone, and handshakes have a time limit.
 * From: specification 4.10; the rules are those of clients (peer-certificate.ts).
 */
import { X509Certificate } from "node:crypto";
import { isIP, type Socket } from "node:net";
import { connect, createSecureContext, type TlsOptions } from "node:tls";
import type { Logger } from "pino";
import type { Millis } from "../../base/ids.ts";
import { Metrics } from "../../base/metrics.ts";
import { ConfigError } from "../config/config-error.ts";
import type { ServerConfig } from "../config/server-config.ts";
import { Entrance } from "./entrance.ts";
import { judgeCertificate, namesOne } from "./peer-certificate.ts";
import { watchFiles } from "./reload.ts";
import { readTls, type TlsSpec, tlsFiles } from "./tls-spec.ts";

const specOf = (config: ServerConfig): TlsSpec => ({
  prefix: "ssl.quorum.",
  where: config.configFile ?? "arguments",
  keyStore: {
    path: config.memberKeyStoreLocation ?? "",
    type: config.memberKeyStoreType,
    password: config.memberKeyStorePassword ?? "",
    passwordPath: config.memberKeyStorePasswordPath,
  },
  trustStore: {
    path: config.memberTrustStoreLocation ?? "",
    type: config.memberTrustStoreType,
    password: config.memberTrustStorePassword ?? "",
    passwordPath: config.memberTrustStorePasswordPath,
  },
  protocol: config.memberTlsProtocol,
  enabledProtocols: config.memberTlsEnabledProtocols,
  cipherSuites: config.memberTlsCipherSuites,
  clientAuth: config.memberTlsClientAuth,
});

export type Secured = { readonly socket: Socket } | { readonly why: string };

export class MemberTls {
  private readonly config: ServerConfig;
  private readonly entrance: Entrance;
  private tls: TlsOptions;

  /**
   * `turnedAway` hears of connections that were closed before they came in. Throws `ConfigError`
   * for what a server must not start with.
   */
  constructor(config: ServerConfig, turnedAway: (from: string, why: string) => void) {
    this.config = config;
    this.tls = readTls(specOf(config));
    this.entrance = new Entrance({
      tls: this.tls,
      judge: (socket) => {
        const judged = judgeCertificate(socket, this.rules());
        return judged.kind === "refused" ? judged : { kind: "welcome", ids: [] };
      },
      notTls: "it does not speak TLS; see portUnification for members without",
      detectionMs: config.memberTlsDetectionTimeoutMs,
      handshakesMax: 0,
      // The counters of handshakes are those of clients.
      metrics: new Metrics(),
      turnedAway,
    });
  }

  /** A member has dialed. `enter` gets what to talk with, paused. */
  accept(raw: Socket, enter: (socket: Socket) => void): void {
    raw.on("error", () => {}); // "close" follows
    if (this.config.memberPortUnification) this.entrance.detect(raw, enter);
    else this.entrance.shakeHands(raw, enter);
  }

  /** The dialed socket stands. `told` is called once; the socket is closed when it fails. */
  secure(raw: Socket, host: string, msMax: Millis, told: (secured: Secured) => void): void {
    if (!this.config.sslQuorum) return told({ socket: raw });
    raw.on("error", () => {}); // told by the socket around it
    const { key, cert, pfx, passphrase, ca, ciphers, minVersion, maxVersion } = this.tls;
    const secureContext = createSecureContext({
      ...{ key, cert, pfx, passphrase, ca, ciphers, minVersion, maxVersion },
      allowPartialTrustChain: true,
    });
    const socket = connect({
      ...{ socket: raw, secureContext },
      ...(isIP(host) === 0 && { servername: host }),
      checkServerIdentity: (_, { raw: bytes }) => this.faultOf(bytes, raw, host),
    });
    let ended = false;
    const end = (secured: Secured): void => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      if ("why" in secured) {
        socket.destroy();
        raw.destroy();
      }
      told(secured);
    };
    const timer = setTimeout(() => end({ why: "no TLS handshake in time" }), msMax);
    socket.once("error", (error) => end({ why: `TLS: ${reasonOf(error)}` }));
    socket.once("close", () => end({ why: "closed in the TLS handshake" }));
    socket.once("secureConnect", () => end({ socket }));
  }

  /** Answers how to stop. */
  startReloading(logger: Logger): () => void {
    return watchFiles(tlsFiles(specOf(this.config)), () => {
      try {
        this.tls = readTls(specOf(this.config));
        this.entrance.renew(this.tls);
        logger.info("the members' stores were read again; they count for new connections");
      } catch (error) {
        const told = error instanceof ConfigError ? error.message : String(error);
        logger.error(`the members' changed stores are not usable, the old ones stay: ${told}`);
      }
    });
  }

  private rules() {
    const { config } = this;
    const checks = config.memberTlsHostnameVerification;
    const checksDialers = checks && config.memberTlsClientHostnameVerification;
    const members = config.ensemble?.config.members ?? [];
    const hosts = members.flatMap(({ addresses }) => addresses.map(({ host }) => host));
    return {
      prefix: "ssl.quorum.",
      clientAuth: config.memberTlsClientAuth,
      mustName: checksDialers ? hosts : undefined,
    } as const;
  }

  private faultOf(bytes: Uint8Array, raw: Socket, host: string): Error | undefined {
    if (!this.config.memberTlsHostnameVerification) return undefined;
    if (namesOne(new X509Certificate(bytes), raw.remoteAddress ?? "", [host])) return undefined;
    return new Error(
      `the certificate of ${host} does not name it (ssl.quorum.hostnameVerification)`,
    );
  }
}

/** OpenSSL's own words, without where in its sources it says them. */
const reasonOf = (error: Error): string =>
  "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
