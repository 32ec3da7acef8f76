/**
 * Who is there: members of a group, each with some data, and the changes among them. A member stays
 * over the end of its session and goes when it leaves or its process dies.
 *
 *   curator    GroupMember: <path>/<id> holds the data
 *   kazoo      Party: <path>/<uuid>__party__0000000000 holds the id; there is no other data
 */
import { randomUUID } from "node:crypto";
import type { Watcher } from "../client/driver.ts";
import type { WaitOptions } from "../client/options.ts";
import { bytesOf, type Data } from "../client/requests.ts";
import type { ZooKeeper } from "../client/zookeeper.ts";
import { isSame, PersistentNode, type PersistentNodeOptions } from "./persistent-node.ts";
import { follow, type Sessions } from "./sessions.ts";
import { ensurePath, ifThere, throughLoss } from "./through-loss.ts";

/**
 * Whose layout: in `curator` a member is the node of its id; in `kazoo` its data is the id.
 * @example const layout: GroupLayout = "kazoo";
 */
export type GroupLayout = "curator" | "kazoo";

/**
 * The members by their ids, in the order of the ids; the data of each.
 * @example const ids = (members: Members): readonly string[] => [...members.keys()];
 */
export type Members = ReadonlyMap<string, Uint8Array | null>;

/**
 * Who came and who went.
 * @example
 * const count = ({ joined, left }: MembershipChange): number => joined.length + left.length;
 */
export type MembershipChange = {
  /** All that are there now. */
  readonly members: Members;
  /** Ids that were not in the change before this one. */
  readonly joined: readonly string[];
  /** Ids that were there in the change before this one. */
  readonly left: readonly string[];
  /** Ids whose data is another one. */
  readonly changed: readonly string[];
};

const PARTY = "__party__";

/**
 * Programs that know of each other.
 * @example
 * const group = new Group(sessions, "/app/workers");
 * await using me = await group.join("worker-1", "10.0.0.1:80");
 * for await (const { joined, left } of group.changes({ signal })) console.log(joined, left);
 */
export class Group {
  private readonly sessions: Sessions;
  private readonly path: string;
  private readonly layout: GroupLayout;

  /** `layout` is `curator` unless given; all programs of a group must use the same. */
  constructor(sessions: Sessions, path: string, layout: GroupLayout = "curator") {
    this.sessions = sessions;
    this.path = path;
    this.layout = layout;
  }

  /**
   * Becomes a member; resolves when the others can see it. In layout `curator` an id that another
   * session has is waited for. The member's node is kept until it is closed.
   * @example
   * await using me = await new Group(sessions, "/app/workers").join("worker-1", "10.0.0.1:80");
   */
  join(
    id: string,
    data: Data = null,
    options: PersistentNodeOptions & WaitOptions = {},
  ): Promise<PersistentNode> {
    if (this.layout === "curator") {
      return PersistentNode.create(this.sessions, `${this.path}/${id}`, data, options);
    }
    const name = `${randomUUID().replaceAll("-", "")}${PARTY}0000000000`;
    return PersistentNode.create(this.sessions, `${this.path}/${name}`, bytesOf(id), options);
  }

  /**
   * The members now, by their ids.
   * @example
   * for (const [id, data] of await new Group(sessions, "/app/workers").members()) {
   *   console.log(id, data?.length ?? 0);
   * }
   */
  members(options: WaitOptions = {}): Promise<Members> {
    return this.sessions.run((zk) => throughLoss(() => this.read(zk), options), options);
  }

  /**
   * All members first, then what changes, until `signal` is aborted or the sessions are closed.
   * @example
   * const group = new Group(sessions, "/app/workers");
   * for await (const { members } of group.changes({ signal })) console.log(members.size);
   */
  async *changes(options: WaitOptions = {}): AsyncGenerator<MembershipChange, void, void> {
    let before: Members | undefined;
    for await (const members of follow(this.sessions, (zk, w) => this.read(zk, w), options)) {
      const change = difference(before ?? new Map(), members);
      const { joined, left, changed } = change;
      const isFirst = before === undefined;
      before = members;
      if (isFirst || joined.length + left.length + changed.length > 0) yield change;
    }
  }

  private async read(zk: ZooKeeper, watch?: Watcher): Promise<Members> {
    if (watch !== undefined) await ensurePath(zk, this.path);
    const names = (await ifThere(() => zk.getChildren(this.path, { watch }))) ?? [];
    const isMember = (name: string): boolean => this.layout === "curator" || name.includes(PARTY);
    const found = await Promise.all(
      names.filter(isMember).map(async (name): Promise<readonly Member[]> => {
        const path = `${this.path === "/" ? "" : this.path}/${name}`;
        const node = await ifThere(() => zk.getData(path, { watch }));
        if (node === undefined) return [];
        if (this.layout === "curator") return [[name, node.data]];
        return [[new TextDecoder().decode(node.data ?? new Uint8Array()), null]];
      }),
    );
    return new Map(found.flat().sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

type Member = readonly [id: string, data: Uint8Array | null];

function difference(before: Members, members: Members): MembershipChange {
  const joined = [...members.keys()].filter((id) => !before.has(id));
  const left = [...before.keys()].filter((id) => !members.has(id));
  const changed = [...members].flatMap(([id, data]) =>
    before.has(id) && !isSame(before.get(id) ?? null, data) ? [id] : [],
  );
  return { members, joined, left, changed };
}
