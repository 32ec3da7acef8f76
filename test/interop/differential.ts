/**
 * `npm run test:differential -- [--seed N] [--ops M] [--show N] [--without addWatch,whoAmI]
 * [--against apache]`: one random script, asked of Apache ZooKeeper and of Quoll; every answer and
 * every watch event is compared.
 *
 * `--against apache` compares Apache with itself, which shows what the comparison itself would see.
 */
import { parseArgs } from "node:util";
import { Prng } from "../../src/base/prng.ts";
import { OpCode, type OpName } from "../../src/records/op-codes.ts";
import { START, type SubjectName } from "../support/subjects.ts";
import { eventsExcused, KNOWN_ANSWERS, KNOWN_EVENTS } from "./differential/known.ts";
import { type Answer, Observer, type Seen } from "./differential/observe.ts";
import { describeStep, drawScript, type Request, type Step } from "./differential/script.ts";
import { installReference } from "./install.ts";

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    ops: { type: "string", default: "2000" },
    against: { type: "string", default: "quoll" },
    without: { type: "string", default: "" },
    show: { type: "string", default: "10" },
  },
});

async function observe(name: SubjectName, script: readonly Step[]): Promise<readonly Seen[]> {
  const server = await START[name]();
  try {
    return await new Observer(server.port).run(script);
  } catch (cause) {
    throw new Error(`${name} fell over; it printed last:\n${server.output.slice(-2_000)}`, {
      cause,
    });
  } finally {
    await server.dispose();
  }
}

class Comparison {
  readonly excused = new Map<string, number>();
  /** Operations that were answered without an error, and all. */
  granted = 0;
  answers = 0;
  events = 0;
  private readonly restricted = new Set<string>();

  /** What differs in one step, in words; empty when nothing does. */
  compare(step: Step, apache: Seen, quoll: Seen): readonly string[] {
    const told: string[] = [];
    const requests = step.kind === "requests" ? step.requests : [];
    for (const request of requests) for (const path of request.restricts) this.restricted.add(path);
    for (const [at, theirs] of apache.answers.entries()) {
      const ours = quoll.answers[at]!;
      this.answers++;
      if (theirs.err === 0) this.granted++;
      if (!this.sameAnswer(requests[at], theirs, ours)) {
        told.push(`answer ${at}`, `- ${describe(theirs)}`, `+ ${describe(ours)}`);
      }
    }
    this.events += apache.events.reduce((sum, list) => sum + list.length, 0);
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

  private excuse(reason: string): void {
    this.excused.set(reason, (this.excused.get(reason) ?? 0) + 1);
  }
}

/** The ephemerals of a session that ends go in no particular order, and so do the events. */
function inOrder(step: Step, seen: Seen): Seen {
  if (step.kind !== "renew") return seen;
  return { ...seen, events: seen.events.map((list) => [...list].sort()) };
}

const describe = (answer: Answer): string =>
  `err ${answer.err} zxid ${answer.zxid} (+${answer.advance}) ${answer.body}`;

async function main(): Promise<boolean> {
  await installReference();
  const left = flags.without.split(",").map((name) => OpCode[name as OpName]);
  const script = drawScript(new Prng(Number(flags.seed)), Number(flags.ops), new Set(left));
  console.log(`seed ${flags.seed}, ${script.length} steps, apache against ${flags.against}`);
  const apache = await observe("apache", script);
  const quoll = await observe(flags.against as SubjectName, script);
  const comparison = new Comparison();
  let differing = 0;
  for (const [at, step] of script.entries()) {
    const told = comparison.compare(step, apache[at]!, quoll[at]!);
    if (told.length === 0) continue;
    differing++;
    if (differing > Number(flags.show)) continue;
    console.log(`step ${at}: ${describeStep(step)}`);
    for (const line of told) console.log(`  ${line}`);
  }
  const { answers, granted, events } = comparison;
  console.log(`${answers} answers, ${granted} of them without an error; ${events} events`);
  for (const [reason, count] of comparison.excused) console.log(`excused ${count}: ${reason}`);
  console.log(`${script.length - differing} passed, ${differing} failed`);
  return differing === 0;
}

process.exitCode = (await main()) ? 0 : 1;
