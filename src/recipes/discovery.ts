/**
 * Who offers a service and where: instances register, clients choose one of them.
 *
 *   <path>/<service>/<id>      ephemeral: the instance as JSON, in the fields of Curator's
 *                              ServiceInstance, so that its programs find ours and ours theirs
 */
import { randomUUID } from "node:crypto";
import type { Watcher } from "../client/driver.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { PersistentNode, type PersistentNodeOptions } from "./persistent-node.ts";
import { follow, type Sessions } from "./sessions.ts";
import { ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * What a program says of itself.
 * @example
 * const me: Registration = { service: "mail", address: "10.0.0.1", port: 25, payload: { v: 2 } };
 */
export type Registration = {
  /** The service's name: part of a path, without slashes. */
  readonly service: string;
  /** A UUID unless given. Part of a path: without slashes. */
  readonly id?: string;
  /** Where others reach it: a host name or an IP address. */
  readonly address: string;
  /** The port without TLS. */
  readonly port?: number;
  /** The port with TLS. */
  readonly sslPort?: number;
  /** Anything that JSON can say. */
  readonly payload?: unknown;
};

/**
 * A program as it was registered: see `Registration`. What was not said is undefined.
 * @example
 * const url = ({ address, port }: ServiceInstance): string => `http://${address}:${port ?? 80}/`;
 */
export type ServiceInstance = {
  readonly service: string;
  readonly id: string;
  readonly address: string;
  readonly port: number | undefined;
  readonly sslPort: number | undefined;
  readonly payload: unknown;
  /** When it was registered, in ms since 1970 by its own clock. */
  readonly registeredAt: number;
};

/**
 * Chooses among instances, of which there is at least one.
 * @example
 * const newest: PickStrategy = (instances) =>
 *   instances.reduce((a, b) => (a.registeredAt > b.registeredAt ? a : b));
 */
export type PickStrategy = (instances: readonly ServiceInstance[]) => ServiceInstance;

/**
 * Each in turn.
 * @example
 * await using mail = await new Discovery(sessions, "/services").provider("mail", roundRobin());
 */
export function roundRobin(): PickStrategy {
  let at = 0;
  return (instances) => instances[at++ % instances.length]!;
}

/**
 * Any of them.
 * @example
 * await using mail = await new Discovery(sessions, "/services").provider("mail", random());
 */
export const random = (): PickStrategy => (instances) =>
  instances[Math.floor(Math.random() * instances.length)]!;

/**
 * The same one as long as it is there, chosen by `first`.
 * @example
 * const strategy = sticky(random());
 * await using mail = await new Discovery(sessions, "/services").provider("mail", strategy);
 */
export function sticky(first: PickStrategy = random()): PickStrategy {
  let id: string | undefined;
  return (instances) => {
    const chosen = instances.find((one) => one.id === id) ?? first(instances);
    id = chosen.id;
    return chosen;
  };
}

/**
 * Which programs offer a service, and where; in Curator's layout.
 * @example
 * const discovery = new Discovery(sessions, "/services");
 * await using me = await discovery.register({ service: "mail", address: "10.0.0.1", port: 25 });
 * await using mail = await discovery.provider("mail", roundRobin());
 * console.log(mail.pick()?.address);
 */
export class Discovery {
  private readonly sessions: Sessions;
  private readonly path: string;

  /** `path` is the folder of the services. */
  constructor(sessions: Sessions, path: string) {
    this.sessions = sessions;
    this.path = path;
  }

  /**
   * Registers until the node is closed or the process dies; expiries do not show.
   * @example
   * const discovery = new Discovery(sessions, "/services");
   * await using me = await discovery.register({ service: "mail", address: "10.0.0.1", port: 25 });
   */
  register(
    registration: Registration,
    options: PersistentNodeOptions & WaitOptions = {},
  ): Promise<PersistentNode> {
    const { service, address, port, sslPort, payload, id = randomUUID() } = registration;
    const json = {
      ...{ name: service, id, address, port: port ?? null, sslPort: sslPort ?? null },
      ...{ payload: payload ?? null, registrationTimeUTC: Date.now() },
      ...{ serviceType: "DYNAMIC", uriSpec: null, enabled: true },
    };
    const path = `${this.folder(service)}/${id}`;
    return PersistentNode.create(this.sessions, path, JSON.stringify(json), options);
  }

  /**
   * The names of the services that were ever registered, sorted.
   * @example const names = await new Discovery(sessions, "/services").services();
   */
  async services(options: WaitOptions = {}): Promise<readonly string[]> {
    const read = (zk: ZooKeeper) => ifThere(() => zk.getChildren(this.path, options), options);
    return [...((await this.sessions.run(read, options)) ?? [])].sort();
  }

  /**
   * The enabled instances, sorted by id. Nodes that hold no instance are left out.
   * @example
   * for (const { address, port } of await new Discovery(sessions, "/services").instances("mail")) {
   *   console.log(address, port);
   * }
   */
  instances(service: string, options: WaitOptions = {}): Promise<readonly ServiceInstance[]> {
    const read = (zk: ZooKeeper) => throughLoss(() => this.read(zk, service), options);
    return this.sessions.run(read, options);
  }

  /**
   * The instances now and after each change, until `signal` is aborted or the sessions close.
   * @example
   * const discovery = new Discovery(sessions, "/services");
   * for await (const mails of discovery.changes("mail", { signal })) console.log(mails.length);
   */
  changes(
    service: string,
    options: WaitOptions = {},
  ): AsyncGenerator<readonly ServiceInstance[], void, void> {
    const read = (zk: ZooKeeper, watch: Watcher) => this.read(zk, service, watch);
    return follow(this.sessions, read, options);
  }

  /**
   * Follows a service; resolves when its instances are known, also where there are none.
   * @example await using mail = await new Discovery(sessions, "/services").provider("mail");
   */
  async provider(
    service: string,
    strategy: PickStrategy = roundRobin(),
    options: WaitOptions = {},
  ): Promise<ServiceProvider> {
    const stop = new AbortController();
    const changes = this.changes(service, { signal: stop.signal });
    const begin = (): void => stop.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", begin);
    try {
      const first = await changes.next();
      return new ServiceProvider(strategy, { first: first.value ?? [], changes, stop });
    } finally {
      options.signal?.removeEventListener("abort", begin);
    }
  }

  private folder(service: string): string {
    return `${this.path === "/" ? "" : this.path}/${service}`;
  }

  private async read(
    zk: ZooKeeper,
    service: string,
    watch?: Watcher,
  ): Promise<readonly ServiceInstance[]> {
    const folder = this.folder(service);
    if (watch !== undefined) await ensurePath(zk, folder);
    const names = (await ifThere(() => zk.getChildren(folder, { watch }))) ?? [];
    const found = await Promise.all(
      [...names].sort().map(async (name) => {
        const node = await ifThere(() => zk.getData(`${folder}/${name}`, { watch }));
        return node?.data == null ? undefined : parseInstance(node.data);
      }),
    );
    return found.filter((one) => one !== undefined);
  }
}

/**
 * The instances of a service, kept up to date, and one of them at a time. Made by
 * `Discovery.provider`.
 * @example
 * await using mail = await new Discovery(sessions, "/services").provider("mail");
 * console.log(mail.instances.length, mail.pick()?.address);
 */
export class ServiceProvider implements AsyncDisposable {
  private readonly strategy: PickStrategy;
  private readonly stop: AbortController;
  private readonly running: Promise<void>;
  private known: readonly ServiceInstance[];
  private failure: { readonly error: unknown } | undefined;

  /** Made by `Discovery.provider`. */
  constructor(
    strategy: PickStrategy,
    from: {
      readonly first: readonly ServiceInstance[];
      readonly changes: AsyncGenerator<readonly ServiceInstance[], void, void>;
      readonly stop: AbortController;
    },
  ) {
    this.strategy = strategy;
    this.stop = from.stop;
    this.known = from.first;
    this.running = this.follow(from.changes);
  }

  /** All that are known now. Throws what has ended the following, such as a lost permission. */
  get instances(): readonly ServiceInstance[] {
    if (this.failure !== undefined) throw this.failure.error;
    return this.known;
  }

  /**
   * One of them; undefined where there is none.
   * @example
   * await using mail = await new Discovery(sessions, "/services").provider("mail");
   * const instance = mail.pick();
   * if (instance === undefined) throw new Error("nobody offers mail");
   */
  pick(): ServiceInstance | undefined {
    const { instances } = this;
    return instances.length === 0 ? undefined : this.strategy(instances);
  }

  /**
   * Follows no longer. Never rejects.
   * @example
   * const mail = await new Discovery(sessions, "/services").provider("mail");
   * await mail.close(); // `await using` does the same
   */
  async close(): Promise<void> {
    this.stop.abort(new Error("the provider is closed"));
    await this.running;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async follow(changes: AsyncIterable<readonly ServiceInstance[]>): Promise<void> {
    try {
      for await (const instances of changes) this.known = instances;
    } catch (error) {
      this.failure = { error };
    }
  }
}

/** Undefined: these bytes are no instance, or one that takes no work. */
function parseInstance(data: Uint8Array): ServiceInstance | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined; // not ours and not Curator's
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { name, id, address, port, sslPort, payload, registrationTimeUTC, enabled } =
    json as Record<string, unknown>;
  if (typeof name !== "string" || typeof id !== "string" || enabled === false) return undefined;
  return {
    service: name,
    id,
    address: typeof address === "string" ? address : "",
    port: typeof port === "number" ? port : undefined,
    sslPort: typeof sslPort === "number" ? sslPort : undefined,
    payload: payload ?? undefined,
    registeredAt: typeof registrationTimeUTC === "number" ? registrationTimeUTC : 0,
  };
}
