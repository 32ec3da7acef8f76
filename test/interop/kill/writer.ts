/**
 * One session that writes without waiting, in a folder of its own, and remembers which writes were
 * acknowledged. Every write is drawn so that it must succeed: an error reply is a failure of the
 * server.
 */
import { utf8 } from "../../../src/base/bytes.ts";
import type { Prng } from "../../../src/base/prng.ts";
import { CreateRequest, DeleteRequest, SetDataRequest } from "../../../src/records/client.ts";
import { CreateMode } from "../../../src/records/constants.ts";
import { OPEN_ACL } from "../../../src/records/data.ts";
import type { MultiOp } from "../../../src/records/multi.ts";
import { OpCode } from "../../../src/records/op-codes.ts";
import { multiBody } from "../../support/operations.ts";
import { encoded, RawSession } from "../../support/raw-session.ts";
import { after, type Change, type Nodes, type Write } from "./model.ts";

const NAMES = 12;
const MULTI_CHANGES_MAX = 4;

export class Writer {
  readonly root: string;
  readonly timeoutMs: number;
  session: RawSession;
  /** What was acknowledged, or read back after a crash. */
  acknowledged: Nodes = new Map();
  /** Sent and not acknowledged, oldest first. */
  pending: Write[] = [];
  writes = 0;
  failures: string[] = [];
  /** After everything pending: what the next write is drawn from. */
  private ahead: Nodes = new Map();
  private readonly prng: Prng;
  private readonly inFlightMax: number;
  private writing = false;

  constructor(root: string, session: RawSession, prng: Prng, inFlightMax: number) {
    this.root = root;
    this.session = session;
    this.timeoutMs = session.timeoutMs;
    this.prng = prng;
    this.inFlightMax = inFlightMax;
  }

  /** Writes until the connection ends. */
  start(): void {
    this.ahead = this.acknowledged;
    this.writing = true;
    for (let count = 0; count < this.inFlightMax; count++) this.sendNext();
  }

  /** Sends no more; resolves when all that was sent is answered or the connection has ended. */
  async pause(): Promise<void> {
    this.writing = false;
    while (this.pending.length > 0 && !this.session.closed) {
      await this.session.ping().catch(() => {}); // closed: seen in the condition
    }
  }

  async resume(port: number): Promise<boolean> {
    const { sessionId, password, timeoutMs } = this.session;
    this.session = await RawSession.open(port, { sessionId, password, timeoutMs });
    return this.session.sessionId === sessionId;
  }

  /** Goes on from what a crash left. */
  adopt(found: Nodes): void {
    this.acknowledged = found;
    this.pending = [];
  }

  private sendNext(): void {
    if (!this.writing || this.session.closed) return;
    const write = this.draw();
    this.pending.push(write);
    this.ahead = after(this.ahead, write, null);
    const [type, body] = bodyOf(write);
    this.session.request(type, body).then(
      (reply) => {
        this.pending.shift();
        this.writes++;
        if (reply.err !== 0) this.failures.push(`${this.root}: error ${reply.err}`);
        else this.acknowledged = after(this.acknowledged, write, reply.zxid);
        this.sendNext();
      },
      () => {
        this.writing = false; // the connection ended: `pending` tells what is open
      },
    );
  }

  private draw(): Write {
    const count = this.prng.chance(0.2) ? 1 + this.prng.below(MULTI_CHANGES_MAX) : 1;
    const changes: Change[] = [];
    let nodes = this.ahead;
    for (let at = 0; at < count; at++) {
      const change = this.drawChange(nodes);
      changes.push(change);
      nodes = after(nodes, { changes: [change] }, null);
    }
    return { changes };
  }

  private drawChange(nodes: Nodes): Change {
    const owned = this.prng.chance(0.25);
    const path = `${this.root}/${owned ? "e" : "n"}${this.prng.below(NAMES)}`;
    const data = `${this.prng.uint32()}${"x".repeat(this.prng.below(200))}`;
    if (!nodes.has(path)) return { kind: "create", path, data, owned };
    return this.prng.chance(0.25) ? { kind: "delete", path } : { kind: "set", path, data };
  }
}

/** A single change goes as its own request, several as a multi. */
function bodyOf(write: Write): readonly [type: number, body: Uint8Array] {
  const ops = write.changes.map(multiOp);
  const [op] = ops;
  if (ops.length !== 1 || op === undefined) return [OpCode.multi, multiBody(ops)];
  switch (op.kind) {
    case "create":
      return [OpCode.create, encoded(CreateRequest, op.request)];
    case "setData":
      return [OpCode.setData, encoded(SetDataRequest, op.request)];
    default:
      return [OpCode.delete, encoded(DeleteRequest, op.request)];
  }
}

type WriteOp = Extract<
  MultiOp,
  { readonly kind: "create" | "create2" | "createContainer" | "setData" | "delete" }
>;

function multiOp(change: Change): WriteOp {
  const { path } = change;
  switch (change.kind) {
    case "create": {
      const flags = change.owned ? CreateMode.ephemeral : CreateMode.persistent;
      return { kind: "create", request: { path, data: utf8(change.data), acl: OPEN_ACL, flags } };
    }
    case "set":
      return { kind: "setData", request: { path, data: utf8(change.data), version: -1 } };
    case "delete":
      return { kind: "delete", request: { path, version: -1 } };
  }
}
