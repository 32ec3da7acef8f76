/**
 * The entrance for those who come with TLS, clients or members: takes sockets from the listeners,
 * shakes hands, and hands on those who may come in, with who they are.
 *
 *   socket -> (either? look at the first byte) -> handshake -> judged -> `enter`
 *
 * Promises: what a client does in its handshake ends at most its own connection; a handshake has a
 * time limit, and there is a limit to their number.
 * Leaves to others: limits on connections (sockets.ts), reading stores (tls-spec.ts).
 */
import type { Socket } from "node:net";
import { createServer, type Server, type TLSSocket, type TlsOptions } from "node:tls";
import type { Metrics } from "../../base/metrics.ts";
import type { Id } from "../../records/data.ts";
import { bunTcp } from "../bun-wire.ts";
import { ConfigError } from "../config/config-error.ts";
import type { Verdict } from "./client-certificate.ts";

/** A handshake takes no longer, from the first byte or the accepted connection: as Netty's. */
const HANDSHAKE_MS_MAX = 10_000;
/** The first byte of a TLS handshake. A frame that begins so would have more than 360 MB. */
const TLS_HANDSHAKE = 0x16;

export type EntranceOptions = {
  readonly tls: TlsOptions;
  /** Asked after a handshake. */
  readonly judge: (socket: TLSSocket) => Verdict;
  /** Told of who does not speak TLS. */
  readonly notTls: string;
  /** How long a connection that may be plain or not may stay silent. */
  readonly detectionMs: number;
  /** Handshakes at a time; 0 or less is no limit. */
  readonly handshakesMax: number;
  readonly metrics: Metrics;
  /** A connection was closed before it came in. `from`: address and port. */
  readonly turnedAway: (from: string, why: string) => void;
};

/** `socket` is the one to talk with. It is paused; nothing was read from it. */
export type Enter = (socket: Socket, ids: readonly Id[]) => void;

type Handshake = {
  readonly raw: Socket;
  readonly from: string;
  readonly enter: Enter;
  readonly timer: NodeJS.Timeout;
  /** What went wrong first. */
  why: string | undefined;
};

export class Entrance {
  private readonly options: EntranceOptions;
  private readonly server: Server;
  /** Node's events name the secured socket only, so handshakes are found by their addresses. */
  private readonly handshakes = new Map<string, Handshake>();
  private readonly exceeded;
  private readonly unsuccessful;
  private readonly authFailed;

  /** Throws `ConfigError` on Bun, which lets those in who do not speak TLS. */
  constructor(options: EntranceOptions) {
    if (bunTcp !== undefined) {
      throw new ConfigError({
        where: "TLS",
        problem: "this runtime cannot take a socket over for a handshake",
        remedy: "Run this server with node, or leave the secure port and sslQuorum out",
      });
    }
    this.options = options;
    const { metrics, tls } = options;
    this.exceeded = metrics.counter("tls_handshake_exceeded");
    this.unsuccessful = metrics.counter("unsuccessful_handshake");
    this.authFailed = metrics.counter("auth_failed_count");
    metrics.gauge("outstanding_tls_handshake", () => this.handshakes.size);
    this.server = createServer({ ...tls, pauseOnConnect: true });
    this.server.on("secureConnection", (socket) => this.secured(socket));
    this.server.on("tlsClientError", (error, socket) => this.failed(error, socket));
  }

  /** Later handshakes use these. Throws what `tls.createSecureContext` throws. */
  renew(tls: TlsOptions): void {
    this.server.setSecureContext(tls);
  }

  /** Looks at the first byte: a handshake is shaken, everything else enters as it is. */
  detect(raw: Socket, enter: Enter): void {
    const timer = setTimeout(() => {
      this.options.turnedAway(fromOf(raw), `silent for ${this.options.detectionMs} ms`);
      raw.destroy();
    }, this.options.detectionMs);
    raw.once("close", () => clearTimeout(timer));
    raw.once("data", (first: Buffer) => {
      clearTimeout(timer);
      raw.pause();
      raw.unshift(first);
      if (first[0] === TLS_HANDSHAKE) this.shakeHands(raw, enter);
      else enter(raw, []);
    });
  }

  shakeHands(raw: Socket, enter: Enter): void {
    const key = keyOf(raw);
    const { handshakesMax, turnedAway } = this.options;
    if (key === undefined) {
      raw.destroy(); // gone already
      return;
    }
    if (handshakesMax > 0 && this.handshakes.size >= handshakesMax) {
      this.exceeded.add();
      const limit = `netty.server.outstandingHandshake.limit=${handshakesMax}`;
      turnedAway(fromOf(raw), `more than ${limit} handshakes at a time`);
      raw.destroy();
      return;
    }
    const timer = setTimeout(() => {
      handshake.why = `no TLS handshake within ${HANDSHAKE_MS_MAX} ms`;
      raw.destroy();
    }, HANDSHAKE_MS_MAX);
    const handshake: Handshake = { raw, from: fromOf(raw), enter, timer, why: undefined };
    this.handshakes.set(key, handshake);
    raw.once("close", () => this.ended(key, handshake));
    this.server.emit("connection", raw);
  }

  private secured(socket: TLSSocket): void {
    socket.on("error", () => {}); // "close" follows
    const key = keyOf(socket);
    const handshake = key === undefined ? undefined : this.handshakes.get(key);
    if (key === undefined || handshake === undefined) {
      socket.destroy();
      return;
    }
    const verdict = this.options.judge(socket);
    if (verdict.kind === "refused") {
      handshake.why = verdict.why;
      // The client's certificate is acknowledged in TLS 1.3 only by what follows: by the end.
      socket.destroy();
      return;
    }
    this.forget(key, handshake);
    handshake.enter(socket, verdict.ids);
  }

  private failed(error: Error, socket: TLSSocket): void {
    const key = keyOf(socket);
    const handshake = key === undefined ? undefined : this.handshakes.get(key);
    // Without an address the connection is gone, and its end tells enough.
    if (handshake !== undefined) handshake.why ??= reasonOf(error, this.options.notTls);
    socket.destroy();
  }

  /** The connection is closed: before it came in, if its handshake is still known. */
  private ended(key: string, handshake: Handshake): void {
    if (this.handshakes.get(key) !== handshake) return;
    this.forget(key, handshake);
    this.unsuccessful.add();
    this.authFailed.add();
    this.options.turnedAway(handshake.from, handshake.why ?? "the client ended the handshake");
  }

  private forget(key: string, handshake: Handshake): void {
    clearTimeout(handshake.timer);
    this.handshakes.delete(key);
  }
}

function keyOf({ remoteAddress, remotePort, localPort }: Socket): string | undefined {
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  return `${remoteAddress} ${remotePort} ${localPort}`;
}

const fromOf = ({ remoteAddress, remotePort }: Socket): string =>
  `${(remoteAddress ?? "").replace(/^::ffff:(?=\d+\.)/, "")}:${remotePort ?? 0}`;

const REASONS: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: "it speaks HTTP",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "its TLS version is not enabled here (ssl.enabledProtocols)",
  ERR_SSL_NO_SHARED_CIPHER: "it offers no cipher suite that is enabled here (ssl.ciphersuites)",
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: "it does not trust this server's certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: "it does not accept this server's certificate",
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: "it does not accept this server's certificate",
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: "it finds this server's certificate expired",
  ECONNRESET: "the client ended the handshake",
};

/** For people; what nobody foresaw is told as OpenSSL tells it, without where in its sources. */
function reasonOf(error: Error, notTls: string): string {
  const code = "code" in error ? String(error.code) : "";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return notTls;
  return REASONS[code] ?? (code === "" ? error.message : `the handshake failed: ${code}`);
}
