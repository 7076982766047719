import { describe, expect, it } from 'vitest';
import { type SeedResult, simulateSeeds } from '../../../src/cli/simulate/seeds.ts';
import { FAULT_KINDS, retell, simulate, tellStory } from '../../../src/testing/simulate/index.ts';
import type { Decision, Invariant } from '../../../src/testing/simulate/invariants/types.ts';

const lived = async (seed: number, hours = 1) => {
  const lines: string[] = [];
  const run = await simulate({
    seed,
    workspaces: 3,
    hours,
    faults: FAULT_KINDS,
    onStep: (step) => lines.push(JSON.stringify(step)),
    onAction: (action) => lines.push(JSON.stringify(action)),
  });
  return { run, text: `${lines.join('\n')}\n${JSON.stringify(run)}` };
};

describe('a simulated fleet', () => {
  it('lives the same life for the same seed, byte for byte', async () => {
    const [first, again, other] = [await lived(7), await lived(7), await lived(8)];
    expect(again.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
  });

  it('breaks nothing that must always be so in 200 small worlds with all faults', {
    timeout: 240_000,
  }, async () => {
    const results: SeedResult[] = [];
    const task = { workspaces: 3, hours: 1, faults: FAULT_KINDS };
    const begun = performance.now();
    await simulateSeeds({ first: 1, last: 200 }, task, 2, (result) => results.push(result) > 0);
    const sum = (of: (result: SeedResult) => number) => results.reduce((all, one) => all + of(one), 0);
    const hours = sum(({ simulatedMs }) => simulatedMs) / 3_600_000;
    console.log(
      `200 seeds, ${Math.round(hours)} simulated hours in ${((performance.now() - begun) / 1000).toFixed(1)} s: ` +
        `${sum(({ counts }) => counts.transitions)} transitions, ${sum(({ counts }) => counts.beats)} beats, ` +
        `${sum(({ counts }) => counts.crashes)} supervisors killed`,
    );
    expect(results.map(({ seed }) => seed)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(results.flatMap(({ seed, broken }) => broken.map((one) => ({ seed, ...one })))).toEqual([]);
    // A world in which nothing happens proves nothing.
    const happened = new Set(results.flatMap(({ performed }) => Object.keys(performed)));
    expect(FAULT_KINDS.filter((kind) => !happened.has(kind))).toEqual([]);
    expect(sum(({ counts }) => counts.crashes)).toBeGreaterThan(100);
    expect(sum(({ counts }) => counts.restarts)).toBeGreaterThan(1_000);
    expect(sum(({ counts }) => counts.holds)).toBeGreaterThan(5);
  });

  it('converges and is still where there are no faults, and nothing of it is lost, late or killed', async () => {
    const { broken, counts } = await simulate({ seed: 3, workspaces: 5, hours: 2, faults: [] });
    expect(broken).toEqual([]);
    expect(counts).toMatchObject({ beatsLost: 0, beatsLate: 0, beatsDoubled: 0, crashes: 0, supervisors: 1 });
    expect(counts.beatsHeard).toBe(counts.beats);
    expect(counts.reconciles).toBeGreaterThan(100);
  });

  it('goes without what is left out of its plan, and nothing else changes', async () => {
    const all = await lived(5);
    const creates = all.run.plan.filter(({ kind }) => kind === 'create').map(({ n }) => n);
    const { performed, broken } = await simulate({
      seed: 5,
      workspaces: 3,
      hours: 1,
      faults: FAULT_KINDS,
      only: creates,
    });
    expect(performed).toEqual({ create: creates.length });
    expect(broken).toEqual([]);
  });

  it('goes without whatever is not needed to break something, and tells the rest as a story that can be lived again', async () => {
    const nobodyIsPaused: Invariant<Decision> = {
      number: 'ours',
      name: 'nobodyIsPaused',
      check: ({ to }) => (to === 'resting.paused' ? 'somebody is paused' : null),
    };
    const how = { seed: 5, workspaces: 3, hours: 3, faults: FAULT_KINDS, also: [nobodyIsPaused] };
    const failed = await simulate(how);
    const story = await tellStory(failed, how);
    expect(story.only.length).toBeLessThanOrEqual(3);
    expect(story.sentences.join('\n')).toMatch(
      /An operator creates (w\d)[^]*An operator asks for pause of \1\.[^]*Broken: nobodyIsPaused \(ours\)\. \1: somebody is paused\./,
    );
    const { hours, only } = story;
    expect(story.command).toBe(
      `keepwell simulate --seed 5 --workspaces 3 --hours ${hours} --faults all --only ${only.join(',')}`,
    );
    const again = await simulate({ ...how, hours, only });
    expect(again.broken).toEqual([story.broken]);
    expect((await simulate({ ...how, hours, only: only.slice(1) })).broken).toEqual([]);
  });

  it('has no story where nothing is broken', async () => {
    await expect(retell({ seed: 5, workspaces: 3, hours: 1, faults: [], only: [1] })).rejects.toThrow(
      'Nothing is broken',
    );
  });
});
