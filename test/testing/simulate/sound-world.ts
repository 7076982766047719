/** What an invariant looks at, where nothing is wrong. */
import { walk } from '../../../machines/walk.ts';
import { DEFAULT_POLICY } from '../../../machines/workspace/policy.ts';
import { EMPTY_SPEC } from '../../../machines/workspace/spec.ts';
import type { WorkspaceContext } from '../../../machines/workspace/types.ts';
import { workspaceMachine } from '../../../machines/workspace/workspace.machine.ts';
import type { Decision, Facts, Seen } from '../../../src/testing/simulate/invariants/types.ts';

export const NOW = 10_000_000;
const SETTLED = { failed: [], error: null };
export const RED = { name: 'red', source: 'local://red', treeHash: 'a', coreHash: 'a', actualHash: 'a' };

const first = walk(workspaceMachine, {
  input: { workspaceId: 'w', owned: true, policy: DEFAULT_POLICY, generation: 1, at: 0, roll: 0.5 },
}).snapshot.context as WorkspaceContext;

/** A workspace that reconciles and settles: nothing is wrong with it. */
export const context = (changed: object = {}): WorkspaceContext => ({
  ...first,
  status: 'online',
  incarnation: 1,
  heardIncarnation: 1,
  reconcile: { run: 1, outcome: 'settled' },
  deadline: { name: 'resyncAt', at: NOW + 100_000 },
  plugins: { ...first.plugins, generation: 1 },
  ...changed,
});
export const seen = (changed: Partial<Seen> = {}): Seen => ({
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
export const row = (changed: object = {}): Decision['row'] => ({
  at: NOW,
  event: 'reconcile.settled',
  from: 'wanted.online.reconciling',
  to: 'wanted.online.converged',
  reason: null,
  cause: { type: 'xstate.done.actor.reconcile', output: SETTLED },
  kind: 'transition',
  ...changed,
});
export const decision = (changed: Partial<Decision> = {}): Decision => ({
  seen: seen(),
  at: NOW,
  row: row(),
  from: 'wanted.online.reconciling',
  to: 'wanted.online.converged',
  before: context({ reconcile: { run: 1, outcome: 'running' } }),
  after: context(),
  ...changed,
});
export const running = (env: Record<string, string> = {}, incarnation = 1) => ({
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
export const facts = (changed: Partial<Facts> = {}): Facts => ({
  now: () => NOW,
  isThorough: true,
  wallNow: () => NOW,
  inForce: () => ({ generation: 1, plugins: [RED] }),
  instanceOf: () => running(),
  secretsOf: () => new Map([['KEY', undefined]]),
  hearingSince: () => 0,
  workingSince: () => 0,
  storingSince: () => 0,
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
export const fleetOf = (size: number, silent: number, silentForMs: number): Partial<Facts> => {
  const fleet = Array.from({ length: size }, (_, index) => seen({ id: `w${index}` }));
  const isSilent = (id: string) => Number(id.slice(1)) < silent;
  return {
    fleet: () => fleet,
    heard: (id) => ({ at: isSilent(id) ? 0 : NOW - 10_000, quietForMs: 0, storedUntil: 0 }),
    promisedUntil: (id) => (isSilent(id) ? NOW - silentForMs + 90_000 : NOW + 170_000),
  };
};
