import pLimit from 'p-limit';
import type { InstalledSet, PlanEntry } from '../../machines/reconcile/outcome.ts';
import { planPlugins, type Resolved, unaccountedFor } from '../../machines/reconcile/plan.ts';
import {
  type Fetched,
  type Planned,
  reconcileMachine,
  type Staged,
  type Switched,
  type Verified,
} from '../../machines/reconcile/reconcile.machine.ts';
import type { Stamp } from '../../machines/time.ts';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { fetchMissing, verifyFetched } from './fetch-missing.ts';
import type { Note, PluginCache, PluginSets } from './ports.ts';
import { stageSet } from './stage-set.ts';
import { createStepMaker } from './step.ts';

export type ReconcilerOptions = {
  cache: PluginCache;
  sets: PluginSets;
  /** The spec in force now: a reconcile is told who, never what happened. */
  specOf: (workspaceId: string) => WorkspaceSpec;
  stamp: () => Stamp;
  /** Resolves when the state that asked for the work is on disk. */
  settled: (signal: AbortSignal) => Promise<void>;
  /** Aborts when the actor that asked for the work is gone, whichever way. */
  lifeOf: (workspaceId: string) => AbortSignal;
  note: Note;
};

/** Workspaces whose plugins are hashed or copied at a time. */
const DISK_CONCURRENCY = 8;
/** Plugins fetched at a time, over all workspaces. */
const FETCH_CONCURRENCY = 4;

/**
 * The reconcile machine with its hands, and the same comparison as a dry run.
 *
 * Every step looks at what is, leaves nothing half done where it can be seen, and may be repeated: a reconcile that
 * was killed anywhere is finished by the next one.
 */
export const createReconciler = ({
  cache,
  sets,
  specOf,
  stamp,
  settled,
  lifeOf,
  note,
}: ReconcilerOptions) => {
  const onDisk = pLimit(DISK_CONCURRENCY);
  const onNetwork = pLimit(FETCH_CONCURRENCY);
  const step = createStepMaker(stamp, lifeOf);

  const plan = step<Planned>(async ({ workspaceId, knownGeneration, refresh }, signal) => {
    await settled(signal);
    const installed = await onDisk(() => {
      signal.throwIfAborted();
      return sets.installed(workspaceId);
    });
    signal.throwIfAborted();
    const spec = specOf(workspaceId);
    const resolved = refresh ? await resolveAll(spec, signal) : undefined;
    const entries = planPlugins(spec, installed, resolved);
    noteWork(workspaceId, entries);
    return {
      plan: entries,
      failed: [],
      generation: installed.generation,
      installed: entries.filter(({ action, declaration }) => action === 'keep' && declaration !== null)
        .length,
      unaccounted: unaccountedFor(installed, knownGeneration),
    };
  });

  /** A reference that cannot be resolved keeps what it stood for. */
  const resolveAll = async (
    { plugins }: WorkspaceSpec,
    signal: AbortSignal,
  ): Promise<Map<string, Resolved>> => {
    const resolved = await Promise.all(
      plugins.map((declaration) =>
        onNetwork(() => cache.resolve(declaration, signal)).then(
          (resolution) => [[declaration.name, resolution] as const],
          () => [],
        ),
      ),
    );
    signal.throwIfAborted();
    return new Map(resolved.flat());
  };

  const noteWork = (workspaceId: string, entries: PlanEntry[]) => {
    const namesOf = (wanted: PlanEntry['action']) =>
      entries.filter(({ action }) => action === wanted).map(({ name }) => name);
    const work = { add: namesOf('add'), update: namesOf('update'), remove: namesOf('remove') };
    if (Object.values(work).some((names) => names.length > 0)) note(workspaceId, 'plugins.planned', work);
  };

  const fetch = step<Fetched>((input, signal) =>
    fetchMissing(input, { cache, note, limit: onNetwork, signal }),
  );

  const verify = step<Verified>((input, signal) =>
    verifyFetched(input, { cache, note, limit: onDisk, signal }),
  );

  const stage = step<Staged>((input, signal) => onDisk(() => stageSet(input, { sets, signal })));

  const switchTo = step<Switched>(async ({ workspaceId, staged }, signal) => {
    if (staged === null) throw new Error('nothing was staged');
    await sets.activate(workspaceId, staged.generation, signal);
    note(workspaceId, 'plugins.switched', { ...staged });
    return {};
  });

  return {
    machine: reconcileMachine.provide({ actors: { plan, fetch, verify, stage, switch: switchTo } }),
    /** What a reconcile would do now. Changes nothing. */
    async plan(workspaceId: string): Promise<PlanEntry[]> {
      return planPlugins(specOf(workspaceId), await sets.installed(workspaceId));
    },
    installed: (workspaceId: string): Promise<InstalledSet> => sets.installed(workspaceId),
    generationInForce: (workspaceId: string): Promise<number> => sets.generationInForce(workspaceId),
  };
};
