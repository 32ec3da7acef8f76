/** Asks a server by the four-letter word `isro` whether it takes writes. */
import type { Host } from "../client-core/connect-string.ts";
import type { Dial } from "./connection.ts";

/** How long the answer may take, in ms; the reference's number. */
const ANSWER_MS_MAX = 1000;
const WRITABLE = "rw";

/** Resolves to false also where there is no answer. Never rejects. */
export function isWritable(host: Host, dial: Dial): Promise<boolean> {
  return new Promise((resolve) => {
    let answer = "";
    const decoder = new TextDecoder();
    const connection = dial(host, {
      opened: () => connection.write(new TextEncoder().encode("isro")),
      received(bytes) {
        answer += decoder.decode(bytes, { stream: true });
      },
      closed() {
        clearTimeout(timer);
        resolve(answer === WRITABLE);
      },
    });
    const timer = setTimeout(() => connection.close(), ANSWER_MS_MAX);
  });
}
