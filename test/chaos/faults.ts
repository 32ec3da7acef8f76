/** What happens to the ensemble while its clients work, drawn from a seed. */
import { setTimeout as wait } from "node:timers/promises";
import type { Prng } from "../../src/base/prng.ts";
import type { Chaos } from "./ensemble.ts";

/** Between two faults, in ms; some last longer than that, and overlap. */
const PAUSE_MS = [200, 4000] as const;
/** How long one lasts, in ms: sessions of two seconds see both sides of their end. */
const SPELL_MS = [100, 6000] as const;

type Fault = (chaos: Chaos, prng: Prng, spell: () => Promise<void>) => Promise<void>;

const one = ({ members }: Chaos, prng: Prng) => prng.pick(members);

export const FAULTS: Readonly<Record<string, Fault>> = {
  kill: async (chaos, prng, spell) => {
    const member = one(chaos, prng);
    await member.end("SIGKILL");
    await spell();
    member.start();
  },
  "kill all": async ({ members }, _prng, spell) => {
    await Promise.all(members.map((member) => member.end("SIGKILL")));
    await spell();
    for (const member of members) member.start();
  },
  stop: async (chaos, prng, spell) => {
    const member = one(chaos, prng);
    await member.end("SIGTERM");
    await spell();
    member.start();
  },
  pause: async (chaos, prng, spell) => {
    const member = one(chaos, prng);
    member.pause();
    await spell();
    member.resume();
  },
  "full disk": async (chaos, prng, spell) => {
    const member = one(chaos, prng);
    member.fillDisk();
    await spell();
    member.clearDisk();
  },
  "cut one off": async (chaos, prng, spell) => {
    const links = chaos.linksOf(one(chaos, prng));
    for (const link of links) link.block();
    await spell();
    // A network that comes back delivers late, or has forgotten.
    if (prng.chance(0.5)) for (const link of links) link.cut();
    for (const link of links) link.unblock();
  },
  "cut a way": async (chaos, prng, spell) => {
    const link = prng.pick(chaos.links);
    link.block();
    await spell();
    link.unblock();
  },
  reset: async (chaos, prng) => {
    prng.pick(chaos.links).cut();
  },
};

/** Faults for so long; resolves when the last one is over. Returns how many there were of each. */
export async function strike(
  chaos: Chaos,
  prng: Prng,
  ms: number,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const running: Promise<void>[] = [];
  const names = Object.keys(FAULTS);
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const name = prng.pick(names);
    const spellMs = between(SPELL_MS, prng);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    running.push(FAULTS[name]!(chaos, prng, () => wait(spellMs)));
    await wait(between(PAUSE_MS, prng));
  }
  await Promise.all(running);
  return counts;
}

const between = ([min, max]: readonly [number, number], prng: Prng): number =>
  min + prng.below(max - min);
