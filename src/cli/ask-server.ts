/** Asks a server a four-letter word, over a connection of its own. */
import { connect, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { TlsOptions } from "../client/index.ts";

/** What an answer may have, in bytes: `cons` of a busy server is long. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

export type Address = { readonly host: string; readonly port: number };

/** Resolves to the answer; rejects when there is none within `limitMs`. */
export function askServer(
  { host, port }: Address,
  word: string,
  limitMs: number,
  tls?: TlsOptions,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const where = { host, port, timeout: limitMs };
    const socket = tls === undefined ? connect(where) : connectTls({ ...name, ...tls, ...where });
    const chunks: Buffer[] = [];
    let size = 0;
    socket.on(tls === undefined ? "connect" : "secureConnect", () => socket.write(word));
    socket.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > ANSWER_BYTES_MAX) socket.destroy(new Error("the answer does not end"));
    });
    socket.on("timeout", () => socket.destroy(new Error(`no answer in ${limitMs} ms`)));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

const PORT_DEFAULT = 2181;

/** The servers of a connect string, without its chroot. A port that is none is NaN. */
export function addressesOf(servers: string): readonly Address[] {
  const hosts = servers.split("/", 1)[0]!.split(",");
  return hosts
    .map((text) => text.trim())
    .filter((text) => text !== "")
    .map((text) => {
      const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/.exec(text) ?? [];
      return {
        host: bracketed ?? plain ?? text,
        port: port === undefined ? PORT_DEFAULT : Number(port || Number.NaN),
      };
    });
}
