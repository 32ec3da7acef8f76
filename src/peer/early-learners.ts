/**
 * Learners that dial before this server knows that it leads: what they say is kept for a moment, so
 * that they need not come again a second later.
 *
 * Promises: bounded in number and bytes.
 */
import { joinBytes } from "../base/bytes.ts";
import type { Millis } from "../base/ids.ts";
import type { LinkId, LinkInput } from "./links.ts";

const LINKS_MAX = 64;
/** A learner's first packet has 31 bytes; it says nothing more before it is answered. */
const BYTES_MAX = 4096;

type Accepted = Extract<LinkInput, { kind: "linkAccepted" }>;
type Early = { readonly accepted: Accepted; bytes: Uint8Array };

export class EarlyLearners {
  private readonly links = new Map<LinkId, Early>();

  /** Takes what happens on a link; answers one that is to be closed. */
  take(input: Exclude<LinkInput, { kind: "filesDone" }>): LinkId | undefined {
    if (input.kind === "linkAccepted") {
      if (this.links.size === LINKS_MAX) return input.link;
      this.links.set(input.link, { accepted: input, bytes: new Uint8Array(0) });
      return undefined;
    }
    const early = this.links.get(input.link);
    if (early === undefined) return undefined;
    if (input.kind === "linkClosed") this.links.delete(input.link);
    if (input.kind !== "linkReceived") return undefined;
    if (early.bytes.length + input.bytes.length <= BYTES_MAX) {
      early.bytes = joinBytes([early.bytes, input.bytes]);
      return undefined;
    }
    this.links.delete(input.link);
    return input.link;
  }

  /** What has happened so far, to be told to a leader; nothing is kept. */
  takeAll(now: Millis): readonly LinkInput[] {
    const inputs: LinkInput[] = [];
    for (const [link, { accepted, bytes }] of this.links) {
      inputs.push({ ...accepted, now });
      if (bytes.length > 0) inputs.push({ kind: "linkReceived", now, link, bytes });
    }
    this.links.clear();
    return inputs;
  }
}
