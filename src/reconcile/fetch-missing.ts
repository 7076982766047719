import type { LimitFunction } from 'p-limit';
import type { PlanEntry, PluginFailure } from '../../machines/reconcile/outcome.ts';
import type { FetchedPlugin, StepInput } from '../../machines/reconcile/reconcile.machine.ts';
import type { Note, PluginCache } from './ports.ts';

type Tools = { cache: PluginCache; note: Note; limit: LimitFunction; signal: AbortSignal };
type Result = { fetched: FetchedPlugin[]; failed: PluginFailure[] };

/** Brings everything that the plan adds or updates into the cache. One failing plugin stops no other. */
export const fetchMissing = async (
  { workspaceId, plan, refresh }: StepInput,
  { cache, note, limit, signal }: Tools,
): Promise<Result> => {
  const missing = plan.filter(({ action }) => action === 'add' || action === 'update');
  return sortOut(workspaceId, missing, note, signal, (entry) =>
    limit(async () => {
      const { declaration } = entry;
      if (declaration === null) throw new Error(`${entry.name} is not declared`);
      const plugin = await cache.fetch(declaration, recordedRevision(entry, refresh), signal);
      note(workspaceId, 'plugin.fetched', {
        name: plugin.name,
        revision: plugin.revision,
        treeHash: plugin.treeHash,
      });
      return plugin;
    }),
  );
};

/** Hashes what the cache holds once more; what is damaged is left out and fetched again by the next reconcile. */
export const verifyFetched = async (
  { workspaceId, fetched }: StepInput,
  { cache, note, limit, signal }: Tools,
): Promise<Result> =>
  sortOut(workspaceId, fetched, note, signal, (plugin) =>
    limit(async () => {
      await cache.verify(plugin, signal);
      return plugin;
    }),
  );

/** Putting back what was there uses the revision that was there, wherever its reference points by now. */
const recordedRevision = ({ declaration, installed }: PlanEntry, refresh: boolean): string | null =>
  !refresh && installed?.source === declaration?.source ? (installed?.revision ?? null) : null;

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

const failureOf = (item: { name: string }, error: unknown): PluginFailure => {
  const { code, message } = error as { code?: string; message?: string };
  const { declaration, source } = item as { declaration?: { source: string } | null; source?: string };
  return {
    name: item.name,
    source: declaration?.source ?? source ?? '',
    code: code ?? 'INTERNAL',
    message: message ?? String(error),
  };
};
