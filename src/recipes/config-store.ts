/**
 * Typed settings under a prefix, with defaults: `<path>/<key>` holds a value as JSON. A key without
 * a node has its default; nodes with other names are left alone.
 */
import type { Watcher } from "../client/driver.ts";
import type { WaitOptions } from "../client/options.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { follow, type Sessions } from "./sessions.ts";
import { ensureGone, ensureNode, ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * What settings may be.
 * @example const hosts: ConfigValue = ["10.0.0.1", "10.0.0.2"];
 */
export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

type Widened<V> = V extends string
  ? string
  : V extends number
    ? number
    : V extends boolean
      ? boolean
      : V;
/**
 * The settings whose defaults are `D`: where the default is 3, any number may stand.
 * @example
 * const defaults = { retries: 3, banner: "" } as const;
 * const settings: ConfigOf<typeof defaults> = { retries: 5, banner: "closed" };
 */
export type ConfigOf<D> = { readonly [K in keyof D]: Widened<D[K]> };

/**
 * Settings that programs share: a node for each key that is not at its default.
 * @example
 * const config = new ConfigStore(sessions, "/app/config", { retries: 3, banner: "" });
 * await config.set("retries", 5);
 * for await (const { retries, banner } of config.changes({ signal })) console.log(retries, banner);
 */
export class ConfigStore<D extends Readonly<Record<string, ConfigValue>>> {
  private readonly sessions: Sessions;
  private readonly path: string;
  private readonly defaults: D;

  /**
   * `path` is the folder of the settings. `defaults` names all keys, with what they are unless set.
   */
  constructor(sessions: Sessions, path: string, defaults: D) {
    this.sessions = sessions;
    this.path = path;
    this.defaults = defaults;
  }

  /**
   * All settings. Rejects with `TypeError` where a node holds something of another type.
   * @example
   * const config = new ConfigStore(sessions, "/app/config", { retries: 3, banner: "" });
   * const { retries, banner } = await config.all();
   */
  all(options: WaitOptions = {}): Promise<ConfigOf<D>> {
    return this.sessions.run((zk) => throughLoss(() => this.read(zk), options), options);
  }

  /**
   * One setting; its default where nobody has set it. Rejects with `TypeError` as `all` does.
   * @example
   * const config = new ConfigStore(sessions, "/app/config", { retries: 3 });
   * const retries: number = await config.get("retries");
   */
  async get<K extends keyof D & string>(
    key: K,
    options: WaitOptions = {},
  ): Promise<ConfigOf<D>[K]> {
    const value = await this.sessions.run((zk) => this.valueOf(zk, key), options);
    return value as ConfigOf<D>[K];
  }

  /**
   * Sets a value for everybody, whatever it was.
   * @example await new ConfigStore(sessions, "/app/config", { retries: 3 }).set("retries", 5);
   */
  set<K extends keyof D & string>(
    key: K,
    value: ConfigOf<D>[K],
    options: WaitOptions = {},
  ): Promise<void> {
    const path = this.node(key);
    const json = JSON.stringify(value);
    return this.sessions.run(async (zk) => {
      for (;;) {
        const done = await ifThere(() => zk.setData(path, json, -1, options), options);
        if (done !== undefined) return;
        await ensurePath(zk, this.path, options);
        if (await ensureNode(zk, path, json, options)) return;
      }
    }, options);
  }

  /**
   * Gives a key its default again.
   * @example await new ConfigStore(sessions, "/app/config", { retries: 3 }).reset("retries");
   */
  reset(key: keyof D & string, options: WaitOptions = {}): Promise<void> {
    return this.sessions.run((zk) => ensureGone(zk, this.node(key), options), options);
  }

  /**
   * All settings now and after each change; quick changes may be seen as one.
   * @example
   * const config = new ConfigStore(sessions, "/app/config", { retries: 3 });
   * for await (const { retries } of config.changes({ signal })) console.log(retries);
   */
  changes(options: WaitOptions = {}): AsyncGenerator<ConfigOf<D>, void, void> {
    return follow(this.sessions, (zk, watch) => this.read(zk, watch), options);
  }

  private node(key: string): string {
    return `${this.path === "/" ? "" : this.path}/${key}`;
  }

  private async read(zk: ZooKeeper, watch?: Watcher): Promise<ConfigOf<D>> {
    const keys = Object.keys(this.defaults);
    const values = await Promise.all(
      keys.map(async (key) => [key, await this.valueOf(zk, key, watch)] as const),
    );
    return Object.fromEntries(values) as ConfigOf<D>;
  }

  private async valueOf(zk: ZooKeeper, key: string, watch?: Watcher): Promise<ConfigValue> {
    const path = this.node(key);
    const standard = this.defaults[key] ?? null;
    // exists watches for the creation too, which getData does not.
    const isThere =
      watch === undefined || (await throughLoss(() => zk.exists(path, { watch }))) !== undefined;
    const node = isThere ? await ifThere(() => zk.getData(path)) : undefined;
    if (node?.data == null || node.data.length === 0) return standard;
    const value = JSON.parse(new TextDecoder().decode(node.data)) as ConfigValue;
    if (standard !== null && kindOf(value) !== kindOf(standard)) {
      throw new TypeError(`${path} holds ${kindOf(value)}, expected ${kindOf(standard)}`);
    }
    return value;
  }
}

function kindOf(value: ConfigValue): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}
