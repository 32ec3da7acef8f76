/**
 * Asks a server a four-letter word, as `zkServer.sh status` does, and returns its answer. Works
 * with the reference's servers too.
 */
import { connect } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

export type FourLetterQuestion = {
  readonly host: string;
  readonly port: number;
  readonly word: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Ask over TLS, with these; undefined: plainly. */
  readonly tls?: ConnectionOptions | undefined;
};

/** Longest answer that is read, in bytes: `cons` and `wchp` of a busy server are tens of MB. */
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/**
 * The text up to the server's end of the connection. Rejects when it cannot be reached, does not
 * end in time, says more than `ANSWER_BYTES_MAX` or the signal aborts; an empty text means that the
 * server took the word for something else.
 */
export function askFourLetterWord(question: FourLetterQuestion): Promise<string> {
  const { host, port, word, timeoutMs } = question;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal =
    question.signal === undefined ? timeout : AbortSignal.any([timeout, question.signal]);
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const { tls } = question;
    const socket =
      tls === undefined ? connect({ host, port, signal }) : connectTls({ host, port, ...tls });
    // Node's TLS does not look at a signal.
    const stop = (): void => void socket.destroy(new Error("aborted"));
    signal.addEventListener("abort", stop);
    socket.once("close", () => signal.removeEventListener("abort", stop));
    socket.once(tls === undefined ? "connect" : "secureConnect", () => socket.write(word));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > ANSWER_BYTES_MAX) socket.destroy(new Error(`${word}: the answer is too long`));
    });
    socket.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    socket.once("error", (cause) => {
      const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : cause.message;
      reject(new Error(`${word} to ${host}:${port}: ${why}`, { cause }));
    });
  });
}
