/**
 * them.
 */
import { ANY_VERSION, CreateMode } from "../../records/constants.ts";
import type { SimClient } from "../client.ts";
import type { Program, Shop, Workload } from "../workload.ts";

const FOLDER = "/lock";
const HELD_MS_MAX = 400;
const LOOK_AGAIN_MS = 1500;

export const locks: Workload = {
  name: "locks",
  nodes: [FOLDER],
  program: (client, shop) => new Locking(client, shop),
};

class Locking implements Program {
  private readonly client: SimClient;
  private readonly shop: Shop;
  private node: string | undefined;
  private fence: bigint | undefined;

  constructor(client: SimClient, shop: Shop) {
    this.client = client;
    this.shop = shop;
  }

  step(done: () => void): void {
    if (this.node !== undefined) return this.look(this.node, done);
    const mode = CreateMode.ephemeralSequential;
    this.client.ask({ kind: "create", path: `${FOLDER}/l-`, data: null, mode }, (answer) => {
      const { path, stat } = answer.result ?? {};
      this.node = path;
      this.fence = stat?.czxid;
      // Whose create was lost may stand in line without knowing: its session has to end.
      if (answer.err === undefined && answer.sent) this.client.vanish();
      else done();
    });
  }

  private look(node: string, done: () => void): void {
    const { client, shop } = this;
    client.ask({ kind: "getChildren", path: FOLDER }, ({ err, result }) => {
      if (err !== 0) return done();
      const line = [...(result?.children ?? [])].sort();
      const at = line.indexOf(node.slice(FOLDER.length + 1));
      if (at < 0) {
        this.node = undefined;
        return done();
      }
      if (at === 0) return this.hold(node, done);
      client.ask({ kind: "exists", path: `${FOLDER}/${line[at - 1]}`, watch: true }, () => {});
      let isOver = false;
      const goOn = (): void => {
        if (!isOver) done();
        isOver = true;
      };
      client.onEvent = goOn;
      shop.after(LOOK_AGAIN_MS, goOn);
    });
  }

  private hold(node: string, done: () => void): void {
    const { client, shop } = this;
    this.record("acquired", node);
    shop.after(shop.prng.below(HELD_MS_MAX), () => {
      if (client.isOver) return;
      this.record("released", node);
      this.release(node, done);
    });
  }

  /** Asked for until it is known to be done. */
  private release(path: string, done: () => void): void {
    if (this.client.isOver) return done();
    this.client.ask({ kind: "delete", path, version: ANY_VERSION }, ({ err }) => {
      if (err === undefined) return this.shop.after(10, () => this.release(path, done));
      this.node = undefined;
      done();
    });
  }

  private record(what: "acquired" | "released", node: string): void {
    const base = { kind: "lock" as const, client: this.client.id, lock: FOLDER, what, node };
    const { fence } = this;
    this.shop.recorder.add(fence === undefined ? base : { ...base, fence });
    if (what === "acquired") this.shop.probes.reach("a lock was held");
  }
}
