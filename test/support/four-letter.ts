/**
 * Four-letter commands: one connection, four bytes, plain text back. Used to see that a server is
 * up.
 */
import { connect } from "node:net";

/** The answer to `command`. Rejects when nobody listens or the connection breaks. */
export function fourLetter(port: number, command: string, limitMs = 5_000): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setTimeout(limitMs, () => socket.destroy(new Error(`${command}: no answer`)));
    socket.setEncoding("utf8");
    socket.on("connect", () => socket.write(command));
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}
