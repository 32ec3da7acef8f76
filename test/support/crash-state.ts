/**
 * What a server has proposed and what its clients have seen of it; and the state that follows,
 * computed by the plain model of the tree.
 */
import assert from "node:assert/strict";
import { describeId, type SessionId, ZXID_ZERO, type Zxid } from "../../src/base/ids.ts";
import { applyToSessions, type Loaded } from "../../src/peer/loading.ts";
import type { TxnEntry } from "../../src/records/txn.ts";
import type { DataTree } from "../../src/tree/data-tree.ts";
import { TreeModel } from "./tree-model.ts";

export class History {
  /** In the order of zxids: what may still come back. */
  private proposed: TxnEntry[] = [];
  /** The greatest zxid that a client has seen. */
  private seenUpTo: Zxid = ZXID_ZERO;
  /** Sessions that were given to a client and not ended by it. */
  readonly welcomed = new Set<SessionId>();

  copy(): History {
    const copy = new History();
    copy.proposed = [...this.proposed];
    copy.seenUpTo = this.seenUpTo;
    for (const session of this.welcomed) copy.welcomed.add(session);
    return copy;
  }

  get lastProposed(): Zxid {
    return this.proposed.at(-1)?.header.zxid ?? ZXID_ZERO;
  }

  propose(entry: TxnEntry): void {
    assert.ok(entry.header.zxid > this.lastProposed, "zxids grow");
    this.proposed.push(entry);
  }

  seen(zxid: Zxid): void {
    if (zxid > this.seenUpTo) this.seenUpTo = zxid;
  }

  welcome(session: SessionId): void {
    this.welcomed.add(session);
    // The session's transaction was durable before the welcome.
    const made = this.proposed.find(
      ({ header, txn }) => txn.kind === "createSession" && header.clientId === session,
    );
    assert.ok(made !== undefined, "a session is proposed before it is given");
    this.seen(made.header.zxid);
  }

  goodbye(session: SessionId): void {
    this.welcomed.delete(session);
  }

  /** The reply to a write carries the zxid of its transaction, and says whether it was refused. */
  expectWrite(session: SessionId, reply: { xid: number; zxid: Zxid; err: number }): void {
    const entry = this.proposed.find(({ header }) => header.zxid === reply.zxid);
    assert.ok(entry !== undefined, `the reply tells ${describeId(reply.zxid)}, which was proposed`);
    assert.equal(entry.header.clientId, session);
    assert.equal(entry.header.cxid, reply.xid);
    assert.equal(reply.err !== 0, entry.txn.kind === "error");
  }

  /** Recovery ended at `zxid`: nothing seen is missing, nothing was made up. What did not come is gone. */
  expectRecovered(zxid: Zxid): void {
    const seen = `${describeId(zxid)} came back, ${describeId(this.seenUpTo)} was seen`;
    assert.ok(zxid >= this.seenUpTo, seen);
    const at = this.proposed.findIndex(({ header }) => header.zxid === zxid);
    assert.ok(at >= 0 || zxid === ZXID_ZERO, `${describeId(zxid)} was proposed`);
    this.proposed.length = at + 1;
  }

  /** The server is open at `zxid`: clients see it from now on. */
  begin(zxid: Zxid): void {
    this.seen(zxid);
  }

  /** Computed from the beginning, by the plain model. */
  state(): { readonly model: TreeModel; readonly sessions: Map<SessionId, number> } {
    const model = new TreeModel();
    const sessions = new Map<SessionId, number>();
    for (const entry of this.proposed) {
      model.apply(entry.header, entry.txn);
      applyToSessions(sessions, entry);
    }
    return { model, sessions };
  }
}

/** The tree and the sessions are those of the history: each path, its data, ACL and Stat, and the digest. */
export function expectState({ tree, sessions }: Loaded, history: History): void {
  const want = history.state();
  assert.deepEqual([...sessions].sort(byId), [...want.sessions].sort(byId));
  assert.equal(tree.digest, want.model.digest());
  // The tree counts the root under both of its names.
  assert.equal(tree.nodeCount, want.model.nodes.size + 1);
  for (const path of want.model.nodes.keys()) expectNode(tree, want.model, path);
}

function expectNode(tree: DataTree, model: TreeModel, path: string): void {
  const node = tree.findText(path);
  const want = model.nodes.get(path)!;
  assert.deepEqual(tree.statOf(node), model.statOf(path), path);
  assert.equal(tree.persistedStatOf(node).ephemeralOwner, want.owner, path);
  assert.deepEqual(tree.dataOf(node), want.data, path);
  assert.deepEqual(tree.aclOf(node), want.acl, path);
}

const byId = (a: readonly [bigint, number], b: readonly [bigint, number]): number =>
  a[0] < b[0] ? -1 : 1;
