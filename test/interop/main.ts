/**
 * `npm run test:interop [-- --only NAME] [--subject quoll|apache] [--brief]`: what others wrote,
 * against Quoll.
 *
 * Every scenario runs against Apache ZooKeeper and against Quoll; their outcomes must be equal.
 * With `--subject` it runs against one of them alone and must only complete. `--show` prints the
 * outcomes. `--brief` leaves out variations of others.
 */
import { parseArgs } from "node:util";
import { START, type SubjectName } from "../support/subjects.ts";
import { installReference } from "./install.ts";
import { compareOutcomes, type Outcome, type Scenario, SkippedError } from "./scenario.ts";
import { authentication } from "./scenarios/auth.ts";
import { cClient } from "./scenarios/c-client.ts";
import { clientsMove } from "./scenarios/clients-move.ts";
import { ensembles } from "./scenarios/ensemble.ts";
import { ensembleSettings } from "./scenarios/ensemble-settings.ts";
import { folderSwapFromApache, folderSwapFromSubject } from "./scenarios/folder-swap.ts";
import { javaCli } from "./scenarios/java-cli.ts";
import { kazooBasic, kazooRecipes, kazooSession } from "./scenarios/kazoo.ts";
import { kazooOwnTests } from "./scenarios/kazoo-own-tests.ts";
import { limits, localSessions } from "./scenarios/limits.ts";
import { mixed } from "./scenarios/mixed.ts";
import { mntrKeys } from "./scenarios/mntr-keys.ts";
import { offlineTools } from "./scenarios/offline-tools.ts";
import { clientSuite, cliSuite, tutorial } from "./scenarios/own-suites.ts";
import { rawCases } from "./scenarios/raw-cases.ts";
import { recipes } from "./scenarios/recipes.ts";
import { recipesContest } from "./scenarios/recipes-contest.ts";
import { recipesData } from "./scenarios/recipes-data.ts";
import { sasl } from "./scenarios/sasl.ts";
import { shellTranscript } from "./scenarios/shell-transcript.ts";
import { tls } from "./scenarios/tls.ts";

const SCENARIOS: readonly Scenario[] = [
  rawCases,
  limits,
  localSessions,
  authentication,
  javaCli,
  shellTranscript,
  cClient,
  kazooBasic,
  kazooSession,
  kazooRecipes,
  kazooOwnTests,
  folderSwapFromApache,
  folderSwapFromSubject,
  clientSuite,
  cliSuite,
  tutorial,
  tls,
  sasl,
  offlineTools,
  recipesData,
  recipes,
  ...ensembles,
  ...mixed,
  ...clientsMove,
  ...ensembleSettings,
  mntrKeys,
  recipesContest,
];
const DIFFERENCES_SHOWN_MAX = 30;

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    subject: { type: "string" },
    brief: { type: "boolean", default: false },
    show: { type: "boolean", default: false },
  },
});

const isSubject = (name: string): name is SubjectName => name === "apache" || name === "quoll";

/** The outcome on each subject asked for; two different ones fail the scenario. */
async function runScenario(scenario: Scenario): Promise<readonly string[]> {
  if (flags.subject !== undefined) {
    if (!isSubject(flags.subject)) throw new Error(`no such subject: ${flags.subject}`);
    show(await scenario.run(START[flags.subject]));
    return [];
  }
  const apache = await scenario.run(START.apache);
  const quoll = await scenario.run(START.quoll);
  show(apache);
  return compareOutcomes(apache, quoll, scenario.wanted ?? []);
}

function show(outcome: Outcome): void {
  if (flags.show) for (const line of outcome) console.log(`    ${line}`);
}

async function main(): Promise<boolean> {
  await installReference();
  const { brief } = flags;
  const only = flags.only?.split(",");
  const chosen = SCENARIOS.filter(
    ({ name, isVariation }) =>
      (only?.some((part) => name.includes(part)) ?? true) && !(brief && isVariation === true),
  );
  if (chosen.length === 0) throw new Error(`no scenario is named ${flags.only}`);
  let failed = 0;
  let skipped = 0;
  for (const scenario of chosen) {
    const startedAt = performance.now();
    const told = await runScenario(scenario).catch((error: Error) => error);
    if (told instanceof SkippedError) {
      console.log(`SKIPPED ${scenario.name}: ${told.message}`);
      skipped++;
      continue;
    }
    const differences = told instanceof Error ? [`${told.stack}`] : told;
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(
      `${differences.length === 0 ? "ok    " : "FAILED"} ${scenario.name} (${seconds} s)`,
    );
    for (const line of differences.slice(0, DIFFERENCES_SHOWN_MAX)) console.log(`       ${line}`);
    if (differences.length > 0) failed++;
  }
  const passed = chosen.length - failed - skipped;
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed === 0;
}

process.exitCode = (await main()) ? 0 : 1;
