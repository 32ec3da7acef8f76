/**
 * Writes on an ensemble, and how long none was acknowledged: by connections that try each member
 * every few milliseconds, which tells what the ensemble takes; and by our client, which waits
 * between its attempts as programs do.
 */
import { setTimeout as wait } from "node:timers/promises";
import { KeeperError, SessionExpiredError } from "../src/client/keeper-error.ts";
import { ZooKeeper } from "../src/client/zookeeper.ts";
import { SetDataRequest } from "../src/records/client.ts";
import { OpCode } from "../src/records/op-codes.ts";
import type { TestEnsemble } from "../test/support/ensembles.ts";
import { Gaps } from "../test/support/gaps.ts";
import { encoded, RawSession } from "../test/support/raw-session.ts";

const NODE = "/gap";
const RETRY_MS = 5;
/** A member that takes no session in this time is tried anew. */
const OPEN_MS_MAX = 100;
const SESSION_MS = 20_000;
const CLIENTS = 3;
const BODY = encoded(SetDataRequest, { path: NODE, data: new Uint8Array(100), version: -1 });

export class EnsembleLoad {
  /** Of the connections that are tried all the time. */
  readonly direct = new Gaps();
  readonly clients = new Gaps();
  private readonly stopping = new AbortController();
  private readonly sessions = new Set<RawSession>();
  private readonly loops: Promise<void>[] = [];

  static async start(ensemble: TestEnsemble): Promise<EnsembleLoad> {
    const load = new EnsembleLoad();
    const zk = await ZooKeeper.connect(ensemble.hosts);
    if ((await zk.exists(NODE)) === undefined) await zk.create(NODE);
    await zk.sync("/");
    await zk.close();
    for (const { port } of ensemble.members) load.loops.push(load.tryMember(port));
    for (let at = 0; at < CLIENTS; at++) load.loops.push(load.client(ensemble.hosts, at));
    return load;
  }

  /** Resolves when both kinds had `count` further writes acknowledged. */
  async progress(count: number): Promise<void> {
    const { direct, clients } = this;
    const [before, beforeClients] = [direct.count, clients.count];
    while (direct.count < before + count || clients.count < beforeClients + count) {
      await wait(RETRY_MS);
    }
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const session of this.sessions) session.cut();
    await Promise.all(this.loops);
  }

  private async tryMember(port: number): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const session = await openSoon(port);
      if (session === undefined) {
        await wait(RETRY_MS);
        continue;
      }
      this.sessions.add(session);
      while (!session.closed && !this.stopping.signal.aborted) {
        // Undefined: the connection has ended.
        const reply = await session.request(OpCode.setData, BODY).catch(() => undefined);
        if (reply?.err === 0) this.direct.note(String(port));
      }
      this.sessions.delete(session);
    }
  }

  private async client(hosts: string, at: number): Promise<void> {
    const { signal } = this.stopping;
    let zk = await ZooKeeper.connect(hosts, { timeoutMs: SESSION_MS });
    while (!signal.aborted) {
      try {
        await zk.setData(NODE, String(at), undefined, { signal });
        this.clients.note(String(at));
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof SessionExpiredError) {
          zk = await ZooKeeper.connect(hosts, { timeoutMs: SESSION_MS });
        } else if (error instanceof KeeperError && error.retryable) {
          await zk.connected({ signal }).catch(() => {}); // aborted: the condition tells
        } else {
          throw error;
        }
      }
    }
    await zk.close();
  }
}

/** A session with a member; undefined where it gives none at once. */
export async function openSoon(port: number): Promise<RawSession | undefined> {
  // Refused: the member is down.
  const opening = RawSession.open(port, { timeoutMs: SESSION_MS }).catch(() => undefined);
  const late = new AbortController();
  const session = await Promise.race([
    opening,
    wait(OPEN_MS_MAX, undefined, { signal: late.signal }).catch(() => undefined), // not late
  ]);
  late.abort();
  if (session === undefined) void opening.then((slow) => slow?.cut());
  return session !== undefined && session.timeoutMs > 0 ? session : undefined;
}
