/** The learners that are connected to a leader: at most one link for each server. */
import type { ServerId } from "../base/ids.ts";
import type { LeaderEffect, LinkId } from "./io.ts";
import type { LearnerHandler } from "./learner-handler.ts";

export class LearnerHandlers implements Iterable<LearnerHandler> {
  private readonly byLink = new Map<LinkId, LearnerHandler>();

  /** In the order in which they came. The one at hand may be removed. */
  [Symbol.iterator](): Iterator<LearnerHandler> {
    return this.byLink.values();
  }

  add(handler: LearnerHandler): void {
    this.byLink.set(handler.link, handler);
  }

  get(link: LinkId): LearnerHandler | undefined {
    return this.byLink.get(link);
  }

  of(sid: ServerId): LearnerHandler | undefined {
    return this.where((handler) => handler.sid === sid)[0];
  }

  where(matches: (handler: LearnerHandler) => boolean): readonly LearnerHandler[] {
    return [...this.byLink.values()].filter(matches);
  }

  /** The link is gone. */
  remove(handler: LearnerHandler): void {
    handler.close();
    this.byLink.delete(handler.link);
  }

  drop(handler: LearnerHandler, why: string, out: LeaderEffect[]): void {
    this.remove(handler);
    out.push({ kind: "closeLink", link: handler.link, why });
  }
}
