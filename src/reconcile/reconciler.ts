import pLimit from 'p-limit';
import type {
  InstalledSet,
  PlanEntry,
  PluginFailure,
  PluginGeneration,
  Resolved,
} from '../../machines/reconcile/outcome.ts';
import { planPlugins, unaccountedFor } from '../../machines/reconcile/plan.ts';
import {
  type Fetched,
  type Planned,
  reconcileMachine,
  type Staged,
  type Switched,
  type Verified,
} from '../../machines/reconcile/reconcile.machine.ts';
import type { Stamp } from '../../machines/time.ts';
import type { PluginDeclaration, WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { KeepwellError } from '../errors.ts';
import { failureOf, fetchMissing, verifyFetched } from './fetch-missing.ts';
import type { Note, PluginBegan, PluginCache, PluginDownload, PluginSets, Wanted } from './ports.ts';
import { stageSet } from './stage-set.ts';
import { createStepMaker } from './step.ts';

export type ReconcilerOptions = {
  cache: PluginCache;
  sets: PluginSets;
  /** What it is to have now: a reconcile is told who, never what happened. */
  wantedOf: (workspaceId: string) => Wanted;
  /** Refuses a source that a workspace may not have plugins from. @throws `PLUGIN_NOT_ALLOWED` */
  checkAllowed: (source: string, patterns: readonly string[]) => void;
  /** What the installation allows; null, the default, for everything. The cache holds it against what it fetches. */
  allow?: readonly string[] | null;
  stamp: () => Stamp;
  /** Resolves when the state that asked for the work is on disk. */
  settled: (signal: AbortSignal) => Promise<void>;
  /** Aborts when the actor that asked for the work is gone, whichever way. */
  lifeOf: (workspaceId: string) => AbortSignal;
  note: Note;
  /** Told when a plugin is being fetched. Default: nobody. */
  pluginBegan?: PluginBegan;
};

/** Workspaces whose plugins are hashed or copied at a time. */
const DISK_CONCURRENCY = 8;

/**
 * The reconcile machine with its hands, and the same comparison as a dry run.
 *
 * Every step looks at what is, leaves nothing half done where it can be seen, and may be repeated: a reconcile that
 * was killed anywhere is finished by the next one.
 */
export const createReconciler = ({
  cache,
  sets,
  wantedOf,
  checkAllowed,
  allow = null,
  stamp,
  settled,
  lifeOf,
  note,
  pluginBegan = () => () => undefined,
}: ReconcilerOptions) => {
  const onDisk = pLimit(DISK_CONCURRENCY);
  const step = createStepMaker(stamp, lifeOf);

  const plan = step<Planned>(async ({ workspaceId, knownGeneration, refresh }, signal) => {
    await settled(signal);
    const installed = await onDisk(() => {
      signal.throwIfAborted();
      return sets.installed(workspaceId);
    });
    signal.throwIfAborted();
    const { resolved, unknown } = await resolveAll(wantedOf(workspaceId).spec, refresh, signal);
    const { spec, held } = wantedOf(workspaceId);
    const entries = planPlugins(spec, installed, { resolved, held });
    noteWork(workspaceId, entries);
    return {
      plan: entries,
      failed: refresh === 'all' ? [] : notFollowed(workspaceId, entries, unknown),
      generation: installed.generation,
      installed: entries.filter(({ action, declaration }) => action === 'keep' && declaration !== null)
        .length,
      unaccounted: unaccountedFor(installed, knownGeneration),
    };
  });

  /** A reference that cannot be resolved keeps what it stood for. */
  const resolveAll = async (
    { plugins }: WorkspaceSpec,
    refresh: readonly string[] | 'all' | null,
    signal: AbortSignal,
  ): Promise<{ resolved: Map<string, Resolved>; unknown: Map<string, unknown> }> => {
    const resolved = new Map<string, Resolved>();
    const unknown = new Map<string, unknown>();
    await Promise.all(
      plugins
        .filter(({ name }) => refresh === 'all' || refresh?.includes(name))
        .map((declaration) =>
          cache.resolve(declaration, signal).then(
            (resolution) => resolved.set(declaration.name, resolution),
            (error: unknown) => unknown.set(declaration.name, error),
          ),
        ),
    );
    signal.throwIfAborted();
    return { resolved, unknown };
  };

  /** Whoever asked for an update of a plugin by name hears that it could not be looked up. */
  const notFollowed = (
    workspaceId: string,
    entries: readonly PlanEntry[],
    unknown: ReadonlyMap<string, unknown>,
  ): PluginFailure[] =>
    entries.flatMap((entry) => {
      // What is fetched anyway says by itself that it cannot be reached.
      if (!unknown.has(entry.name) || (entry.action !== 'keep' && entry.action !== 'hold')) return [];
      const failure = failureOf(entry, unknown.get(entry.name));
      note(workspaceId, 'plugin.failed', failure);
      return [failure];
    });

  const noteWork = (workspaceId: string, entries: PlanEntry[]) => {
    const namesOf = (wanted: PlanEntry['action']) =>
      entries.filter(({ action }) => action === wanted).map(({ name }) => name);
    const work = { add: namesOf('add'), update: namesOf('update'), remove: namesOf('remove') };
    if (Object.values(work).some((names) => names.length > 0)) note(workspaceId, 'plugins.planned', work);
  };

  const fetch = step<Fetched>((input, signal) =>
    fetchMissing(input, {
      cache,
      note,
      pluginBegan,
      wanted: wantedOf(input.workspaceId),
      checkAllowed,
      signal,
    }),
  );

  const verify = step<Verified>((input, signal) =>
    verifyFetched(input, { cache, note, limit: onDisk, signal }),
  );

  const stage = step<Staged>((input, signal) => onDisk(() => stageSet(input, { sets, signal })));

  const switchTo = step<Switched>(async ({ workspaceId, staged }, signal) => {
    if (staged === null) throw new Error('nothing was staged');
    await sets.activate(workspaceId, staged.generation, { keep: wantedOf(workspaceId).keep, signal });
    note(workspaceId, 'plugins.switched', { ...staged });
    return {};
  });

  return {
    machine: reconcileMachine.provide({ actors: { plan, fetch, verify, stage, switch: switchTo } }),
    /** What a reconcile would do now, or if `spec` were declared. Changes nothing. */
    async plan(
      workspaceId: string | null,
      {
        spec,
        refresh = false,
        signal = NEVER,
      }: { spec?: WorkspaceSpec; refresh?: boolean; signal?: AbortSignal } = {},
    ): Promise<PlanEntry[]> {
      const wanted = workspaceId === null ? null : wantedOf(workspaceId);
      const declared = spec ?? wanted?.spec;
      if (declared === undefined) return [];
      const installed = workspaceId === null ? NOTHING : await sets.installed(workspaceId);
      const { resolved } = await resolveAll(declared, refresh ? 'all' : null, signal);
      return planPlugins(declared, installed, { resolved, held: wanted?.held ?? [] });
    },
    /** What may not come in may not come back. */
    async checkRestorable(workspaceId: string, to: number): Promise<void> {
      if (to === 0) return;
      const target = (await sets.history(workspaceId)).find(({ generation }) => generation === to);
      if (target === undefined) throw new KeepwellError('PLUGIN_GENERATION_NOT_FOUND');
      const { spec } = wantedOf(workspaceId);
      for (const { source } of target.plugins) {
        if (allow !== null) checkAllowed(source, allow);
        if (spec.pluginAllow !== null) checkAllowed(source, spec.pluginAllow);
      }
    },
    restore: (workspaceId: string, to: number, signal: AbortSignal) =>
      onDisk(() => sets.restore(workspaceId, to, { keep: wantedOf(workspaceId).keep, signal })),
    history: (workspaceId: string): Promise<PluginGeneration[]> => sets.history(workspaceId),
    resolve: (declaration: PluginDeclaration, signal: AbortSignal): Promise<Resolved> =>
      cache.resolve(declaration, signal),
    download: (workspaceId: string, plugin: string): Promise<PluginDownload> =>
      sets.download(workspaceId, plugin),
    installed: (workspaceId: string): Promise<InstalledSet> => sets.installed(workspaceId),
    generationInForce: (workspaceId: string): Promise<number> => sets.generationInForce(workspaceId),
  };
};

const NEVER = new AbortController().signal;
const NOTHING: InstalledSet = { generation: 0, plugins: [], switches: [] };
