/**
 * A TCP proxy with one target at a time: clients that know only the proxy are sent from server to
 * server.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class SwitchedProxy implements AsyncDisposable {
  private readonly server = createServer((near) => this.pass(near));
  private readonly sockets = new Set<Socket>();
  private target: number | null = null;

  private constructor() {}

  /** Lets nobody through until it has a target. */
  static async start(): Promise<SwitchedProxy> {
    const proxy = new SwitchedProxy();
    proxy.server.listen({ port: 0, host: "127.0.0.1" });
    await once(proxy.server, "listening");
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** New connections go to this port of this machine; the present ones stay where they are. */
  passTo(port: number): void {
    this.target = port;
  }

  /** New connections are closed at once; the present ones stay where they are. */
  passNobody(): void {
    this.target = null;
  }

  /** Ends all connections. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    this.cut();
    await once(this.server, "close");
  }

  private pass(near: Socket): void {
    near.on("error", () => {}); // "close" follows
    if (this.target === null) return void near.destroy();
    const far = connect({ port: this.target, host: "127.0.0.1", noDelay: true });
    far.on("error", () => {});
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on("data", (chunk: Uint8Array) => to.write(chunk));
    }
  }
}
