/**
 * A bare connection for tests of the protocol's edges: writes any bytes, and tells which frames
 * came back and whether the server closed. Frames are shown as hexadecimal text.
 */
import { connect, type Socket } from "node:net";
import { hexOf } from "../../src/base/bytes.ts";
import { FrameCutter } from "../../src/jute/frames.ts";

/** A server that says nothing for this long is taken to be stuck. */
const SILENCE_MS_MAX = 15_000;
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

export class Wire {
  private readonly socket: Socket;
  private readonly frames: string[] = [];
  private isClosed = false;
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    const cutter = new FrameCutter(FRAME_BYTES_MAX);
    socket.on("data", (chunk: Buffer) => {
      cutter.push(chunk, (bytes, start, end) => {
        this.frames.push(hexOf(bytes.subarray(start, end)));
        return true;
      });
      this.wake();
    });
    socket.on("error", () => {}); // a reset is a way to close; "close" follows
    socket.on("close", () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static open(port: number): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        resolve(new Wire(socket));
      });
    });
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Writes each byte in a packet of its own. */
  async trickle(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at++) {
      await new Promise((resolve) => this.socket.write(bytes.subarray(at, at + 1), resolve));
    }
  }

  /** The next frame, or "closed". */
  async next(): Promise<string> {
    while (this.frames.length === 0 && !this.isClosed) await this.arrival(SILENCE_MS_MAX);
    return this.frames.shift() ?? "closed";
  }

  /** Whether the server closes within `limitMs`; for closes that nothing announces. */
  async closesWithin(limitMs: number): Promise<boolean> {
    if (!this.isClosed) await this.arrival(limitMs).catch(() => {});
    return this.isClosed;
  }

  end(): void {
    this.socket.destroy();
  }

  private arrival(limitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the server is silent")), limitMs);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = () => {};
        resolve();
      };
    });
  }
}
