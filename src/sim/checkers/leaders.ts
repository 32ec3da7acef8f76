/**
 * One established leader an epoch, later ones in greater epochs, and proposals only from the leader
 * of their epoch, while it leads.
 *
 * Who stood still with a quorum's word in its sockets may come late, and be established in an epoch
 * that is over: it had begun to lead before the later one was established.
 */
import { epochOf, type ServerId } from "../../base/ids.ts";
import type { Timeline } from "./timeline.ts";
import { type Found, showZxid } from "./violation.ts";

export function checkLeaders({ survey }: Timeline, found: Found): void {
  const established = new Map<number, ServerId>();
  /** The epoch that a server leads now. */
  const leads = new Map<ServerId, number>();
  let newest: number | undefined;
  /** Which epoch was the newest when the server began to lead. */
  const newestAtStart = new Map<ServerId, number | undefined>();
  for (const record of survey.history.records) {
    switch (record.kind) {
      case "role": {
        const { server, epoch, role } = record;
        if (role !== "established") {
          leads.delete(server);
          if (role === "leading") newestAtStart.set(server, newest);
          break;
        }
        const other = established.get(epoch);
        if (other !== undefined) {
          found(`servers ${other} and ${server} were both established in epoch ${epoch}`);
        }
        const before = newestAtStart.has(server) ? newestAtStart.get(server) : newest;
        if (before !== undefined && epoch < before) {
          found(`server ${server} was established in epoch ${epoch}, after epoch ${before}`);
        }
        if (!survey.history.setup.voters.includes(server)) {
          found(`server ${server} leads epoch ${epoch}, but has no vote`);
        }
        established.set(epoch, server);
        leads.set(server, epoch);
        newest = newest === undefined ? epoch : Math.max(newest, epoch);
        break;
      }
      case "crashed":
      case "stopped":
        leads.delete(record.server);
        break;
      case "transaction": {
        const { server, zxid } = record;
        if (server === undefined || leads.get(server) === epochOf(zxid)) break;
        found(`server ${server} proposed ${showZxid(zxid)}, but does not lead that epoch`);
        break;
      }
    }
  }
}
