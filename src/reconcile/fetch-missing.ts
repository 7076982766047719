import type { LimitFunction } from 'p-limit';
import type { PlanEntry, PluginFailure } from '../../machines/reconcile/outcome.ts';
import { isExpected } from '../../machines/reconcile/plan.ts';
import type { FetchedPlugin, StepInput } from '../../machines/reconcile/reconcile.machine.ts';
import { KeepwellError } from '../errors.ts';
import type { CachedPlugin, Note, PluginBegan, PluginCache, Wanted } from './ports.ts';

type Tools = {
  cache: PluginCache;
  note: Note;
  pluginBegan: PluginBegan;
  wanted: Wanted;
  checkAllowed: (source: string, patterns: readonly string[]) => void;
  signal: AbortSignal;
};
type Result = { fetched: FetchedPlugin[]; failed: PluginFailure[] };

/**
 * Brings everything that the plan adds or updates into the cache. One failing plugin stops no other.
 *
 * What the workspace may not have is refused here too, whichever way it came to be declared.
 */
export const fetchMissing = async (
  { workspaceId, plan }: StepInput,
  { cache, note, pluginBegan, wanted, checkAllowed, signal }: Tools,
): Promise<Result> => {
  const { spec, held } = wanted;
  const missing = plan.filter(({ action }) => action === 'add' || action === 'update');
  const bring = async (entry: PlanEntry): Promise<CachedPlugin> => {
    const { declaration } = entry;
    if (declaration === null) throw new Error(`${entry.name} is not declared`);
    if (spec.pluginAllow !== null) checkAllowed(declaration.source, spec.pluginAllow);
    const plugin = await cache.fetch(declaration, knownRevision(entry), signal);
    checkSuits(plugin, spec.agentRuntime);
    if (held.some(({ name, treeHash }) => name === plugin.name && treeHash === plugin.treeHash)) {
      throw new KeepwellError('PLUGIN_QUARANTINED', { details: { treeHash: plugin.treeHash } });
    }
    note(workspaceId, 'plugin.fetched', {
      name: plugin.name,
      revision: plugin.revision,
      treeHash: plugin.treeHash,
    });
    return plugin;
  };
  return sortOut(workspaceId, missing, note, signal, async (entry) => {
    const end = pluginBegan(workspaceId, entry.name);
    try {
      const plugin = await bring(entry);
      end('fetched');
      return plugin;
    } catch (error) {
      end(signal.aborted ? 'aborted' : failureOf(entry, error).code);
      throw error;
    }
  });
};

/** A plugin that lists no runtimes suits every agent; an agent that does not say what it is takes every plugin. */
const checkSuits = ({ name, runtimes }: CachedPlugin, agentRuntime: string | null): void => {
  const alike = (runtime: string) => runtime.toLowerCase().replaceAll('_', '-');
  if (agentRuntime === null || runtimes.length === 0) return;
  if (runtimes.some((runtime) => alike(runtime) === alike(agentRuntime))) return;
  throw new KeepwellError('PLUGIN_RUNTIME_MISMATCH', {
    message: `The plugin ${name} suits ${runtimes.join(', ')}, but the agent is built on ${agentRuntime}.`,
    details: { runtimes, agentRuntime },
  });
};

/** Hashes what the cache holds once more; what is damaged is left out and fetched again by the next reconcile. */
export const verifyFetched = async (
  { workspaceId, fetched }: StepInput,
  { cache, note, limit, signal }: Pick<Tools, 'cache' | 'note' | 'signal'> & { limit: LimitFunction },
): Promise<Result> =>
  sortOut(workspaceId, fetched, note, signal, (plugin) =>
    limit(async () => {
      await cache.verify(plugin, signal);
      return plugin;
    }),
  );

/**
 * What the plan looked up. Otherwise, putting back what was there uses the revision that was there, wherever its
 * reference points by now; but not where another hash is expected than it had.
 */
const knownRevision = ({ declaration, installed, resolved }: PlanEntry): string | null => {
  if (resolved !== null) return resolved.revision;
  if (installed === null || installed.source !== declaration?.source) return null;
  return isExpected(declaration, installed) ? installed.revision : null;
};

const sortOut = async <Item extends { name: string }>(
  workspaceId: string,
  items: Item[],
  note: Note,
  signal: AbortSignal,
  attempt: (item: Item) => Promise<FetchedPlugin>,
): Promise<Result> => {
  const fetched: FetchedPlugin[] = [];
  const failed: PluginFailure[] = [];
  await Promise.all(
    items.map(async (item) => {
      try {
        fetched.push(await attempt(item));
      } catch (error) {
        if (signal.aborted) return;
        const failure = failureOf(item, error);
        failed.push(failure);
        note(workspaceId, 'plugin.failed', failure);
      }
    }),
  );
  signal.throwIfAborted();
  const place = new Map(items.map(({ name }, index) => [name, index]));
  const inOrder = (a: { name: string }, b: { name: string }) =>
    (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0);
  return { fetched: fetched.toSorted(inOrder), failed: failed.toSorted(inOrder) };
};

/** What went wrong with one plugin, as data. */
export const failureOf = (item: { name: string }, error: unknown): PluginFailure => {
  const { code, message } = error as { code?: string; message?: string };
  const { declaration, source } = item as { declaration?: { source: string } | null; source?: string };
  return {
    name: item.name,
    source: declaration?.source ?? source ?? '',
    code: code ?? 'INTERNAL',
    message: message ?? String(error),
  };
};
