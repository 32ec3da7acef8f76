/**
 * Elections over simulated connections: bytes in order, in pieces of any size; partitions that hold
 * them up or cut them; ends that do not learn that the other is gone.
 */
import type { ServerId } from "../../src/base/ids.ts";
import type { ElectionEffect } from "../../src/election/io.ts";
import { ELECTION_LINK_TIMES, ElectionLinks } from "../../src/election/links.ts";
import type { ElectionLinkEffect, ElectionLinkInput, LinkId } from "../../src/election/links-io.ts";
import { INITIAL_V1 } from "../../src/records/election.ts";
import { type Elected, ElectionWorld } from "./election-world.ts";

type Host = { links: ElectionLinks; accepted: number; readonly ends: Map<LinkId, End> };

/** One end of a connection. `inbox` is on its way to it; null is the close of the other end. */
type End = {
  readonly server: Elected;
  readonly life: number;
  readonly link: LinkId;
  readonly inbox: (Uint8Array | null)[];
  other: End | undefined;
  isClosed: boolean;
};

export class LinkedWorld extends ElectionWorld {
  private readonly hosts = new Map<ServerId, Host>();
  /** Servers on the one side of a partition; the others are on the other. */
  private apart: ReadonlySet<ServerId> = new Set();

  /** Splits the servers at random; connections across are held up, and some are cut. */
  partition(): void {
    const side = this.servers.filter(() => this.chance.chance(0.5)).map(({ id }) => id);
    this.apart = new Set(side);
    for (const end of this.openEnds()) {
      if (this.isCut(end) && this.chance.chance(0.3)) this.lose(end, "reset");
    }
  }

  mend(): void {
    this.apart = new Set();
  }

  /** How many connections stand between each two servers that live, by their ids. */
  connections(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const end of this.openEnds()) {
      const { other } = end;
      if (other === undefined || other.isClosed || !other.server.isAlive) continue;
      if (end.server.id > other.server.id) continue;
      const key = `${end.server.id}-${other.server.id}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  protected override began(server: Elected): void {
    let dialed = 0;
    const links = new ElectionLinks({
      self: server.id,
      addresses: [`h${server.id}:2`],
      initial: INITIAL_V1,
      times: ELECTION_LINK_TIMES,
      nextLink: () => --dialed,
    });
    this.hosts.set(server.id, { links, accepted: 0, ends: new Map() });
  }

  protected override ended(server: Elected): void {
    for (const end of this.hosts.get(server.id)?.ends.values() ?? []) {
      end.isClosed = true;
      // Behind a partition nobody hears of it.
      if (!this.isCut(end)) this.post(end.other, null);
    }
    this.hosts.delete(server.id);
  }

  protected override carry(from: Elected, effect: ElectionEffect): void {
    const { now } = this.agenda;
    if (effect.kind === "connect") this.stepLinks(from, { kind: "connect", now, to: effect.to });
    if (effect.kind !== "notify") return;
    const { to, notification } = effect;
    this.stepLinks(from, { kind: "send", now, to, notification });
  }

  private stepLinks(server: Elected, input: ElectionLinkInput): void {
    const { links } = this.hosts.get(server.id)!;
    const out: ElectionLinkEffect[] = [];
    links.step(input, out);
    for (const effect of out) this.performLink(server, effect);
    const { wakeAt } = links;
    if (wakeAt === undefined) return;
    this.after(server, wakeAt - this.agenda.now, () => {
      if (links.wakeAt !== wakeAt) return;
      this.stepLinks(server, { kind: "tick", now: this.agenda.now });
    });
  }

  private performLink(server: Elected, effect: ElectionLinkEffect): void {
    const { ends } = this.hosts.get(server.id)!;
    switch (effect.kind) {
      case "dial":
        return this.dial(server, effect.link, effect.server);
      case "sendLink":
        return this.sendFrom(ends.get(effect.link), effect.bytes);
      case "closeLink": {
        const end = ends.get(effect.link);
        return end === undefined ? undefined : this.lose(end, "closed");
      }
      case "awaitLinkDrain":
        return this.after(server, this.chance.below(30), () =>
          this.tell(server, effect.link, "linkDrained"),
        );
      case "heard": {
        const { from, notification } = effect;
        return this.after(server, 0, () =>
          this.step(server, { kind: "heard", now: this.agenda.now, from, notification }),
        );
      }
      case "reachable": {
        const { server: about, reachable } = effect;
        return this.after(server, 0, () =>
          this.step(server, { kind: "reachable", now: this.agenda.now, server: about, reachable }),
        );
      }
    }
  }

  private tell(
    server: Elected,
    link: LinkId,
    kind: "linkAccepted" | "linkOpened" | "linkClosed" | "linkDrained",
  ): void {
    this.stepLinks(server, { kind, now: this.agenda.now, link });
  }

  private dial(from: Elected, link: LinkId, to: ServerId): void {
    const near = this.endOf(from, link);
    const target = this.servers.find(({ id }) => id === to)!;
    this.after(from, this.delay(), () => {
      // Behind a partition the attempt hangs until its server gives up.
      if (near.isClosed || this.isApart(from.id, to)) return;
      if (!target.isAlive) return this.lose(near, "refused");
      const far = this.endOf(target, ++this.hosts.get(to)!.accepted);
      near.other = far;
      far.other = near;
      this.tell(target, far.link, "linkAccepted");
      this.after(from, this.delay(), () => {
        if (!near.isClosed) this.tell(from, link, "linkOpened");
      });
    });
  }

  private endOf(server: Elected, link: LinkId): End {
    const { life } = server;
    const end: End = { server, life, link, inbox: [], other: undefined, isClosed: false };
    this.hosts.get(server.id)!.ends.set(link, end);
    return end;
  }

  /** Bytes for an end that is gone come back as a reset, unless a partition swallows them. */
  private sendFrom(near: End | undefined, bytes: Uint8Array): void {
    if (near?.other?.isClosed !== true) this.post(near?.other, bytes);
    else if (!this.isCut(near)) this.lose(near, "reset");
  }

  private post(end: End | undefined, bytes: Uint8Array | null): void {
    if (end === undefined || end.isClosed) return;
    end.inbox.push(bytes);
    if (end.inbox.length === 1) this.after(end.server, this.delay(), () => this.arrive(end));
  }

  private arrive(end: End): void {
    if (end.isClosed) return;
    if (this.isCut(end)) return this.after(end.server, 40, () => this.arrive(end));
    const bytes = end.inbox.shift()!;
    if (bytes === null) return this.lose(end, "end");
    const at = this.chance.below(bytes.length + 1);
    for (const piece of [bytes.subarray(0, at), bytes.subarray(at)]) {
      const { now } = this.agenda;
      if (!end.isClosed) {
        this.stepLinks(end.server, { kind: "linkReceived", now, link: end.link, bytes: piece });
      }
    }
    if (end.inbox.length > 0) this.after(end.server, this.delay(), () => this.arrive(end));
  }

  /** The end is gone: its server is told, and the other end in its turn. */
  private lose(end: End, why: "closed" | "reset" | "refused" | "end"): void {
    if (end.isClosed) return;
    end.isClosed = true;
    this.after(end.server, why === "closed" ? 0 : this.delay(), () =>
      this.tell(end.server, end.link, "linkClosed"),
    );
    if (why !== "end") this.post(end.other, null);
  }

  /** As the agenda's, for this life of the server only. */
  private after(server: Elected, ms: number, act: () => void): void {
    const { life } = server;
    this.agenda.after(Math.max(0, ms), () => {
      if (server.isAlive && server.life === life) act();
    });
  }

  private openEnds(): readonly End[] {
    const all = [...this.hosts.values()].flatMap(({ ends }) => [...ends.values()]);
    return all.filter(({ isClosed }) => !isClosed);
  }

  private isCut({ server, other }: End): boolean {
    return other !== undefined && this.isApart(server.id, other.server.id);
  }

  private isApart(a: ServerId, b: ServerId): boolean {
    return this.apart.has(a) !== this.apart.has(b);
  }

  private delay(): number {
    return 1 + this.chance.below(this.hasFaults ? 60 : 10);
  }
}
