/** A way from one server to a door of another, which can be blocked and cut. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export class Link {
  private readonly server = createServer({ pauseOnConnect: true }, (near) => this.pass(near));
  private readonly sockets = new Set<Socket>();
  private readonly target: number;
  private isBlocked = false;

  private constructor(target: number) {
    this.target = target;
  }

  static async to(target: number): Promise<Link> {
    const link = new Link(target);
    link.server.listen({ port: 0, host: "127.0.0.1" });
    await once(link.server, "listening");
    return link;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Nothing passes any more, in either direction; connections stay, and hear nothing of it. */
  block(): void {
    this.isBlocked = true;
    for (const socket of this.sockets) socket.pause();
  }

  /** What was kept goes on its way, late. */
  unblock(): void {
    this.isBlocked = false;
    for (const socket of this.sockets) socket.resume();
  }

  /** Every connection ends. */
  cut(): void {
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  close(): void {
    this.server.close();
    this.cut();
  }

  private pass(near: Socket): void {
    const far = connect({ port: this.target, host: "127.0.0.1", noDelay: true });
    near.setNoDelay(true);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on("data", (chunk: Buffer) => {
        if (!to.destroyed) to.write(chunk);
      });
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.sockets.delete(from);
        to.destroy();
      });
      if (this.isBlocked) from.pause();
      else from.resume();
    }
  }
}
