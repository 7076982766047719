import { describe, expect, it } from 'vitest';
import { walk } from '../../../machines/walk.ts';
import { DEFAULT_POLICY } from '../../../machines/workspace/policy.ts';
import { EMPTY_SPEC } from '../../../machines/workspace/spec.ts';
import type { WorkspaceContext } from '../../../machines/workspace/types.ts';
import { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import { checkBeat } from '../../../src/testing/simulate/invariants/beats.ts';
import { DECISION_INVARIANTS } from '../../../src/testing/simulate/invariants/decisions.ts';
import { INVARIANTS } from '../../../src/testing/simulate/invariants/index.ts';
import { MOMENT_INVARIANTS } from '../../../src/testing/simulate/invariants/moments.ts';
import type { Decision, Facts, Seen } from '../../../src/testing/simulate/invariants/types.ts';

const NOW = 10_000_000;
const SETTLED = { failed: [], error: null };
const RED = { name: 'red', source: 'local://red', treeHash: 'a', coreHash: 'a', actualHash: 'a' };

const first = walk(workspaceMachine, {
  input: { workspaceId: 'w', owned: true, policy: DEFAULT_POLICY, generation: 1, at: 0, roll: 0.5 },
}).snapshot.context as WorkspaceContext;

/** A workspace that reconciles and settles: nothing is wrong with it. */
const context = (changed: object = {}): WorkspaceContext => ({
  ...first,
  status: 'online',
  incarnation: 1,
  heardIncarnation: 1,
  reconcile: { run: 1, outcome: 'settled' },
  deadline: { name: 'resyncAt', at: NOW + 100_000 },
  plugins: { ...first.plugins, generation: 1 },
  ...changed,
});
const seen = (changed: Partial<Seen> = {}): Seen => ({
  id: 'w',
  spec: {
    ...EMPTY_SPEC,
    name: 'w1',
    command: ['agent'],
    plugins: [{ name: 'red', source: 'local://red' }],
  },
  generation: 1,
  state: 'wanted.online.reconciling',
  context: context(),
  removed: false,
  decisions: 5,
  enteredAt: NOW - 60_000,
  leasedSince: 0,
  toldWhyIn: new Set(),
  looks: 1,
  overtaken: 0,
  tamperedAt: 0,
  causes: [],
  owedSince: null,
  unminded: new Set(),
  crashedAt: NOW - 60_000,
  crashRestarts: [],
  ...changed,
});
const row = (changed: object = {}): Decision['row'] => ({
  at: NOW,
  event: 'reconcile.settled',
  from: 'wanted.online.reconciling',
  to: 'wanted.online.converged',
  reason: null,
  cause: { type: 'xstate.done.actor.reconcile', output: SETTLED },
  kind: 'transition',
  ...changed,
});
const decision = (changed: Partial<Decision> = {}): Decision => ({
  seen: seen(),
  at: NOW,
  row: row(),
  from: 'wanted.online.reconciling',
  to: 'wanted.online.converged',
  before: context({ reconcile: { run: 1, outcome: 'running' } }),
  after: context(),
  ...changed,
});
const running = (env: Record<string, string> = {}, incarnation = 1) => ({
  spec: {
    workspaceId: 'w',
    incarnation,
    command: ['agent'],
    sidecar: false,
    env,
    token: 't',
    url: 'u',
    container: null,
  },
  loaded: [RED],
});
const facts = (changed: Partial<Facts> = {}): Facts => ({
  now: () => NOW,
  isThorough: true,
  wallNow: () => NOW,
  inForce: () => ({ generation: 1, plugins: [RED] }),
  instanceOf: () => running(),
  secretsOf: () => new Map([['KEY', undefined]]),
  hearingSince: () => 0,
  workingSince: () => 0,
  clockSetAt: () => 0,
  isBehind: () => false,
  heard: () => ({ at: 0, quietForMs: 0, storedUntil: 0 }),
  promisedUntil: () => 0,
  fleet: () => [],
  hold: () => ({ since: null, endedAt: 0, grantedUntil: 0 }),
  silenceHoldMs: 600_000,
  intervalMs: () => 30_000,
  view: () => ({ state: 'wanted.online.reconciling', generation: 1 }) as never,
  why: () => ({ text: 'Because.', moves: 1 }),
  doubledInstances: () => [],
  ...changed,
});

/** A fleet of which some began to count as silent so long ago: the second half of their lease began. */
const fleetOf = (size: number, silent: number, silentForMs: number): Partial<Facts> => {
  const fleet = Array.from({ length: size }, (_, index) => seen({ id: `w${index}` }));
  const isSilent = (id: string) => Number(id.slice(1)) < silent;
  return {
    fleet: () => fleet,
    heard: (id) => ({ at: isSilent(id) ? 0 : NOW - 10_000, quietForMs: 0, storedUntil: 0 }),
    promisedUntil: (id) => (isSilent(id) ? NOW - silentForMs + 90_000 : NOW + 170_000),
  };
};

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

const HEALTHY = {
  errorRate: 0,
  sampleError: null,
  activeTasks: 0,
  currentTask: null,
  uptimeSeconds: 1,
  wedged: false,
  managesStatus: false,
  quietForMs: 0,
};
const TOLD = {
  status: 'online' as const,
  generation: 1,
  intervalSeconds: 30,
  leaseExpiresAt: NOW + 180_000,
  restartPending: false,
  pluginGeneration: 1,
  pluginsPending: false,
};

describe('a beat that was taken', () => {
  const check = (changed: Partial<Parameters<typeof checkBeat>[0]> = {}) => {
    const state = changed.seen?.state ?? 'wanted.online.converged';
    const one = seen({ state, ...changed.seen });
    return checkBeat({
      incarnation: 1,
      known: 1,
      beat: HEALTHY,
      told: TOLD,
      from: state,
      wall: NOW,
      ...changed,
      seen: one,
    });
  };

  it('is right when it renewed the lease of an agent that is well', () => {
    expect(check()).toBeNull();
  });

  it('is wrong when it moved nothing that it should have moved', () => {
    expect(check({ beat: { ...HEALTHY, wedged: true } })).toMatch(/is wedged, and is still called online/);
    expect(check({ beat: { ...HEALTHY, errorRate: 0.9 } })).toMatch(/fails, and is still called online/);
    for (const state of ['wanted.provisioning', 'wanted.awaitingAgent', 'wanted.offline', 'wanted.failed']) {
      expect(check({ seen: seen({ state }) })).toMatch(/is still/);
    }
    expect(check({ seen: seen({ state: 'wanted.degraded' }) })).toMatch(/has recovered/);
  });

  it('is wrong when it comes from the past, or from beyond the end', () => {
    expect(check({ known: 2 })).toMatch(/beat of incarnation 1 was taken/);
    expect(check({ seen: seen({ removed: true }) })).toMatch(/removed/);
  });

  it('is wrong when it left the lease shorter than a lease is', () => {
    expect(check({ told: { ...TOLD, leaseExpiresAt: NOW + 100_000 } })).toMatch(/renewed to 100 s only/);
    expect(check({ beat: { ...HEALTHY, quietForMs: 300_000 } })).toMatch(/renewed to 180 s only/);
  });
});
