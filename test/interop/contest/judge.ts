/**
 * Watches a contest from outside. Contestants tell it, over connections that nobody cuts, when they
 * come in and go out, and wait for its answer; it notes whatever must not be.
 *
 * A line is a request, each answered with `ok`: `go` (answered when all have said it), `in PLACE
 * TOKEN` and `out PLACE`, `came N`, `began N`, `leaving N`, `ended N`, and `counted`.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

export class Judge implements AsyncDisposable {
  /** What must not have been, in words. */
  readonly faults: string[] = [];
  /** How often somebody was in a place, by its name; increments under `counted`. */
  readonly rounds = new Map<string, number>();
  private readonly server = createServer((socket) => this.serve(socket));
  private readonly sockets = new Set<Socket>();
  private readonly members: number;
  private readonly inside = new Map<string, Socket>();
  private readonly tokens = new Map<string, bigint>();
  private readonly steps = new Map<string, number>();
  private waiting: Socket[] = [];

  private constructor(members: number) {
    this.members = members;
  }

  /** For `members` contestants. */
  static async start(members: number): Promise<Judge> {
    const judge = new Judge(members);
    judge.server.listen({ port: 0, host: "127.0.0.1" });
    await once(judge.server, "listening");
    return judge;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, "close");
  }

  private serve(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.on("error", (error) => this.faults.push(`a contestant is gone: ${error.message}`));
    socket.on("close", () => this.sockets.delete(socket));
    createInterface({ input: socket }).on("line", (line) => {
      const [what = "", where = "", token = "0"] = line.split(" ");
      if (what === "go") return this.gather(socket);
      this.note(socket, what, where, token);
      socket.write("ok\n");
    });
  }

  /** All begin together, so that they do contend. */
  private gather(socket: Socket): void {
    this.waiting.push(socket);
    if (this.waiting.length < this.members) return;
    this.steps.clear();
    for (const one of this.waiting.splice(0)) one.write("ok\n");
  }

  private note(socket: Socket, what: string, where: string, token: string): void {
    if (what === "in") this.comesIn(socket, where, BigInt(token));
    else if (what === "out") {
      if (this.inside.get(where) === socket) this.inside.delete(where);
    } else if (what === "counted") this.count("counted");
    else if (what === "came" || what === "leaving") this.step(`${what} ${where}`);
    else if (what === "began") this.all(`came ${where}`, "began");
    else if (what === "ended") this.all(`leaving ${where}`, "ended");
    else this.faults.push(`a contestant said ${what}`);
  }

  private comesIn(socket: Socket, place: string, token: bigint): void {
    if (this.inside.has(place)) this.faults.push(`${place}: two inside, token ${token}`);
    const before = this.tokens.get(place) ?? 0n;
    if (token <= before) this.faults.push(`${place}: token ${token} after ${before}`);
    this.inside.set(place, socket);
    this.tokens.set(place, token);
    this.count(place);
  }

  private all(step: string, what: string): void {
    const came = this.steps.get(step) ?? 0;
    if (came < this.members) this.faults.push(`barrier: one ${what} when ${came} had ${step}`);
    if (what === "ended") this.count("barriers passed");
  }

  private step(step: string): void {
    this.steps.set(step, (this.steps.get(step) ?? 0) + 1);
  }

  private count(what: string): void {
    this.rounds.set(what, (this.rounds.get(what) ?? 0) + 1);
  }
}
