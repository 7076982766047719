import type { PluginContent, RecordedPlugin, Resolved } from '../../machines/reconcile/outcome.ts';
import { isNewer } from '../../machines/reconcile/plan.ts';
import { type DurationMs, type EpochMs, MINUTE } from '../../machines/time.ts';
import { backoffMs } from '../../machines/workspace/policy.ts';
import type { PluginDeclaration } from '../../machines/workspace/spec.ts';
import type { OutdatedPlugin } from './api.ts';
import type { Entry } from './entry.ts';
import type { DriftRow, Json, Reconciler, Store } from './ports.ts';
import { isPossible } from './verbs.ts';

type DriftOptions = {
  entries: () => Iterable<Entry>;
  reconciler: Pick<Reconciler, 'resolve' | 'history'>;
  store: Pick<Store, 'drift' | 'saveDrift'>;
  now: () => EpochMs;
  roll: () => number;
  /** How often each source is looked up. */
  everyMs: DurationMs;
  /** Sources looked up in one tick at most. Default 20. */
  budget?: number;
  tell: (entry: Entry, occurrence: { type: 'plugins.outdated'; plugins: string[] }) => void;
  note: (entry: Entry, event: string, details: Json) => void;
};

/**
 * Looks up what the references of declared plugins stand for now, each source once, whoever declares it.
 *
 * What it learned is stored. What is newer is only listed, unless its declaration says `track: auto`: then its
 * workspace is told, again with every tick, until it is in place. A look-up that fails keeps what was known.
 */
export const createDrift = (options: DriftOptions) => {
  const { entries, reconciler, store, now, roll, everyMs, budget = 20, tell, note } = options;
  const latest = new Map<string, DriftRow>();
  const due = new Map<string, { at: EpochMs; failures: number }>();
  const recorded = new WeakMap<Entry, { generation: number; plugins: RecordedPlugin[] }>();
  let isTicking = false;
  const life = new AbortController();

  /** What is installed, by its lock; read anew only when another generation is in force. */
  const recordedOf = async (entry: Entry): Promise<RecordedPlugin[]> => {
    const { generation } = entry.snapshot.context.plugins;
    const known = recorded.get(entry);
    if (known?.generation === generation) return known.plugins;
    const inForce = (await reconciler.history(entry.id)).find((one) => one.inForce);
    const plugins = inForce?.plugins ?? [];
    if (inForce?.generation === generation) recorded.set(entry, { generation, plugins });
    return plugins;
  };

  const outdatedOf = async (entry: Entry): Promise<OutdatedPlugin[]> => {
    const followed = entry.spec.plugins.filter(({ source }) => latest.has(source));
    if (followed.length === 0) return [];
    const installed = new Map((await recordedOf(entry)).map((plugin) => [plugin.name, plugin]));
    const { dismissed, suspicion } = entry.snapshot.context.plugins;
    return followed.flatMap(({ name, source }): OutdatedPlugin[] => {
      const row = latest.get(source);
      // What is held back is what there is, where nothing is installed.
      const plugin = installed.get(name) ?? suspicion.held.find((one) => one.name === name);
      if (row === undefined || plugin?.source !== source || !isNewer(row, plugin)) return [];
      const newest = idOf(row);
      return [
        {
          workspaceId: entry.id,
          workspace: entry.spec.name,
          name,
          source,
          installed: idOf(plugin),
          latest: newest,
          checkedAt: row.checkedAt,
          dismissed: dismissed.some((one) => one.plugin === name && one.revision === newest),
        },
      ];
    });
  };

  /** Every source that can come to stand for something else, with one of the declarations that name it. */
  const declared = (): Map<string, PluginDeclaration> => {
    const found = new Map<string, PluginDeclaration>();
    for (const { spec } of entries()) {
      for (const plugin of spec.plugins) if (!isFixed(plugin)) found.set(plugin.source, plugin);
    }
    return found;
  };

  const lookUp = async (declaration: PluginDeclaration): Promise<DriftRow | null> => {
    const { source } = declaration;
    try {
      const resolved = await reconciler.resolve(declaration, life.signal);
      due.set(source, { at: now() + everyMs, failures: 0 });
      return { ...resolved, source, checkedAt: now() };
    } catch {
      const failures = (due.get(source)?.failures ?? 0) + 1;
      due.set(source, { at: now() + backoffMs(failures, 2 * MINUTE, everyMs), failures });
      return null;
    }
  };

  const isDue = (source: string): boolean => {
    const known = due.get(source);
    if (known !== undefined) return known.at <= now();
    // It was looked up when it was installed, a moment ago.
    due.set(source, { at: now() + Math.round(everyMs * (0.5 + roll() / 2)), failures: 0 });
    return false;
  };

  const forgetUndeclared = (sources: ReadonlyMap<string, unknown>): string[] => {
    const gone = [...due.keys()].filter((source) => !sources.has(source));
    for (const source of gone) due.delete(source);
    return gone.filter((source) => latest.delete(source));
  };

  const announce = async (moved: ReadonlySet<string>): Promise<void> => {
    for (const entry of entries()) {
      const { plugins } = entry.spec;
      const isConcerned = plugins.some(({ source, track }) => moved.has(source) || track === 'auto');
      if (!isConcerned) continue;
      const outdated = (await outdatedOf(entry)).filter(({ dismissed }) => !dismissed);
      const news = outdated.filter(({ source }) => moved.has(source));
      if (news.length > 0) {
        const found = news.map(({ name, latest: newest }) => ({ name, latest: newest }));
        note(entry, 'plugins.outdated', { plugins: found });
      }
      follow(entry, outdated);
    }
  };

  /** A level, not a pulse: whoever is in no state to hear it now hears it with the next tick. */
  const follow = (entry: Entry, outdated: readonly OutdatedPlugin[]): void => {
    const { blocked, suspicion } = entry.snapshot.context.plugins;
    const tracked = outdated.filter(({ name, source }) => {
      const row = latest.get(source);
      const held = suspicion.held.find((one) => one.name === name && one.source === source);
      const isHeld = held !== undefined && row !== undefined && !isNewer(row, held);
      return isAuto(entry, name) && !isHeld && !blocked.some((one) => one.name === name);
    });
    if (tracked.length === 0) return;
    const occurrence = { type: 'plugins.outdated' as const, plugins: tracked.map(({ name }) => name) };
    if (isPossible(entry, occurrence)) tell(entry, occurrence);
  };

  const tick = async (): Promise<void> => {
    const sources = declared();
    const gone = forgetUndeclared(sources);
    const wanted = [...sources.values()]
      .filter(({ source }) => isDue(source))
      .toSorted((a, b) => (due.get(a.source)?.at ?? 0) - (due.get(b.source)?.at ?? 0))
      .slice(0, budget);
    const rows = (await Promise.all(wanted.map(lookUp))).filter((row) => row !== null);
    if (life.signal.aborted) return;
    const moved = new Set<string>();
    for (const row of rows) {
      const before = latest.get(row.source);
      if (
        before === undefined ||
        isNewer(row, { revision: before.revision, treeHash: before.treeHash ?? '' })
      ) {
        moved.add(row.source);
      }
      latest.set(row.source, row);
    }
    if (rows.length + gone.length > 0) await store.saveDrift({ set: rows, forget: gone });
    await announce(moved);
  };

  return {
    load(): void {
      for (const row of store.drift()) {
        latest.set(row.source, row);
        due.set(row.source, { at: row.checkedAt + everyMs, failures: 0 });
      }
    },
    /** Looks up what is due, within its budget. A tick that comes while one is under way does nothing. */
    async tick(): Promise<void> {
      if (isTicking) return;
      isTicking = true;
      try {
        await tick();
      } finally {
        isTicking = false;
      }
    },
    outdatedOf,
    close: (): void => life.abort(),
  };
};

export type Drift = ReturnType<typeof createDrift>;

/** A full commit and a hashed archive are what they are. */
const isFixed = ({ source }: PluginDeclaration): boolean =>
  /#(?:[0-9a-f]{40}|sha256=[0-9a-f]{64})$/.test(source);

const isAuto = ({ spec }: Entry, name: string): boolean =>
  spec.plugins.some((plugin) => plugin.name === name && plugin.track === 'auto');

const idOf = ({ revision, treeHash }: Resolved | PluginContent): string => revision ?? treeHash ?? '';
