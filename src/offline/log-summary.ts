/** What a log holds, counted: types, sessions, time, and the largest transactions. */
import { describeId, type SessionId, type Zxid } from "../base/ids.ts";
import type { Finding, Walked } from "./log-walk.ts";
import { type JsonRecord, pathsOf, timeText } from "./txn-text.ts";

/** How many of the largest transactions and the busiest sessions and paths are named. */
const NAMED_MAX = 5;
/** Paths that are told apart; beyond it, new ones are counted together. */
const PATHS_MAX = 100_000;

type Entry = Extract<Walked, { readonly kind: "entry" }>;
type Large = { readonly zxid: Zxid; readonly type: string; readonly bytes: number };

export class LogSummary {
  private transactions = 0;
  private bytes = 0;
  private first: Zxid | undefined;
  private last: Zxid | undefined;
  private from = Number.POSITIVE_INFINITY;
  private to = Number.NEGATIVE_INFINITY;
  private readonly types = new Map<string, number>();
  private readonly sessions = new Map<SessionId, number>();
  private readonly paths = new Map<string, number>();
  private readonly largest: Large[] = [];

  add({ entry: { header, txn }, length }: Entry): void {
    this.transactions++;
    this.bytes += length;
    this.first ??= header.zxid;
    this.last = header.zxid;
    this.from = Math.min(this.from, header.time);
    this.to = Math.max(this.to, header.time);
    count(this.types, txn.kind);
    count(this.sessions, header.clientId);
    for (const path of new Set(pathsOf(txn))) {
      if (this.paths.has(path) || this.paths.size < PATHS_MAX) count(this.paths, path);
    }
    this.keepLarge({ zxid: header.zxid, type: txn.kind, bytes: length });
  }

  lines(findings: readonly Finding[]): readonly string[] {
    const { transactions, bytes, first, last } = this;
    if (first === undefined || last === undefined) return ["no transactions", ...told(findings)];
    return [
      `${transactions} transactions, ${bytes} bytes, ${describeId(first)} to ${describeId(last)}`,
      `from ${timeText(this.from)} to ${timeText(this.to)}`,
      `types: ${most(this.types, Number.POSITIVE_INFINITY).map(counted).join(", ")}`,
      `sessions: ${this.sessions.size}; ${this.busiest().map(counted).join(", ")}`,
      `paths: ${most(this.paths, NAMED_MAX).map(counted).join(", ")}`,
      "largest: " +
        this.largest
          .map(({ zxid, type, bytes }) => `${describeId(zxid)} ${type} ${bytes} bytes`)
          .join(", "),
      ...told(findings),
    ];
  }

  json(findings: readonly Finding[]): JsonRecord {
    const { transactions, bytes, first, last } = this;
    const isEmpty = first === undefined || last === undefined;
    return {
      transactions,
      bytes,
      first: isEmpty ? null : describeId(first),
      last: isEmpty ? null : describeId(last),
      from: isEmpty ? null : timeText(this.from),
      to: isEmpty ? null : timeText(this.to),
      types: Object.fromEntries(most(this.types, Number.POSITIVE_INFINITY)),
      sessions: this.sessions.size,
      busiestSessions: Object.fromEntries(this.busiest()),
      busiestPaths: Object.fromEntries(most(this.paths, NAMED_MAX)),
      largest: this.largest.map((each) => ({ ...each, zxid: describeId(each.zxid) })),
      findings: findings.length,
    };
  }

  private busiest(): ReadonlyArray<readonly [string, number]> {
    return most(this.sessions, NAMED_MAX).map(([id, times]) => [describeId(id), times]);
  }

  private keepLarge(one: Large): void {
    const smallest = this.largest.at(-1);
    if (
      this.largest.length === NAMED_MAX &&
      smallest !== undefined &&
      one.bytes <= smallest.bytes
    ) {
      return;
    }
    this.largest.push(one);
    this.largest.sort((a, b) => b.bytes - a.bytes);
    this.largest.length = Math.min(this.largest.length, NAMED_MAX);
  }
}

const told = (findings: readonly Finding[]): readonly string[] =>
  findings.length === 0 ? [] : [`something is wrong at ${findings.length} places: --verify tells`];

const counted = ([name, times]: readonly [string, number]): string => `${name} ${times}`;

function count<K>(table: Map<K, number>, key: K): void {
  table.set(key, (table.get(key) ?? 0) + 1);
}

/** The rows with the highest counts; those that were first, of equal ones. */
const most = <K>(table: ReadonlyMap<K, number>, limit: number): ReadonlyArray<[K, number]> =>
  [...table].toSorted(([, a], [, b]) => b - a).slice(0, limit);
