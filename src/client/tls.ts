/** TLS to the servers: what a program may choose of it, which is a part of what Node's TLS takes. */
import { isIP } from "node:net";
import { type ConnectionOptions, connect } from "node:tls";
import { type Dial, type LookUp, talkOver } from "./connection.ts";

/**
 * As in `node:tls`. The server's certificate is checked, and its name, unless told otherwise.
 * @example
 * const tls: TlsOptions = { ca: "-----BEGIN CERTIFICATE-----...", servername: "zk.example" };
 */
export type TlsOptions = Pick<
  ConnectionOptions,
  | "ca"
  | "cert"
  | "key"
  | "pfx"
  | "passphrase"
  | "servername"
  | "rejectUnauthorized"
  | "minVersion"
  | "maxVersion"
  | "allowPartialTrustChain"
  | "ciphers"
  | "checkServerIdentity"
>;

/** Connections with TLS. What is wrong with the options is told by each of them. */
export function dialTls(tls: TlsOptions, lookup?: LookUp): Dial {
  return (host, events) => {
    // The name in the connect string is the one that the certificate must have.
    const servername = tls.servername ?? (isIP(host.name) === 0 ? host.name : undefined);
    const socket = connect({
      ...tls,
      ...(servername === undefined ? {} : { servername }),
      ...(lookup === undefined ? {} : { lookup }),
      host: host.name,
      port: host.port,
    });
    socket.setNoDelay(true);
    return talkOver(socket, "secureConnect", events);
  };
}
