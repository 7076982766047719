import type { PlanEntry } from '../../../machines/reconcile/outcome.ts';
import type { FetchedPlugin } from '../../../machines/reconcile/reconcile.machine.ts';
import type { GivenOutcome, WorldOptions } from './types.ts';

const STAMP = { at: 1_000_000, roll: 0.5 };
const FAILED = [{ name: 'b', source: 'local://b', code: 'PLUGIN_NOT_FOUND', message: 'It is not there.' }];

const entry = (name: string, action: PlanEntry['action']): PlanEntry => ({
  name,
  action,
  why: '',
  restart: true,
  resolved: null,
  declaration: { name, source: `local://${name}` },
  installed: null,
});

const A: FetchedPlugin = {
  name: 'a',
  source: 'local://a',
  revision: null,
  treeHash: 'a'.repeat(64),
  manifestHash: null,
  runtimes: [],
  coreHash: 'a'.repeat(64),
  restart: 'auto',
};

const settled = (actor: string, detail: string, title: string, output: object): GivenOutcome => ({
  output: { ...output, ...STAMP },
  title,
  name: `${actor}.settled{${detail}}`,
});

const fails = (actor: string): GivenOutcome => ({
  error: { code: 'INTERNAL', message: 'The disk is full.', ...STAMP },
  title: `${actor} fails`,
  name: `${actor}.failed`,
});

const planned = (detail: string, title: string, plan: PlanEntry[]): GivenOutcome =>
  settled('plan', detail, title, {
    plan,
    failed: [],
    generation: 3,
    installed: 1,
    unaccounted: { changed: [], restartNeeded: false },
  });

const got = (actor: string, whole: string, none: string): GivenOutcome[] => [
  settled(actor, 'all', whole, { fetched: [A], failed: [] }),
  settled(actor, 'none', none, { fetched: [], failed: FAILED }),
  fails(actor),
];

/** What `generatePaths` needs to know of a reconcile. */
export const RECONCILE_WORLD: WorldOptions = {
  starts: [
    {
      title: 'a reconcile',
      input: { workspaceId: 'w', knownGeneration: 3, refresh: null, ...STAMP },
    },
  ],
  outcomes: {
    plan: [
      planned('keep', 'everything is in place', [entry('a', 'keep')]),
      planned('add', 'a plugin is missing', [entry('a', 'add')]),
      planned('remove', 'a plugin is too many', [entry('a', 'remove')]),
      fails('plan'),
    ],
    fetch: got('fetch', 'it is fetched', 'it cannot be fetched'),
    verify: got('verify', 'it is what it should be', 'it is not what it should be'),
    stage: [
      settled('stage', 'staged', 'a new set is built', {
        generation: 4,
        changed: ['a'],
        restartNeeded: true,
        installed: 1,
      }),
      fails('stage'),
    ],
    switch: [settled('switch', 'switched', 'the new set is put in force', {}), fails('switch')],
  },
};
