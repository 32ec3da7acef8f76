/** How far a client has come to a server, and until when it waits there. */
import { unreachable } from "../base/assert.ts";
import type { Millis } from "../base/ids.ts";
import type { Host } from "./connect-string.ts";
import type { Proving } from "./sasl.ts";
import type { Session } from "./session.ts";
import type { WritableSearch } from "./writable-search.ts";

export type Link =
  | { readonly kind: "down" | "over" }
  | { readonly kind: "paused"; readonly until: Millis; readonly host: Host }
  | { readonly kind: "dialing" | "greeting"; readonly until: Millis; readonly host: Host }
  | Proving
  | { readonly kind: "live"; readonly host: Host };

const NEVER = Number.POSITIVE_INFINITY;

/** When the machine must be told the time at the latest; infinite when it waits for nothing. */
export function deadlineOf(link: Link, session: Session, search: WritableSearch): Millis {
  switch (link.kind) {
    case "down":
    case "over":
      return NEVER;
    case "paused":
    case "dialing":
    case "greeting":
    case "proving":
      return Math.min(link.until, session.expiredAt);
    case "live":
      return Math.min(session.pingAt, session.silentAt, search.nextAt);
    default:
      return unreachable(link);
  }
}
