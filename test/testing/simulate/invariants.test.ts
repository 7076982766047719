import { describe, expect, it } from 'vitest';
import { DECISION_INVARIANTS } from '../../../src/testing/simulate/invariants/decisions.ts';
import { INVARIANTS } from '../../../src/testing/simulate/invariants/index.ts';
import { MOMENT_INVARIANTS } from '../../../src/testing/simulate/invariants/moments.ts';
import type { Decision, Facts, Seen } from '../../../src/testing/simulate/invariants/types.ts';
import { context, decision, facts, fleetOf, NOW, RED, row, running, seen } from './sound-world.ts';

type Case = [name: string, words: RegExp, decision: Partial<Decision>, facts?: Partial<Facts>];
const beat = row({ event: 'heartbeat.received', cause: {} });
const provisioning = context({ status: 'provisioning', reconcile: { run: 0, outcome: null } });

const BROKEN: Case[] = [
  [
    'entersOnlineByReconciling',
    /without a reconcile/,
    { row: beat, from: 'wanted.provisioning', before: provisioning },
  ],
  [
    'entersOnlineByReconciling',
    /went from wanted.online.blocked/,
    { row: beat, from: 'wanted.online.blocked', before: context() },
  ],
  [
    'reconcileHasOneOutcome',
    /still awaited/,
    { after: context({ reconcile: { run: 1, outcome: 'running' } }) },
  ],
  ['reconcileLooksOnce', /0 times/, { seen: seen({ looks: 0 }) }],
  ['reconcileLooksOnce', /2 times/, { seen: seen({ looks: 2 }) }],
  [
    'restingMeansStopped',
    /still runs/,
    { row: row({ event: 'stop.settled' }), from: 'resting.pausing', to: 'resting.paused' },
  ],
  ['convergedHasWhatIsDeclared', /without red/, {}, { inForce: () => ({ generation: 1, plugins: [] }) }],
  [
    'convergedHasWhatIsDeclared',
    /without red/,
    {},
    { inForce: () => ({ generation: 1, plugins: [{ ...RED, actualHash: 'b' }] }) },
  ],
  [
    'convergedHasWhatIsDeclared',
    /generation 2 is in force/,
    {},
    { inForce: () => ({ generation: 2, plugins: [RED] }) },
  ],
  [
    'blockedSaysWhyPerPlugin',
    /nothing says why/,
    {
      to: 'wanted.online.blocked',
      after: context({ reason: { code: 'plugins-blocked', message: 'x', hint: null } }),
    },
    { inForce: () => ({ generation: 1, plugins: [] }) },
  ],
  ['incarnationHasCause', /nothing asked for it/, { after: context({ incarnation: 2 }) }],
  [
    'incarnationHasCause',
    /from 1 to 3/,
    { seen: seen({ causes: ['operator.restarted'] }), after: context({ incarnation: 3 }) },
  ],
  ['restartIsServed', /as if nobody had/, { seen: seen({ owedSince: 1 }) }],
  ['runsWithWhatIsDeclared', /secret KEY/, {}, { secretsOf: () => new Map([['KEY', 'new']]) }],
  ['runsWithWhatIsDeclared', /environment/, {}, { instanceOf: () => running({ COLOUR: 'old' }) }],
  [
    'runsWithPluginsInForce',
    /has not loaded red/,
    {},
    { inForce: () => ({ generation: 1, plugins: [{ ...RED, coreHash: 'b' }] }) },
  ],
  ['nothingGoesBack', /removed/, { seen: seen({ removed: true }) }],
  ['nothingGoesBack', /incarnation went back/, { before: context({ incarnation: 2 }) }],
  ['nothingGoesBack', /not declared/, { after: context({ generation: 2 }) }],
  [
    'silenceIsHeardBeforeItIsJudged',
    /could hear again/,
    { row: row({ event: 'lease.expired' }), to: 'wanted.offline' },
    { hearingSince: () => NOW - 100_000 },
  ],
  [
    'silenceIsHeardBeforeItIsJudged',
    /before its lease ended/,
    { row: row({ event: 'lease.expired' }), to: 'wanted.offline' },
    { promisedUntil: () => NOW + 30_000 },
  ],
  [
    'silenceIsHeardBeforeItIsJudged',
    /60 s after most of the fleet was heard again; its lease is 180 s/,
    { row: row({ event: 'lease.expired' }), to: 'wanted.offline' },
    { hold: () => ({ since: null, endedAt: NOW - 60_000, grantedUntil: 0 }) },
  ],
  [
    'massSilenceIsHeld',
    /called silent with 3 of 5, 400 s after so many/,
    { row: row({ event: 'lease.expired' }), to: 'wanted.offline' },
    fleetOf(5, 3, 400_000),
  ],
  [
    'restartsStayWithinBudget',
    /restarted 6 times/,
    {
      row: row({ event: 'deadline.passed' }),
      from: 'wanted.offline',
      to: 'wanted.restarting',
      seen: seen({ crashRestarts: [1, 2, 3, 4, 5].map((minutes) => NOW - minutes * 60_000) }),
    },
  ],
  ['givingUpSaysWhy', /without a reason/, { to: 'wanted.failed', after: context({ reason: null }) }],
  ['waitsHaveDeadlines', /none, not resyncAt/, { after: context({ deadline: null }) }],
  ['secretsStaySecret', /a secret is in/, { row: row({ cause: { env: 'hush-hush-1' } }) }],
  [
    'oneBrokenPluginCostsOne',
    /red could be installed/,
    {
      to: 'wanted.online.blocked',
      row: row({ cause: { output: { failed: [{ name: 'blue' }], error: null } } }),
    },
    { inForce: () => ({ generation: 1, plugins: [] }) },
  ],
];

const MOMENTS: [name: string, words: RegExp, seen: Partial<Seen>, facts?: Partial<Facts>][] = [
  ['shownIsDecided', /shown as/, {}, { view: () => ({ state: 'wanted.failed', generation: 1 }) as never }],
  ['shownIsDecided', /generation 1 is shown/, { generation: 2 }],
  ['oneInstanceAtATime', /two of w/, {}, { doubledInstances: () => ['two of w'] }],
  ['nothingElseRuns', /incarnation 1 runs/, { state: 'resting.paused', enteredAt: 0 }],
  ['nothingElseRuns', /incarnation 2 is there/, { context: context({ incarnation: 2 }), enteredAt: 0 }],
  ['silenceIsNoticed', /is still/, { enteredAt: 0 }],
  [
    'silenceIsNoticed',
    /is still/,
    { enteredAt: 0 },
    // Silence that is held again and again.
    { hold: () => ({ since: NOW - 60_000, endedAt: 0, grantedUntil: NOW + 570_000 }) },
  ],
  [
    'onlyMassSilenceIsHeld',
    /60 s now, although only 2 of 5 are/,
    {},
    {
      hold: () => ({ since: NOW - 60_000, endedAt: 0, grantedUntil: NOW + 570_000 }),
      ...fleetOf(5, 2, 400_000),
    },
  ],
  [
    'nothingIsHalfInstalled',
    /not whole/,
    {},
    { inForce: () => ({ generation: 1, plugins: [{ ...RED, actualHash: null }] }) },
  ],
  [
    'deadlinesAreKept',
    /passed 10 s ago/,
    { context: context({ deadline: { name: 'resyncAt', at: NOW - 10_000 } }) },
  ],
  ['everyWaitSaysWhy', /nothing says/, {}, { why: () => ({ text: 'Because.', moves: 0 }) }],
];

describe('the invariants', () => {
  it('hold for a workspace with which nothing is wrong', () => {
    for (const { name, check } of DECISION_INVARIANTS) {
      expect([name, check(decision(), facts())]).toEqual([name, null]);
    }
    const well = { promisedUntil: () => NOW };
    for (const { name, check } of MOMENT_INVARIANTS) {
      expect([name, check(seen(), facts(well))]).toEqual([name, null]);
    }
  });

  it.each(BROKEN)('of a transition: %s says so, %s', (name, words, changed, world) => {
    const { check } = DECISION_INVARIANTS.find(
      (one) => one.name === name,
    ) as (typeof DECISION_INVARIANTS)[number];
    expect(check(decision(changed), facts(world))).toMatch(words);
  });

  it.each(MOMENTS)('of a moment: %s says so, %s', (name, words, changed, world) => {
    const { check } = MOMENT_INVARIANTS.find(
      (one) => one.name === name,
    ) as (typeof MOMENT_INVARIANTS)[number];
    expect(check(seen(changed), facts(world))).toMatch(words);
  });

  it('let silence be judged that is not that of most, or was held for long enough', () => {
    const { check } = DECISION_INVARIANTS.find(
      ({ name }) => name === 'massSilenceIsHeld',
    ) as (typeof DECISION_INVARIANTS)[number];
    const judged = decision({ row: row({ event: 'lease.expired' }), to: 'wanted.offline' });
    for (const fleet of [fleetOf(5, 2, 400_000), fleetOf(2, 2, 400_000), fleetOf(5, 5, 600_000)]) {
      expect(check(judged, facts(fleet))).toBeNull();
    }
  });

  it('let the silence of most be held, and nobody be called silent meanwhile', () => {
    const held = {
      ...fleetOf(5, 3, 400_000),
      hold: () => ({ since: NOW - 300_000, endedAt: 0, grantedUntil: NOW + 330_000 }),
    };
    const one = seen({ id: 'w0', enteredAt: NOW - 4_000_000 });
    for (const { name, check } of MOMENT_INVARIANTS)
      expect([name, check(one, facts(held))]).toEqual([name, null]);
  });

  it('are each shown to be able to fail', () => {
    const shown = new Set([...BROKEN, ...MOMENTS].map(([name]) => name));
    const all = [...DECISION_INVARIANTS, ...MOMENT_INVARIANTS].map(({ name }) => name);
    expect(all.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('cover every number of the design', () => {
    const numbers = new Set(INVARIANTS.map(({ number }) => number));
    expect(
      Array.from({ length: 13 }, (_, index) => String(index + 1)).filter((one) => !numbers.has(one)),
    ).toEqual([]);
    expect(new Set(INVARIANTS.map(({ name }) => name)).size).toBe(INVARIANTS.length);
  });
});
