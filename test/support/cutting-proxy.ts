/** A TCP proxy that cuts each connection after a number of chunks, sometimes before passing one on. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Prng } from "../../src/base/prng.ts";

export class CuttingProxy implements AsyncDisposable {
  /** Connections that were cut. */
  cuts = 0;
  private readonly server = createServer((near) => this.pass(near));
  private readonly sockets = new Set<Socket>();
  private readonly target: number;
  private readonly chunksMax: number;
  private readonly chance: Prng;

  private constructor(target: number, chunksMax: number, seed: number) {
    this.target = target;
    this.chunksMax = chunksMax;
    this.chance = new Prng(seed);
  }

  /** Before the port `target` of this machine; cuts after 2 to `chunksMax` chunks, by chance. */
  static async start(target: number, chunksMax: number, seed = 1): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target, chunksMax, seed);
    proxy.server.listen({ port: 0, host: "127.0.0.1" });
    await once(proxy.server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, "close");
  }

  private pass(near: Socket): void {
    const far = connect({ port: this.target, host: "127.0.0.1", noDelay: true });
    let left = 2 + this.chance.below(this.chunksMax - 1);
    const end = (): void => {
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on("error", end);
      from.on("close", () => {
        this.sockets.delete(from);
        end();
      });
      from.on("data", (chunk: Uint8Array) => {
        left--;
        if (left > 0) return void to.write(chunk);
        this.cuts++;
        // Half of the time what came arrives, and the answer does not.
        if (this.chance.below(2) === 0) return end();
        to.write(chunk, end);
      });
    }
  }
}
