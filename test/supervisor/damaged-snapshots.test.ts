import { describe, expect, it } from 'vitest';
import { leafOf } from '../../machines/walk.ts';
import { DEFAULT_POLICY } from '../../machines/workspace/policy.ts';
import { workspaceMachine } from '../../machines/workspace/workspace.machine.ts';
import { detailOf } from '../../src/http/wire/view.ts';
import type { StoredSnapshot } from '../../src/supervisor/ports.ts';
import { parseSnapshot, restoredActor, storedForm } from '../../src/supervisor/restore.ts';
import { exploreMachine } from '../machines/model.ts';
import { type Bench, openBench } from './bench.ts';

type Context = Record<string, unknown>;
type Damage = (good: StoredSnapshot) => unknown;

const value =
  (damaged: unknown): Damage =>
  (good) => ({ ...good, value: damaged });

const context =
  (damaged: Context): Damage =>
  (good) => ({ ...good, context: { ...good.context, ...damaged } });

const without =
  (key: string): Damage =>
  (good) => ({ ...good, context: { ...good.context, [key]: undefined } });

const DAMAGES: Record<string, Damage> = {
  'is null': () => null,
  'is a number': () => 5,
  'is an empty object': () => ({}),
  'is a list': () => [],
  'is of version 0': (good) => ({ ...good, machineVersion: 0 }),
  'is of a newer version': (good) => ({ ...good, machineVersion: 99 }),
  'is of a version that is a word': (good) => ({ ...good, machineVersion: 'one' }),
  'is in no state': value(undefined),
  'is in state null': value(null),
  'is in state 5': value(5),
  'is in state []': value([]),
  'is in state {}': value({}),
  'is in half a state': value('wanted'),
  'is in a region that is null': value({ wanted: null }),
  'is in two regions': value({ wanted: 'failed', resting: 'paused' }),
  'is in an unknown state': value({ wanted: 'dreaming' }),
  'is in an unknown state of a known one': value({ wanted: { online: 'dreaming' } }),
  'is removed, though it is not': value('removed'),
  'has no context': (good) => ({ ...good, context: null }),
  'has a list for its context': (good) => ({ ...good, context: [] }),
  'is that of another workspace': context({ workspaceId: 'another' }),
  'has a policy that is null': context({ policy: null }),
  'has an empty policy': context({ policy: {} }),
  'has a policy of words': context({ policy: { ...DEFAULT_POLICY, offlineAfterMs: 'long' } }),
  'has plugins that are null': context({ plugins: null }),
  'has empty plugins': context({ plugins: {} }),
  'has blocked plugins of nothing': context({ plugins: { ...pluginsOf(), blocked: [null] } }),
  'has a restart that is null': context({ restart: null }),
  'has an empty restart': context({ restart: {} }),
  'has a reconcile that is null': context({ reconcile: null }),
  'has crashes that are null': context({ crashedAt: null }),
  'has an unknown status': context({ status: 'dreaming' }),
  'has a reason that is a word': context({ reason: 'because' }),
  'has an empty reason': context({ reason: {} }),
  'has a deadline that is a word': context({ deadline: 'soon' }),
  'has a deadline at no moment': context({ deadline: { name: 'resyncAt' } }),
  'has a deadline of no name': context({ deadline: { at: 1 } }),
  'came about at no moment': context({ since: null }),
  'has a moment no calendar knows': context({ since: 1e300 }),
  'counts incarnations in words': context({ incarnation: 'two' }),
  'has lost its observed generation': without('observedGeneration'),
  'has lost its restarts': without('restarts'),
  'has lost its heard incarnation': without('heardIncarnation'),
  'has lost its ended incarnation': without('endedIncarnation'),
  'has lost whether it is owned': without('owned'),
};

function pluginsOf() {
  return { generation: 0, installed: 0, blocked: [], attempt: 0, restartedAt: [], refresh: false };
}

/** Three workspaces that are online, the second of which is damaged while the supervisor is not running. */
const openWithDamage = async (damage: Damage) => {
  const bench = await openBench();
  const ids = [await bench.online(), await bench.online(), await bench.online()];
  const [before, broken, after] = ids as [string, string, string];
  await bench.restartSupervisor(() =>
    bench.behindItsBack((db) => {
      const read = db.prepare('SELECT snapshot FROM snapshots WHERE workspace_id = ?').pluck();
      const good = JSON.parse(read.get(broken) as string) as StoredSnapshot;
      const write = db.prepare('UPDATE snapshots SET snapshot = ? WHERE workspace_id = ?');
      write.run(JSON.stringify(damage(good)), broken);
    }),
  );
  return { bench, others: [before, after], broken };
};

/** As the API would show it. */
const show = (bench: Bench, id: string) =>
  detailOf(bench.view(id), { showEnv: true, policyDefaults: DEFAULT_POLICY });

describe('a stored snapshot', () => {
  it.each(Object.entries(DAMAGES))('that %s costs one workspace', async (_, damage) => {
    const { bench, others, broken } = await openWithDamage(damage);
    for (const id of others) {
      expect(show(bench, id)).toMatchObject({ state: 'wanted.online.converged', incarnation: 1 });
    }
    expect(bench.supervisor.list({ after: null, limit: 10, status: null })).toHaveLength(3);
    expect(show(bench, broken)).toMatchObject({
      state: 'wanted.failed',
      status: 'failed',
      reason: { code: 'snapshot-quarantined' },
      incarnation: 1,
    });
    expect(bench.supervisor.why(broken).text).not.toMatch(/undefined|NaN|Invalid/);
    expect(bench.logged.filter(({ level }) => level === 'error')).toEqual([]);
    expect(bench.behindItsBack((db) => db.prepare('SELECT count(*) FROM quarantine').pluck().get())).toBe(1);

    await bench.act(broken, 'retry');
    await bench.beat(broken);
    expect(show(bench, broken)).toMatchObject({
      state: 'wanted.online.converged',
      incarnation: 2,
      reason: null,
    });
  });

  it('that cannot be read does not make an orphan of its agent, which runs on', async () => {
    const bench = await openBench();
    const id = await bench.online();
    let known: boolean[] = [];
    bench.instances.hooks.sweep = async (isKnown) => {
      known = [isKnown(id), isKnown('nobody')];
      return [];
    };
    await bench.restartSupervisor(() =>
      bench.behindItsBack((db) => db.prepare("UPDATE snapshots SET snapshot = '{'").run()),
    );
    expect(bench.view(id)).toMatchObject({ reason: { code: 'snapshot-quarantined' } });
    expect(known).toEqual([true, false]);
    expect(bench.instances.runningOf(id)).toBe(1);
  });

  it('that is whole costs nothing', async () => {
    const { bench, broken } = await openWithDamage((good) => good);
    expect(show(bench, broken)).toMatchObject({ state: 'wanted.online.converged', incarnation: 1 });
  });

  it('of any state in which the machine can be is taken as it is', () => {
    const taken = new Set<string>();
    for (const { snapshot } of exploreMachine().nodes.values()) {
      if (snapshot.status === 'done') continue;
      const raw = JSON.stringify(storedForm(snapshot));
      const stored = parseSnapshot(raw, snapshot.context.workspaceId);
      const restored = restoredActor(workspaceMachine, stored, () => {}).getSnapshot();
      expect({ value: restored.value, context: restored.context }).toEqual({
        value: snapshot.value,
        context: snapshot.context,
      });
      taken.add(leafOf(snapshot.value));
    }
    expect(taken.size).toBeGreaterThan(12);
  });
});
