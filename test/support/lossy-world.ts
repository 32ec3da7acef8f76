/** Notifications that are dropped, doubled, late and out of order while faults last. */
import type { ServerId } from "../../src/base/ids.ts";
import type { ElectionEffect } from "../../src/election/io.ts";
import type { Notification } from "../../src/records/election.ts";
import { type Elected, ElectionWorld } from "./election-world.ts";

export class LossyWorld extends ElectionWorld {
  protected override carry(from: Elected, effect: ElectionEffect): void {
    if (effect.kind !== "notify") return;
    const { to, notification } = effect;
    if (this.hasFaults && this.chance.chance(0.15)) return;
    this.post(from, to, notification);
    if (this.hasFaults && this.chance.chance(0.1)) this.post(from, to, notification);
  }

  private post(from: Elected, to: ServerId, notification: Notification): void {
    const target = this.servers.find(({ id }) => id === to)!;
    const { life } = target;
    // Without faults each pair has a delay of its own, so that order is kept.
    const usual = 1 + ((Number(from.id) * 7 + Number(to) * 13) % 20);
    this.agenda.after(this.hasFaults ? 1 + this.chance.below(400) : usual, () => {
      if (!target.isAlive || target.life !== life) return;
      this.step(target, { kind: "heard", now: this.agenda.now, from: from.id, notification });
    });
  }

  protected override began(): void {}
  protected override ended(): void {}

  /** Tells somebody something about somebody's link, true or not. */
  rumour(): void {
    const [at, about] = [this.chance.pick(this.servers), this.chance.pick(this.servers)];
    if (!at.isAlive || at === about) return;
    const reachable = this.chance.chance(0.5);
    this.step(at, { kind: "reachable", now: this.agenda.now, server: about.id, reachable });
  }

  /** No more faults, and everybody knows who is there. */
  heal(): void {
    this.hasFaults = false;
    for (const at of this.alive) {
      for (const { id: server, isAlive: reachable } of this.servers) {
        // Twice: a link is lost, and cannot be opened again.
        for (let times = server === at.id ? 0 : 2; times > 0; times--) {
          this.step(at, { kind: "reachable", now: this.agenda.now, server, reachable });
        }
      }
    }
  }
}
