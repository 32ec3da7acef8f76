/**
 * The text of a configuration, as servers exchange it and keep it in dynamic files and in
 * /zookeeper/config:
 *
 *   server.<id>=...                       one for each member (server-line.ts)
 *   group.<g>=<id>:<id>...                only where groups decide,
 *   weight.<id>=<n>                       with the weight of each participant
 *   version=<hexadecimal>
 *
 * Lines may come in any order.
 * From: specification 5.7; reference `QuorumMaj`, `QuorumHierarchical`.
 */
import type { ServerId } from "../base/ids.ts";
import type { Ensemble } from "./ensemble.ts";
import { describeServer, type Member, type Refused, readServerValue } from "./server-line.ts";

/** Where and why a text is refused; lines count from 1, and 0 is the text as a whole. */
export type RefusedText = Refused & { readonly line: number };

const KEY_AND_VALUE = /^([^=:\s]+)\s*[=:]?\s*(.*)$/;
const LONG_MAX = 2n ** 63n - 1n;

/**
 * Collects the lines of a configuration. Serves whole texts (below) and files in which they stand
 * between other lines.
 */
export class EnsembleLines {
  private readonly members = new Map<ServerId, Member>();
  private readonly groups = new Map<bigint, readonly ServerId[]>();
  private readonly weights = new Map<ServerId, number>();
  private version = 0n;

  /** Whether a line with this key belongs to a configuration. */
  static isKey(key: string): boolean {
    return /^(?:server|group|weight)\.|^version$/.test(key);
  }

  /** Takes the line `key=value`; tells why it cannot. */
  add(key: string, value: string): Refused | undefined {
    if (key === "version") return this.addVersion(value);
    const [, kind, digits] = /^(server|group|weight)\.(.*)$/.exec(key) ?? [];
    if (kind === undefined) return { refused: `"${key}" has no place in a configuration` };
    const id = numberOf(digits!);
    if (id === undefined) return { refused: `"${digits}" is no number of a ${kind}` };
    if (kind === "server") return this.addServer(id as ServerId, value);
    if (kind === "group") return this.addGroup(id, value);
    return this.addWeight(id as ServerId, value);
  }

  /** The configuration of all lines; tells what does not fit together. */
  finish(): Ensemble | Refused {
    const members = [...this.members.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    const { groups, weights, version } = this;
    const wrong = this.wrongGroups(members);
    return wrong ?? { members, groups: new Map(groups), weights: new Map(weights), version };
  }

  private addServer(id: ServerId, value: string): Refused | undefined {
    if (this.members.has(id)) return { refused: `server ${id} has two lines` };
    const member = readServerValue(id, value);
    if ("refused" in member) return member;
    this.members.set(id, member);
    return undefined;
  }

  private addGroup(group: bigint, value: string): Refused | undefined {
    if (this.groups.has(group)) return { refused: `group ${group} has two lines` };
    const ids: ServerId[] = [];
    for (const digits of value.split(":")) {
      const id = numberOf(digits.trim()) as ServerId | undefined;
      if (id === undefined) return { refused: `"${digits}" is no number of a server` };
      const placed = ids.includes(id) || [...this.groups.values()].some((all) => all.includes(id));
      if (placed) return { refused: `server ${id} stands in a group twice` };
      ids.push(id);
    }
    this.groups.set(group, ids);
    return undefined;
  }

  private addWeight(id: ServerId, value: string): Refused | undefined {
    const weight = /^\d{1,9}$/.test(value) ? Number(value) : undefined;
    if (weight === undefined) return { refused: `"${value}" is no weight, 0 or more` };
    if (this.weights.has(id)) return { refused: `server ${id} has two weights` };
    this.weights.set(id, weight);
    return undefined;
  }

  private addVersion(value: string): Refused | undefined {
    if (!/^[\da-fA-F]{1,16}$/.test(value)) return { refused: `"${value}" is no version` };
    this.version = BigInt.asIntN(64, BigInt(`0x${value}`));
    return undefined;
  }

  /** Every participant in a group and nobody else, as soon as there is a group or a weight. */
  private wrongGroups(members: readonly Member[]): Refused | undefined {
    if (this.groups.size === 0 && this.weights.size === 0) return undefined;
    const grouped = new Set([...this.groups.values()].flat());
    for (const { id, role } of members) {
      if (role === "participant" && !grouped.has(id)) {
        return { refused: `server ${id} is not in a group` };
      }
      if (role === "observer" && grouped.has(id)) {
        return { refused: `server ${id} is in a group, but observes` };
      }
    }
    const unknown = [...grouped].find((id) => !this.members.has(id));
    return unknown === undefined
      ? undefined
      : { refused: `server ${unknown} is in a group, but has no line` };
  }
}

const numberOf = (digits: string): bigint | undefined => {
  if (!/^\d{1,19}$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return value > LONG_MAX ? undefined : value;
};

/** The configuration that `text` tells. Empty lines and comments (`#`) are passed over. */
export function readEnsemble(text: string): Ensemble | RefusedText {
  const lines = new EnsembleLines();
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, key, value] = KEY_AND_VALUE.exec(line) ?? ["", line, ""];
    const refused = lines.add(key!, value!);
    if (refused !== undefined) return { line: index + 1, ...refused };
  }
  const ensemble = lines.finish();
  return "refused" in ensemble ? { line: 0, ...ensemble } : ensemble;
}

/** The text of a configuration with its version: for notifications, NEWLEADER, /zookeeper/config. */
export function describeEnsemble(ensemble: Ensemble): string {
  const version = BigInt.asUintN(64, ensemble.version).toString(16);
  return [...serverLines(ensemble), ...groupLines(ensemble), `version=${version}`].join("\n");
}

const serverLines = ({ members }: Ensemble): readonly string[] =>
  members.map((member) => `server.${member.id}=${describeServer(member)}`);

function groupLines({ members, groups, weights }: Ensemble): readonly string[] {
  if (groups.size === 0) return [];
  const numbered = [...groups].map(([group, ids]) => `group.${group}=${ids.join(":")}`);
  const weighed = members
    .filter(({ role }) => role === "participant")
    .map(({ id }) => `weight.${id}=${weights.get(id) ?? 1}`);
  return [...numbered, ...weighed];
}

/**
 * What a dynamic file holds: the lines without the version, which its name tells, sorted as text.
 */
export const describeEnsembleFile = (ensemble: Ensemble): string =>
  [...serverLines(ensemble), ...groupLines(ensemble)].sort().join("\n");
