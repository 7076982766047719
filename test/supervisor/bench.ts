/** A supervisor in the test's process: the real store in a real file, a clock that the test moves, hands of memory. */

import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { DEFAULT_POLICY, type Policy } from '../../machines/workspace/policy.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { dataFolders } from '../../src/folders.ts';
import { checkAllowed } from '../../src/plugins/allow-list.ts';
import { createReconciler } from '../../src/reconcile/reconciler.ts';
import { createExternalRuntime } from '../../src/runtimes/external-runtime.ts';
import { openVault } from '../../src/secrets/vault.ts';
import { tokenHasher } from '../../src/startup/token-hasher.ts';
import { type OpenedStore, openStore } from '../../src/store/open-store.ts';
import type { Beat, BeatReply, WorkspaceView } from '../../src/supervisor/api.ts';
import type { SupervisorOptions } from '../../src/supervisor/options.ts';
import type { JournalEntry } from '../../src/supervisor/ports.ts';
import { createSupervisor, type RunningSupervisor } from '../../src/supervisor/supervisor.ts';
import { createMemoryClock } from '../../src/testing/memory/memory-clock.ts';
import { aFolder, aSpec, behindItsBack, handTimers } from '../store/support.ts';
import { createBenchedInstances } from './benched-instances.ts';
import { createBenchedPlugins } from './benched-plugins.ts';
import { HEALTHY_BEAT } from './healthy-beat.ts';

/** Without jitter, so that a test can say when something is due. */
const POLICY: Policy = { ...DEFAULT_POLICY, resyncJitterMs: 0 };

/** More turns of the event loop than anything takes here: nothing waits for real time. */
const TURNS = 120;

const SETTLED = ['wanted.online.converged', 'wanted.online.blocked', 'wanted.online.delivering'];
/** Nothing takes more restarts than that. */
const MOST_BEATS = 20;

type BenchOptions = Partial<
  Pick<SupervisorOptions, 'enrolment' | 'adaptMachine' | 'placeTemplate' | 'silenceHoldMs'>
> & {
  policy?: Partial<Policy>;
};

export type Logged = { level: string; message: string; details: object };

export const openBench = async (options: BenchOptions = {}) => {
  const folder = aFolder();
  const file = join(folder, 'keepwell.db');
  const clock = createMemoryClock();
  const timers = handTimers();
  const instances = createBenchedInstances(clock);
  const plugins = createBenchedPlugins();
  const logged: Logged[] = [];
  const logAs = (level: string) => (details: object, message: string) =>
    void logged.push({ level, details, message });
  let policyDefaults: Policy = { ...POLICY, ...options.policy };
  let dealt = 0;
  let store: OpenedStore;
  let supervisor: RunningSupervisor;

  const open = async (): Promise<void> => {
    store = openStore({ file, now: clock.now, schedule: timers.schedule });
    supervisor = createSupervisor({
      store,
      runtimes: {
        process: instances.open(),
        external: createExternalRuntime({ foldersOf: dataFolders(folder).workspace }),
      },
      reconciler: (host) =>
        createReconciler({ cache: plugins.cache, sets: plugins.sets, checkAllowed, ...host }),
      vault: openVault({ file: join(folder, 'secret-key'), given: null }),
      clock,
      dice: {
        roll: () => 0.5,
        workspaceId: () => `w${(dealt += 1)}`,
        token: () => `token-${(dealt += 1)}`,
      },
      hasher: tokenHasher,
      log: { debug: () => undefined, info: logAs('info'), warn: logAs('warn'), error: logAs('error') },
      adminToken: 'admin',
      policyDefaults,
      beatIntervalMs: 1_000,
      enrolment: options.enrolment ?? 'closed',
      ...(options.silenceHoldMs === undefined ? {} : { silenceHoldMs: options.silenceHoldMs }),
      ...(options.adaptMachine === undefined ? {} : { adaptMachine: options.adaptMachine }),
      ...(options.placeTemplate === undefined ? {} : { placeTemplate: options.placeTemplate }),
    });
    supervisor.restore();
    await supervisor.resume('http://supervisor');
    await calm();
  };
  const close = async (): Promise<void> => {
    await supervisor.close();
    await store.close();
  };
  /** Lets everything happen that needs no time to pass. */
  const calm = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  };
  await open();
  onTestFinished(close);

  const view = (id: string): WorkspaceView => supervisor.view(id);
  const beat = async (id: string, facts: Partial<Beat> = {}): Promise<BeatReply> => {
    const reply = await supervisor.beat(id, null, { ...HEALTHY_BEAT, ...facts });
    await calm();
    return reply;
  };
  const create = async (spec: Partial<WorkspaceSpec> = {}): Promise<string> => {
    const created = await supervisor.create(aSpec(`name-${(dealt += 1)}`, spec), null);
    await calm();
    return created.view.id;
  };

  const settle = async (id: string): Promise<void> => {
    for (let beats = 0; !SETTLED.includes(view(id).state); beats += 1) {
      if (beats === MOST_BEATS) throw new Error(`after ${beats} beats it is ${view(id).state}`);
      await beat(id);
    }
  };

  return {
    get supervisor() {
      return supervisor;
    },
    get store() {
      return store;
    },
    clock,
    instances,
    plugins,
    logged,
    calm,
    view,
    beat,
    create,
    settle,
    /** Creates a workspace whose agent, and its successors, beat until its plugins are dealt with. */
    async online(spec: Partial<WorkspaceSpec> = {}): Promise<string> {
      const id = await create(spec);
      await settle(id);
      return id;
    },
    act: async (id: string, verb: Parameters<RunningSupervisor['act']>[1]): Promise<WorkspaceView> => {
      const answer = await supervisor.act(id, verb);
      await calm();
      return answer;
    },
    change: async (id: string, spec: Partial<WorkspaceSpec>): Promise<void> => {
      await supervisor.change(id, { ...view(id).spec, ...spec }, null);
      await calm();
    },
    /** Time passes, and rings what is due on the way. */
    async pass(ms: number): Promise<void> {
      await clock.advance(ms);
      await calm();
    },
    /** Stops the supervisor, lets `meanwhile` happen, and starts another on the same file. */
    async restartSupervisor(meanwhile: () => void = () => {}, policy: Partial<Policy> = {}): Promise<void> {
      await close();
      meanwhile();
      policyDefaults = { ...policyDefaults, ...policy };
      await open();
    },
    /** The disk takes nothing any more, as the next that writes finds out. */
    async fillDisk(id: string): Promise<void> {
      store.limitPages(1);
      const cause = 'x'.repeat(50_000);
      const row = {
        at: 0,
        event: 'disk.filled',
        from: 'x',
        to: 'x',
        reason: null,
        cause,
        kind: 'note' as const,
      };
      await store.commit({ workspaceId: id, journal: [row] }).catch(() => undefined);
    },
    /** What waits for the disk is tried again. */
    async retryWriting(): Promise<void> {
      timers.pass();
      await calm();
    },
    async freeDisk(): Promise<void> {
      store.limitPages(100_000);
      timers.pass();
      await calm();
    },
    /** The rows of a workspace, oldest first. */
    journal: (id: string): JournalEntry[] => supervisor.journal(id, { after: 0, limit: 10_000 }),
    /** Reads or damages the database behind the store's back. */
    behindItsBack: <T>(work: Parameters<typeof behindItsBack<T>>[1]): T => behindItsBack(file, work),
  };
};

export type Bench = Awaited<ReturnType<typeof openBench>>;
