/** What the parts of a server machine that deal with clients work with. The machine owns all of it. */
import type { Millis, SessionId } from "../base/ids.ts";
import type { Access } from "../requests/access.ts";
import type { PasswordOf } from "../session/password.ts";
import type { SessionIds } from "../session/session-ids.ts";
import type { Sessions } from "../session/sessions.ts";
import type { DataTree } from "../tree/data-tree.ts";
import type { WatchTables } from "../tree/watch-table.ts";
import type { ConnectionThrottle } from "./connection-throttle.ts";
import type { Connections } from "./connections.ts";
import type { Departed } from "./departed.ts";
import type { Instruments } from "./instruments.ts";
import type { LargeRequests } from "./large-requests.ts";
import type { Traffic } from "./latency.ts";
import type { Replies } from "./replies.ts";
import type { RequestThrottle } from "./request-throttle.ts";
import type { PeerSettings } from "./settings.ts";
import type { Writes } from "./writes.ts";

export type ServerParts = {
  readonly settings: PeerSettings;
  readonly passwordOf: PasswordOf;
  readonly tree: DataTree;
  readonly watches: WatchTables;
  readonly access: Access;
  readonly sessions: Sessions;
  readonly sessionIds: SessionIds;
  readonly connections: Connections;
  readonly departed: Departed;
  readonly connectionThrottle: ConnectionThrottle;
  readonly requestThrottle: RequestThrottle;
  readonly largeRequests: LargeRequests;
  readonly replies: Replies;
  readonly writes: Writes;
  /** Why no session can be had or used here; undefined while the server serves. */
  readonly refusal: string | undefined;
  /** Without a quorum: nothing is written, and all sessions are this server's alone. */
  readonly readOnly: boolean;
  /**
   * Asks whether a session of the ensemble lives; Reception.revalidated tells, at once or later.
   * Undefined where `sessions` knows all of them, beyond doubt.
   */
  readonly revalidate: ((session: SessionId, timeoutMs: Millis) => void) | undefined;
  readonly traffic: Traffic;
  readonly instruments: Instruments;
  /** ms since 1970, for the time in transactions. */
  readonly wallTime: () => Millis;
  /** The time by which sessions live. */
  readonly sessionTime: () => Millis;
};
