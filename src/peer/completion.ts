/**
 * How a member that lost its history comes to count again. It follows a leader as an observer does,
 * promising nothing; when it is in step, it forwards a write that changes nothing. The write's
 * commit is the proof that its own state lacks nothing that it ever acknowledged:
 *
 * - The write was proposed after this server had lost its history, so its own vote is not among
 *   those of the quorum that committed it, not even one that was still on its way.
 * - Transactions are committed in order. So whatever this leader had proposed, and this server had
 *   acknowledged in an earlier life, was committed before, and has come.
 * - What was committed in earlier epochs is in the leader's history, for it leads.
 * - No later epoch has begun with this server's help: it would have taken one of that quorum too,
 *   and none of them may acknowledge anything of an older epoch any more. Nor can one begin with a
 *   promise that this server gave in an earlier life: whoever leads it lacks the write.
 *
 * A `sync` would not do: a leader that was replaced without knowing it answers that too.
 * From: specification 4.2, 4.6, 4.7. Error transactions are proposed like others.
 */
import type { Millis, SessionId } from "../base/ids.ts";
import { JuteWriter } from "../jute/writer.ts";
import { DeleteRequest } from "../records/client.ts";
import { OpCode } from "../records/op-codes.ts";
import type { TxnEntry } from "../records/txn.ts";
import type { Forwarded } from "../zab/io.ts";

/** No session has this id and no node this path: the leader refuses the request, in the log. */
const PATH = "/zookeeper/no-such-node-is-ever-created-here";
const VERSION_NEVER = 0x7fff_ffff;
const CXID = 1;

export class Completion {
  /** When to give the leader up: it may have lost its quorum. */
  readonly giveUpAt: Millis;
  private readonly session: SessionId;

  /** `session`: an id of this server that no session has or will have. */
  constructor(session: SessionId, giveUpAt: Millis) {
    this.session = session;
    this.giveUpAt = giveUpAt;
  }

  get request(): Forwarded {
    const writer = new JuteWriter();
    DeleteRequest.write(writer, { path: PATH, version: VERSION_NEVER });
    const { session } = this;
    return { session, cxid: CXID, opcode: OpCode.delete, body: writer.written(), ids: [] };
  }

  /** Whether this transaction, which is committed and durable here, is the proof. */
  isProof({ header }: TxnEntry): boolean {
    return header.clientId === this.session && header.cxid === CXID;
  }
}
