/** The real supervisor and reconcile over hands of memory; nothing here or below it is of Node or of the test runner. */

import { DEFAULT_POLICY } from '../../../machines/workspace/policy.ts';
import { EMPTY_SPEC } from '../../../machines/workspace/spec.ts';
import { createReconciler } from '../../../src/reconcile/reconciler.ts';
import type { WorkspaceView } from '../../../src/supervisor/api.ts';
import { createSupervisor } from '../../../src/supervisor/supervisor.ts';
import type { Life } from '../../../src/testing/memory/life.ts';
import { createMemoryClock } from '../../../src/testing/memory/memory-clock.ts';
import { createMemoryDice } from '../../../src/testing/memory/memory-dice.ts';
import { memoryHasher } from '../../../src/testing/memory/memory-hasher.ts';
import { createMemoryInstances } from '../../../src/testing/memory/memory-instances.ts';
import {
  createMemoryPlugins,
  createMemoryShelf,
  createPluginSources,
  pluginContent,
} from '../../../src/testing/memory/memory-plugins.ts';
import { createMemoryRuntime } from '../../../src/testing/memory/memory-runtime.ts';
import { createMemoryDisk, openMemoryStore } from '../../../src/testing/memory/memory-store.ts';
import { createMemoryVault, type MemoryKeys } from '../../../src/testing/memory/memory-vault.ts';
import { seededRandom } from '../../../src/testing/memory/seeded-random.ts';
import { HEALTHY_BEAT } from '../../supervisor/healthy-beat.ts';

/** A machine in memory on which supervisors live one after the other. */
const createMachine = (seed: number) => {
  const clock = createMemoryClock();
  const random = seededRandom(seed);
  const disk = createMemoryDisk();
  const shelf = createMemoryShelf();
  const sources = createPluginSources({ otherwise: (source) => pluginContent({ source }) });
  const keys: MemoryKeys = [];
  const instances = createMemoryInstances({ clock });
  const logged: string[] = [];
  const log = (_: object, message: string) => void logged.push(message);

  const boot = async (diesAt: string | null) => {
    let over = false;
    const life: Life = {
      step(what) {
        if (what !== diesAt) return;
        over = true;
        own.end();
      },
      isOver: () => over,
    };
    const own = clock.forLife();
    const store = openMemoryStore({ disk, clock: own.clock, life });
    const plugins = createMemoryPlugins(shelf, sources, { life, now: clock.now });
    const supervisor = createSupervisor({
      store,
      runtimes: {
        process: createMemoryRuntime('process', instances, life),
        external: createMemoryRuntime('external', instances, life),
      },
      reconciler: (host) => createReconciler({ ...plugins, checkAllowed: () => undefined, ...host }),
      vault: createMemoryVault(keys, random),
      clock: own.clock,
      dice: createMemoryDice(random, clock.now),
      hasher: memoryHasher,
      log: { debug: () => undefined, info: log, warn: log, error: log },
      adminToken: 'admin',
      policyDefaults: DEFAULT_POLICY,
      beatIntervalMs: 30_000,
      enrolment: 'closed',
    });
    supervisor.restore();
    void supervisor.resume('http://supervisor');
    await clock.advance(0);
    return { supervisor, isOver: () => over };
  };
  return { clock, instances, logged, boot };
};

/**
 * A workspace with a plugin is created; the supervisor dies while it switches the plugin in, and its successor brings
 * the workspace to where it belongs. What came of it is the same for the same seed.
 */
export const liveThroughCrash = async (
  seed: number,
  diesAt: string,
): Promise<{ died: boolean; view: WorkspaceView; events: string[]; violations: string[] }> => {
  const { clock, instances, boot } = createMachine(seed);
  const first = await boot(diesAt);
  const plugins = [{ name: 'tool', source: 'local://tool' }];
  const creating = first.supervisor.create({ ...EMPTY_SPEC, name: 'ada', command: ['agent'], plugins }, null);
  await clock.advance(1_000);
  const { id } = (await creating).view;
  void first.supervisor.beat(id, null, HEALTHY_BEAT);
  await clock.advance(1_000);
  const died = first.isOver();

  const second = await boot(null);
  await clock.advance(1_000);
  for (let beats = 0; beats < 10; beats += 1) {
    void second.supervisor.beat(id, null, HEALTHY_BEAT);
    await clock.advance(30_000);
  }
  const view = second.supervisor.view(id);
  const events = second.supervisor.journal(id, { after: 0, limit: 100 }).map(({ event }) => event);
  await second.supervisor.close();
  return { died, view, events, violations: instances.violations };
};
