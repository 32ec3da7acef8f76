/**
 * What the links of an election are told and what they ask for. Inputs and effects about links are
 * those of peer/links.ts by shape; this room does not know that one.
 */
import type { Millis, ServerId } from "../base/ids.ts";
import type { Notification } from "../records/election.ts";

/** Accepted links are numbered above 0 by the world, dialed ones below 0 by the machine. */
export type LinkId = number;

export type ElectionLinkInput =
  /** To a server without a link nothing is sent: it will be told anew when it is reachable. */
  | {
      readonly kind: "send";
      readonly now: Millis;
      readonly to: ServerId;
      readonly notification: Notification;
    }
  /** A link to the server is wanted, if there is none. */
  | { readonly kind: "connect"; readonly now: Millis; readonly to: ServerId }
  | { readonly kind: "linkAccepted" | "linkOpened"; readonly now: Millis; readonly link: LinkId }
  /** `bytes` are borrowed until `step` returns. */
  | {
      readonly kind: "linkReceived";
      readonly now: Millis;
      readonly link: LinkId;
      readonly bytes: Uint8Array;
    }
  | { readonly kind: "linkClosed" | "linkDrained"; readonly now: Millis; readonly link: LinkId }
  /** Time goes by: at the latest when `wakeAt` says so. */
  | { readonly kind: "tick"; readonly now: Millis };

export type ElectionLinkEffect =
  | {
      readonly kind: "dial";
      readonly link: LinkId;
      readonly server: ServerId;
      readonly door: "election";
      readonly address?: string;
    }
  | { readonly kind: "sendLink"; readonly link: LinkId; readonly bytes: Uint8Array }
  | { readonly kind: "closeLink"; readonly link: LinkId; readonly why: string }
  | { readonly kind: "awaitLinkDrain"; readonly link: LinkId }
  | { readonly kind: "heard"; readonly from: ServerId; readonly notification: Notification }
  /** True with each link that begins, also one that replaces another. */
  | { readonly kind: "reachable"; readonly server: ServerId; readonly reachable: boolean };
