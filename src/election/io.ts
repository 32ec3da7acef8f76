/**
 * What the election machine is told and what it asks for. From: specification 3.
 *
 * Peers exchange notifications over election links, one for each pair of servers; which link stays,
 * who dials and what is sent again is links.ts's, and this machine sees servers only.
 */
import type { Millis, ServerId } from "../base/ids.ts";
import type { Notification, ServerState, Vote } from "../records/election.ts";

export type ElectionInput =
  /** This server has no leader: a new round, with this vote of its own. */
  | { readonly kind: "look"; readonly now: Millis; readonly vote: Vote }
  | {
      readonly kind: "heard";
      readonly now: Millis;
      readonly from: ServerId;
      readonly notification: Notification;
    }
  /**
   * Whether a link to the server stands: true with each that begins, false when it is lost or could
   * not be opened. Who lost one and can then not be dialed either is not waited for.
   */
  | {
      readonly kind: "reachable";
      readonly now: Millis;
      readonly server: ServerId;
      readonly reachable: boolean;
    }
  /** This server has synchronised in this epoch; its vote tells so from now on. */
  | { readonly kind: "synchronised"; readonly now: Millis; readonly epoch: number }
  /** Time goes by: at the latest when `wakeAt` says so. */
  | { readonly kind: "tick"; readonly now: Millis };

export type ElectionEffect =
  | { readonly kind: "notify"; readonly to: ServerId; readonly notification: Notification }
  /** A link to each of these servers is wanted. */
  | { readonly kind: "connect"; readonly to: ServerId }
  /** The round is over. */
  | {
      readonly kind: "elected";
      readonly vote: Vote;
      readonly state: Exclude<ServerState, "looking">;
    };
