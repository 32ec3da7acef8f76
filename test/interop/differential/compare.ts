/**
 * Compares what was seen of two servers, step by step, and counts what was compared.
 */
import { describeOp, OpCode } from "../../../src/records/op-codes.ts";
import type { Coverage } from "./coverage.ts";
import { eventsExcused, KNOWN_ANSWERS, KNOWN_EVENTS } from "./known.ts";
import { type Answer, REPLY, type Seen } from "./observe.ts";
import type { Request } from "./request.ts";
import type { Step } from "./script.ts";

export class Comparison {
  readonly excused = new Map<string, number>();
  /** Operations that were answered without an error, and all. */
  granted = 0;
  answers = 0;
  events = 0;
  readonly coverage: Coverage;
  private readonly restricted = new Set<string>();

  constructor(coverage: Coverage) {
    this.coverage = coverage;
  }

  /** What differs in one step, in words; empty when nothing does. */
  compare(step: Step, apache: Seen, quoll: Seen): readonly string[] {
    const told: string[] = [];
    const requests = step.kind === "requests" ? step.requests : [];
    for (const request of requests) for (const path of request.restricts) this.restricted.add(path);
    for (const [at, theirs] of apache.answers.entries()) {
      const ours = quoll.answers[at]!;
      this.answers++;
      this.coverage.add(outcomeName(step, requests[at]), String(theirs.err));
      if (requests[at]?.type === OpCode.multi) this.sawMulti(theirs);
      if (theirs.err === 0) this.granted++;
      if (!this.sameAnswer(requests[at], theirs, ours)) {
        told.push(`answer ${at}`, `- ${describe(theirs)}`, `+ ${describe(ours)}`);
      }
    }
    for (const event of apache.events.flat()) if (event !== REPLY) this.sawEvent(event);
    if (!this.sameEvents(inOrder(step, apache), inOrder(step, quoll))) {
      told.push(
        "events",
        `- ${JSON.stringify(apache.events)}`,
        `+ ${JSON.stringify(quoll.events)}`,
      );
    }
    return told;
  }

  private sameAnswer(request: Request | undefined, theirs: Answer, ours: Answer): boolean {
    if (describe(theirs) === describe(ours)) return true;
    const known =
      request && KNOWN_ANSWERS.find((difference) => difference.holds(request, theirs, ours));
    if (known === undefined) return false;
    this.excuse(known.reason);
    // What a refused exists does not watch is an event less later.
    const path = request === undefined ? null : /"path":"([^"]*)"/.exec(request.text);
    if (path !== null) this.restricted.add(path[1]!);
    return true;
  }

  private sameEvents(apache: Seen, quoll: Seen): boolean {
    if (JSON.stringify(apache.events) === JSON.stringify(quoll.events)) return true;
    if (!eventsExcused(apache, quoll, this.restricted)) return false;
    this.excuse(KNOWN_EVENTS);
    return true;
  }

  /** Where in a multi of which length the first error is. */
  private sawMulti({ body }: Answer): void {
    const results: unknown = JSON.parse(body || "null");
    if (!Array.isArray(results)) return;
    const at = (results as { err?: number }[]).findIndex(({ err }) => (err ?? 0) !== 0);
    this.coverage.add(`multi of ${results.length}`, at < 0 ? "granted" : `fails at ${at}`);
  }

  private sawEvent(event: string): void {
    this.events++;
    this.coverage.add("event", String((JSON.parse(event) as { type: number }).type));
  }

  private excuse(reason: string): void {
    this.excused.set(reason, (this.excused.get(reason) ?? 0) + 1);
  }
}

/** The ephemerals of a session that ends go in no particular order, and so do the events. */
function inOrder(step: Step, seen: Seen): Seen {
  if (step.kind !== "renew" && step.kind !== "expire") return seen;
  return { ...seen, events: seen.events.map((list) => [...list].sort()) };
}

const describe = (answer: Answer): string =>
  `err ${answer.err} zxid ${answer.zxid} (+${answer.advance}) ${answer.body}`;

/** Under what an answer is counted. */
const outcomeName = (step: Step, request: Request | undefined): string =>
  request === undefined ? `(${step.kind})` : describeOp(request.type);
