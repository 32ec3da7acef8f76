/**
 * What the simulated clients ask, as histories tell it, with the bytes that histories only sum up;
 * and what the answers tell.
 */

import { unreachable } from "../base/assert.ts";
import { multi, multiRead } from "../client-core/multi.ts";
import type { Operation as Card } from "../client-core/operation.ts";
import * as cards from "../client-core/operations.ts";
import type { Outcome } from "../client-core/protocol.ts";
import { OPEN_ACL, type Stat } from "../records/data.ts";
import type { MultiOp, MultiResult } from "../records/multi.ts";
import type { Operation, Result, WriteStep } from "./history.ts";
import { aclOf, tell, tellAcl } from "./told.ts";

type Filled<S> = S extends { readonly data: unknown }
  ? Omit<S, "data"> & { readonly data: Uint8Array | null }
  : S;
export type AskStep = Filled<WriteStep>;
export type Ask =
  | Filled<Exclude<Operation, { readonly kind: "multi" }>>
  | { readonly kind: "multi"; readonly steps: readonly AskStep[] };

const told = (step: AskStep): WriteStep =>
  "data" in step ? ({ ...step, data: tell(step.data) } as WriteStep) : step;

export const operationOf = (ask: Ask): Operation =>
  ask.kind === "multi"
    ? { kind: "multi", steps: ask.steps.map(told) }
    : "data" in ask
      ? ({ ...ask, data: tell(ask.data) } as Operation)
      : ask;

// biome-ignore lint/suspicious/noExplicitAny: cards of every kind
type AnyCard = Card<any, any>;

/** The card and the request of an ask. `closeSession` has none: it is an input of its own. */
export function cardOf(ask: Exclude<Ask, { kind: "closeSession" }>): readonly [AnyCard, unknown] {
  const acl = OPEN_ACL;
  switch (ask.kind) {
    case "create":
      return [cards.create2, { path: ask.path, data: ask.data, acl, flags: ask.mode }];
    case "delete":
      return [cards.deleteNode, ask];
    case "setData":
      return [cards.setData, ask];
    case "check":
      return [multi, [stepOf(ask)]];
    case "setACL":
      return [
        cards.setACL,
        { path: ask.path, acl: aclOf(ask.acl ?? tellAcl(acl)), version: ask.version },
      ];
    case "multi":
      return [multi, ask.steps.map(stepOf)];
    case "multiRead":
      return [
        multiRead,
        ask.steps.map(({ kind, path }) => ({ kind, request: { path, watch: false } })),
      ];
    case "getData":
      return [cards.getData, watched(ask)];
    case "exists":
      return [cards.exists, watched(ask)];
    case "getChildren":
      return [cards.getChildren2, watched(ask)];
    case "sync":
      return [cards.sync, ask];
    case "addWatch": {
      const mode = ask.recursive ? "persistentRecursive" : "persistent";
      return [cards.addWatch, { path: ask.path, mode }];
    }
    case "removeWatches":
      return [cards.removeWatches, { path: ask.path, selection: ask.of, local: false }];
    default:
      return unreachable(ask);
  }
}

const watched = ({ path, watch = false }: { path: string; watch?: boolean }) => ({ path, watch });

function stepOf(step: AskStep): MultiOp {
  const acl = OPEN_ACL;
  switch (step.kind) {
    case "create": {
      const { path, data, mode } = step;
      return { kind: "create2", request: { path, data, acl, flags: mode } } as MultiOp;
    }
    case "delete":
    case "setData":
    case "check":
      return { kind: step.kind, request: step } as MultiOp;
    default:
      return unreachable(step);
  }
}

/** The watcher that an ask leaves, if it does. */
export const watches = (ask: Ask): boolean =>
  ask.kind === "addWatch" || ("watch" in ask && ask.watch === true);

type Told = {
  readonly path?: string;
  readonly data?: Uint8Array | null;
  readonly stat?: Stat;
  readonly children?: readonly string[];
};

/** What the reply told beside its header. */
export function resultOf(ask: Ask, outcome: Outcome): Result | undefined {
  const reply = outcome.kind === "done" ? outcome.reply : outcome.element?.reply;
  if (reply === undefined) return undefined;
  switch (ask.kind) {
    case "multi":
    case "multiRead":
    case "check":
      return { steps: (reply as readonly MultiResult[]).map(stepResult) };
    case "setData":
    case "setACL":
    case "exists":
      return { stat: reply as Stat };
    case "create":
    case "getData":
    case "getChildren":
      return fields(reply as Told);
    default:
      return undefined;
  }
}

function fields({ path, data, stat, children }: Told): Result {
  return {
    ...(path === undefined ? {} : { path }),
    ...(data === undefined ? {} : { data: tell(data) }),
    ...(stat === undefined ? {} : { stat }),
    ...(children === undefined ? {} : { children }),
  };
}

const stepResult = (result: MultiResult): Result & { readonly err: number } =>
  result.kind === "error" ? { err: result.err } : { err: 0, ...fields(result as Told) };
