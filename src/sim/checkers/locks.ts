/**
 * Locks: one holder at a time, fences that rise, and a guard that never serves an older fence after
 * a newer one.
 *
 * Someone holds from "acquired" until it begins to release, learns of the loss, or loses its node
 * or its session in the history. Without transactions the end of a session cannot be seen: a holder
 * that is cut off is then taken for one no more.
 */
import type { ClientId } from "../history.ts";
import type { Timeline, Transaction } from "./timeline.ts";
import type { Found } from "./violation.ts";

type Hold = { readonly client: ClientId; readonly node: string | undefined };
type Lock = { holds: Hold[]; fence: bigint | undefined; served: bigint | undefined };

export function checkLocks(timeline: Timeline, found: Found): void {
  const { survey } = timeline;
  const locks = new Map<string, Lock>();
  const lockOf = (name: string): Lock => {
    const known = locks.get(name) ?? { holds: [], fence: undefined, served: undefined };
    locks.set(name, known);
    return known;
  };
  const drop = (gone: (hold: Hold) => boolean): void => {
    for (const lock of locks.values()) lock.holds = lock.holds.filter((hold) => !gone(hold));
  };
  for (const record of survey.history.records) {
    switch (record.kind) {
      case "lock": {
        const lock = lockOf(record.lock);
        const { client, fence, node } = record;
        if (record.what !== "acquired") {
          lock.holds = lock.holds.filter((hold) => hold.client !== client);
          break;
        }
        for (const hold of lock.holds) {
          found(`clients ${hold.client} and ${client} both hold ${record.lock}`);
        }
        if (fence !== undefined) {
          if (lock.fence !== undefined && fence <= lock.fence) {
            found(`${record.lock} passed from fence ${lock.fence} to ${fence}`);
          }
          lock.fence = fence;
        }
        lock.holds.push({ client, node });
        break;
      }
      case "guarded": {
        const lock = lockOf(record.lock);
        const { fence, accepted } = record;
        const isStale = lock.served !== undefined && fence < lock.served;
        if (accepted && isStale) {
          found(`${record.lock} served fence ${fence} after ${lock.served}`);
        }
        if (!accepted && !isStale) found(`${record.lock} refused ${fence}, its newest fence`);
        if (accepted && !isStale) lock.served = fence;
        break;
      }
      case "transaction": {
        const left = endOf(record);
        if (left === undefined) break;
        drop(({ client, node }) => {
          const { session } = survey.clients.get(client)!;
          return left.session === session || (node !== undefined && left.paths.includes(node));
        });
        break;
      }
      case "gone":
        if (!timeline.complete) drop((hold) => hold.client === record.client);
        break;
      case "session": {
        const isAway =
          record.what === "expired" || (record.what === "detached" && !timeline.complete);
        if (isAway) drop((hold) => hold.client === record.client);
        break;
      }
    }
  }
}

/** What ends with a transaction: nodes, and a session. */
function endOf({
  txn,
  session,
}: Pick<Transaction, "txn" | "session">):
  | { readonly session: bigint | undefined; readonly paths: readonly string[] }
  | undefined {
  if (txn.kind === "closeSession") return { session, paths: [] };
  if (txn.kind === "delete") return { session: undefined, paths: [txn.path] };
  if (txn.kind !== "multi") return undefined;
  const paths = txn.txns.flatMap((each) => (each.kind === "delete" ? [each.path] : []));
  return { session: undefined, paths };
}
