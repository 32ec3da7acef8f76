/**
 * Right histories, made by chance: a few servers that lag behind one order of writes, clients that
 * pipeline requests, watch, move from server to server and expire. The model of trees here is that
 * of the tests of src/tree, not that of the checkers.
 */
import { utf8 } from "../../src/base/bytes.ts";
import {
  makeZxid,
  type ServerId,
  toServerId,
  toSessionId,
  ZXID_ZERO,
  type Zxid,
} from "../../src/base/ids.ts";
import { Prng } from "../../src/base/prng.ts";
import { EventType, type EventType as Type } from "../../src/records/constants.ts";
import { OPEN_ACL } from "../../src/records/data.ts";
import { ErrorCode } from "../../src/records/error-codes.ts";
import type { Txn } from "../../src/records/txn.ts";
import type { History, HistoryRecord, Operation, Result, TreeNode } from "../../src/sim/history.ts";
import { tell } from "../../src/sim/told.ts";
import { TreeModel } from "./tree-model.ts";

type Entry = { zxid: Zxid; session: bigint; cxid: number; txn: Txn; sum: number };
type Server = { id: ServerId; model: TreeModel; next: number; last: Zxid };
type Pending = { id: number; xid: number; op: Operation; entry: Entry | undefined };
type Client = {
  id: number;
  session: bigint;
  server: Server;
  pending: Pending[];
  data: Set<string>;
  exist: Set<string>;
  child: Set<string>;
  persistent: Set<string>;
  seen: Zxid;
  xid: number;
};

const TIMEOUT = 1000;
const key = (path: string): string => (path === "/" ? "" : path);

export class HistoryMaker {
  readonly records: HistoryRecord[] = [];
  private readonly random: Prng;
  private readonly tip = new TreeModel();
  private readonly committed: Entry[] = [];
  private readonly servers: Server[] = [1n, 2n, 3n].map((id) => ({
    id: toServerId(id),
    model: new TreeModel(),
    next: 0,
    last: ZXID_ZERO,
  }));
  private clients: Client[] = [];
  private leader = this.servers[2]!;
  private epoch = 1;
  private counter = 0;
  private at = 0;
  private calls = 0;
  private clientCount = 0;
  private readonly digests: boolean;

  private readonly modes: number;

  /** `modes`: how many of the create modes occur; from 3 on there are sequential ones. */
  constructor(seed: number, digests = true, modes = 4) {
    this.modes = modes;
    this.random = new Prng(seed);
    this.digests = digests;
  }

  make(actions: number): History {
    this.record({ kind: "faults", on: true });
    this.establish();
    for (let count = 0; count < 4; count++) this.open();
    for (let count = 0; count < actions; count++) this.act();
    for (const client of this.clients) while (client.pending.length > 0) this.advance(client);
    this.record({ kind: "faults", on: false });
    this.at += 100;
    for (const client of this.clients) {
      this.issue(client);
      while (client.pending.length > 0) this.advance(client);
    }
    this.at += 2000;
    this.end();
    const bounds = { leaderMs: 500, replyMs: 500, expiryLateMs: 500, expiryEarlyMs: 0 };
    const voters = this.servers.map(({ id }) => id);
    const setup = { tickMs: 100, voters, observers: [], completeTransactions: true, bounds };
    return { setup, records: this.records, endedAt: this.at };
  }

  private record(record: { kind: string } & Record<string, unknown>): void {
    this.records.push({ at: this.at, ...record } as unknown as HistoryRecord);
  }

  private act(): void {
    this.at++;
    const dice = this.random.below(100);
    const client = this.random.pick(this.clients);
    if (dice < 40) this.issue(client);
    else if (dice < 80) this.advance(client);
    else if (dice < 95) this.applyNext(this.random.pick(this.servers));
    else if (dice < 97) this.move(client);
    else if (dice < 98) this.expire(client);
    else if (this.random.chance(0.3)) this.changeEpoch();
  }

  private open(): void {
    const id = ++this.clientCount;
    const session = toSessionId(BigInt(0x100 + id));
    const server = this.random.pick(this.servers);
    const empty = { data: new Set<string>(), exist: new Set<string>(), child: new Set<string>() };
    const rest = { persistent: new Set<string>(), seen: ZXID_ZERO, xid: 0 };
    const client = { id, session, server, pending: [], ...empty, ...rest };
    this.propose(session, 0, { kind: "createSession", timeoutMs: TIMEOUT });
    this.applyAll(server);
    this.record({ kind: "session", client: id, what: "created", session, timeoutMs: TIMEOUT });
    this.clients.push(client);
  }

  private propose(session: bigint, cxid: number, txn: Txn): Entry {
    const zxid = makeZxid(this.epoch, ++this.counter);
    const sum = this.random.uint32();
    const entry = { zxid, session, cxid, txn, sum };
    this.committed.push(entry);
    this.tip.apply({ clientId: toSessionId(session), cxid, zxid, time: 0 }, txn);
    this.record({ kind: "transaction", server: this.leader.id, ...entry });
    return entry;
  }

  private applyAll(server: Server): void {
    while (server.next < this.committed.length) this.applyNext(server);
  }

  private applyNext(server: Server): void {
    const entry = this.committed[server.next];
    if (entry === undefined) return;
    const { zxid, sum, cxid, txn, session } = entry;
    server.next++;
    server.last = zxid;
    server.model.events = [];
    server.model.apply({ clientId: toSessionId(session), cxid, zxid, time: 0 }, txn);
    const tree = this.digests ? { tree: server.model.digest() } : {};
    this.record({ kind: "applied", server: server.id, zxid, sum, ...tree });
    for (const client of this.clients) {
      if (client.server !== server) continue;
      this.fire(client, zxid);
      const head = client.pending[0];
      if (head?.entry !== entry) continue;
      client.pending.shift();
      this.reply(client, head, codeOf(txn), this.resultOf(server, txn));
    }
  }

  private fire(client: Client, zxid: Zxid): void {
    let told = "";
    for (const [type, path] of client.server.model.events) {
      const { data, exist, child, persistent } = client;
      let hears = persistent.has(path);
      if (type === EventType.nodeChildrenChanged) hears = child.delete(path) || hears;
      else {
        hears = data.delete(path) || hears;
        hears = exist.delete(path) || hears;
        if (type === EventType.nodeDeleted) hears = child.delete(path) || hears;
      }
      if (!hears) continue;
      told = `${type} ${path} ${told}`;
      this.record({ kind: "event", client: client.id, type, path, zxid });
    }
  }

  private pathOf(): string {
    const top = `/${this.random.pick(["a", "b", "c"])}`;
    return this.random.chance(0.5) ? top : `${top}/${this.random.pick(["x", "y"])}`;
  }

  private operation(): Operation {
    const path = this.pathOf();
    const watch = this.random.chance(0.5);
    const data = `v${this.calls}`;
    const version = this.random.chance(0.7) ? -1 : this.random.below(3);
    switch (this.random.below(11)) {
      case 0:
      case 1:
        return { kind: "create", path, data, mode: this.random.below(this.modes) };
      case 2:
        return { kind: "delete", path, version };
      case 3:
      case 4:
        return { kind: "setData", path, data, version };
      case 5:
      case 6:
        return { kind: "getData", path, watch };
      case 7:
        return { kind: "exists", path, watch };
      case 8:
        return { kind: "getChildren", path: this.random.chance(0.3) ? "/" : path, watch };
      case 9: {
        if (this.random.chance(0.3)) return { kind: "addWatch", path, recursive: false };
        const second = { kind: "setData", path: this.pathOf(), data, version: -1 } as const;
        return { kind: "multi", steps: [{ kind: "check", path, version }, second] };
      }
      default:
        return { kind: "sync", path };
    }
  }

  private issue(client: Client): void {
    if (client.pending.length >= 4) return;
    const id = ++this.calls;
    const op = this.operation();
    const xid = ++client.xid;
    client.pending.push({ id, xid, op, entry: undefined });
    this.record({ kind: "call", id, client: client.id, xid, op });
  }

  /** One step of the client's first request. */
  private advance(client: Client): void {
    const head = client.pending[0];
    if (head === undefined) return;
    if ("path" in head.op && !isWriteKind(head.op.kind)) return this.answerRead(client, head);
    if (head.entry === undefined) {
      const txn = this.prepare(head.op, client.session);
      head.entry = this.propose(client.session, head.xid, txn);
      return;
    }
    while (client.pending[0] === head) this.applyNext(client.server);
  }

  private reply(client: Client, { id }: Pending, err: number, result: Result | undefined): void {
    const zxid = client.server.last;
    client.seen = zxid;
    const more = result === undefined ? {} : { result };
    this.record({ kind: "reply", id, zxid, err, ...more });
  }

  private resultOf(server: Server, txn: Txn): Result | undefined {
    if (txn.kind === "create") return { path: txn.path };
    if (txn.kind === "multi" && txn.txns.some((each) => each.kind === "error")) {
      const steps = txn.txns.map((each) => ({ err: each.kind === "error" ? each.err : 0 }));
      return { steps };
    }
    if (txn.kind !== "setData") return undefined;
    return { stat: server.model.statOf(txn.path) };
  }

  private answerRead(client: Client, head: Pending): void {
    const { op } = head;
    const { server } = client;
    if (op.kind === "sync") this.applyAll(server);
    client.pending.shift();
    if (op.kind === "sync") return this.reply(client, head, 0, undefined);
    if (!("path" in op)) return;
    if (op.kind === "addWatch") {
      client.persistent.add(op.path);
      return this.reply(client, head, 0, undefined);
    }
    const path = key(op.path);
    const node = server.model.nodes.get(path);
    const watch = "watch" in op && op.watch === true;
    if (node === undefined) {
      if (watch && op.kind === "exists") client.exist.add(op.path);
      return this.reply(client, head, ErrorCode.NoNode, undefined);
    }
    if (watch) (op.kind === "getChildren" ? client.child : client.data).add(op.path);
    const stat = server.model.statOf(path);
    const children = server.model.childrenOf(path);
    const what = op.kind === "getChildren" ? { children } : { data: tell(node.data) };
    this.reply(client, head, 0, op.kind === "exists" ? { stat } : { ...what, stat });
  }

  /** What the leader makes of a write, in the state of all proposals. */
  private prepare(op: Operation, session: bigint): Txn {
    const refuse = (err: number): Txn => ({ kind: "error", err });
    const { nodes } = this.tip;
    switch (op.kind) {
      case "create": {
        const parentPath = op.path.slice(0, op.path.lastIndexOf("/"));
        const parent = nodes.get(parentPath);
        if (parent === undefined) return refuse(ErrorCode.NoNode);
        const digits = String(parent.cversion).padStart(10, "0");
        const path = op.mode >= 2 ? op.path + digits : op.path;
        if (nodes.has(path)) return refuse(ErrorCode.NodeExists);
        if (parent.owner !== 0n) return refuse(ErrorCode.NoChildrenForEphemerals);
        const ephemeral = op.mode === 1 || op.mode === 3;
        const data = utf8(op.data ?? "");
        const parentCversion = parent.cversion + 1;
        return { kind: "create", path, data, acl: OPEN_ACL, ephemeral, parentCversion };
      }
      case "delete":
      case "setData":
      case "check": {
        const node = nodes.get(op.path);
        if (node === undefined) return refuse(ErrorCode.NoNode);
        if (op.version !== -1 && op.version !== node.version) return refuse(ErrorCode.BadVersion);
        if (op.kind === "check") return { kind: "check", path: op.path, version: node.version };
        if (op.kind === "delete") {
          const isFull = this.tip.childrenOf(op.path).length > 0;
          return isFull ? refuse(ErrorCode.NotEmpty) : { kind: "delete", path: op.path };
        }
        const data = utf8(op.data ?? "");
        return { kind: "setData", path: op.path, data, version: node.version + 1 };
      }
      case "multi": {
        const txns = op.steps.map((step) => this.prepare(step, session));
        const failed = txns.findIndex((txn) => txn.kind === "error");
        if (failed < 0) return { kind: "multi", txns };
        const after = refuse(ErrorCode.RuntimeInconsistency);
        const all = txns.map((txn, index) =>
          index < failed ? refuse(0) : index > failed ? after : txn,
        );
        return { kind: "multi", txns: all };
      }
      default:
        return refuse(ErrorCode.Unimplemented);
    }
  }

  private lose(client: Client): void {
    for (const { id } of client.pending) this.record({ kind: "lost", id, sent: true });
    client.pending = [];
  }

  private move(client: Client): void {
    this.record({ kind: "session", client: client.id, what: "detached" });
    this.lose(client);
    const server = this.random.pick(this.servers);
    client.server = { ...server, model: new TreeModel() };
    while (server.last < client.seen) this.applyNext(server);
    if (this.random.chance(0.5)) this.applyAll(server);
    client.server = server;
    this.record({ kind: "session", client: client.id, what: "attached", timeoutMs: TIMEOUT });
    const event = (type: Type, path: string): void =>
      this.record({ kind: "event", client: client.id, type, path });
    const { nodes } = server.model;
    const isBehind = (zxid: Zxid): boolean => zxid > client.seen;
    for (const path of [...client.data]) {
      const node = nodes.get(key(path));
      if (node !== undefined && !isBehind(node.mzxid)) continue;
      client.data.delete(path);
      event(node === undefined ? EventType.nodeDeleted : EventType.nodeDataChanged, path);
    }
    for (const path of [...client.exist]) {
      if (!nodes.has(key(path))) continue;
      client.exist.delete(path);
      event(EventType.nodeCreated, path);
    }
    for (const path of [...client.child]) {
      const node = nodes.get(key(path));
      if (node !== undefined && !isBehind(node.pzxid)) continue;
      client.child.delete(path);
      event(node === undefined ? EventType.nodeDeleted : EventType.nodeChildrenChanged, path);
    }
  }

  private expire(client: Client): void {
    this.record({ kind: "session", client: client.id, what: "detached" });
    this.lose(client);
    const { id: server } = this.leader;
    const { session } = client;
    this.record({ kind: "touched", server, session, timeoutMs: TIMEOUT, now: this.at });
    this.at += TIMEOUT + 100;
    this.record({ kind: "expired", server, session, now: this.at });
    const paths = this.tip.ephemeralsOf(session);
    this.propose(session, 0, { kind: "closeSession", paths });
    this.record({ kind: "session", client: client.id, what: "expired" });
    this.clients = this.clients.filter((each) => each !== client);
    this.open();
  }

  private establish(): void {
    const { id: server } = this.leader;
    for (const role of ["leading", "established"]) {
      this.record({ kind: "role", server, role, epoch: this.epoch });
    }
  }

  /** The old leader crashes with a proposal that nobody else has. */
  private changeEpoch(): void {
    const old = this.leader;
    for (const client of this.clients) {
      this.record({ kind: "session", client: client.id, what: "detached" });
      this.lose(client);
      client.server = { ...client.server };
    }
    const zxid = makeZxid(this.epoch, ++this.counter);
    const lost = { zxid, session: 0n, cxid: 0, txn: { kind: "error", err: -1 }, sum: 1 };
    this.record({ kind: "transaction", server: old.id, ...lost });
    this.record({ kind: "crashed", server: old.id });
    const kept = [...this.committed.slice(-100), lost];
    const log = kept.map((entry) => ({ zxid: entry.zxid, sum: entry.sum }));
    const snapshot = this.committed.at(-101)?.zxid ?? ZXID_ZERO;
    this.record({ kind: "disk", server: old.id, snapshot, log });
    for (const server of this.servers) this.applyAll(server);
    this.epoch++;
    this.counter = 0;
    this.leader = this.random.pick(this.servers.filter((server) => server !== old));
    this.establish();
    for (const client of this.clients) this.move(client);
  }

  private end(): void {
    for (const server of this.servers) {
      this.applyAll(server);
      const nodes = new Map<string, TreeNode>();
      for (const [path, { data }] of server.model.nodes) {
        if (path.startsWith("/zookeeper")) continue;
        const shown = path === "" ? "/" : path;
        nodes.set(shown, { data: tell(data), stat: server.model.statOf(path) });
      }
      this.record({ kind: "tree", server: server.id, zxid: server.last, nodes });
      const log = this.committed.map(({ zxid, sum }) => ({ zxid, sum }));
      const epochs = { acceptedEpoch: this.epoch, currentEpoch: this.epoch };
      this.record({ kind: "disk", server: server.id, snapshot: ZXID_ZERO, log, ...epochs });
    }
  }
}

const isWriteKind = (kind: Operation["kind"]): boolean =>
  ["create", "delete", "setData", "check", "multi"].includes(kind);

function codeOf(txn: Txn): number {
  return txn.kind === "error" ? txn.err : 0;
}
