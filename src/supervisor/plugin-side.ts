import type { PluginGeneration } from '../../machines/reconcile/outcome.ts';
import { KeepwellError } from '../errors.ts';
import type { Occurrence } from './actor-host.ts';
import type { Supervisor } from './api.ts';
import type { Core } from './core.ts';
import type { Drift } from './drift.ts';
import type { Entry } from './entry.ts';
import { isEqual } from './is-equal.ts';
import { lively } from './lively.ts';
import type { Reconciler } from './ports.ts';
import { requirePossible } from './verbs.ts';
import { viewOf } from './views.ts';

type PluginSide = Pick<
  Supervisor,
  | 'plugins'
  | 'plan'
  | 'pluginHistory'
  | 'download'
  | 'rollback'
  | 'updatePlugins'
  | 'releasePlugin'
  | 'dismissUpdate'
  | 'outdated'
>;

/** What may be asked of the plugins of a workspace, and what operators may do about them. */
export const pluginSide = ({
  directory,
  host,
  reconciler,
  drift,
}: Pick<Core, 'directory' | 'host'> & {
  reconciler: Reconciler;
  drift: Pick<Drift, 'outdatedOf'>;
}): PluginSide => {
  const tell = async (entry: Entry, what: string, occurrence: Occurrence) => {
    requirePossible(entry, what, occurrence);
    await host.send(entry, occurrence);
    return viewOf(entry);
  };

  const requireDeclared = ({ spec }: Entry, names: readonly string[]): void => {
    const missing = names.filter((name) => !spec.plugins.some((plugin) => plugin.name === name));
    if (missing.length > 0) {
      throw new KeepwellError('PLUGIN_NOT_DECLARED', {
        message: `Not declared: ${missing.join(', ')}.`,
        details: { missing },
      });
    }
  };

  return {
    async plugins(key) {
      const entry = directory.get(key);
      const [installed, outdated] = await Promise.all([
        reconciler.installed(entry.id),
        drift.outdatedOf(entry),
      ]);
      const { blocked, suspicion } = entry.snapshot.context.plugins;
      return { declared: entry.spec.plugins, installed, blocked, held: suspicion.held, outdated };
    },

    plan: (key, options) => reconciler.plan(key === null ? null : directory.get(key).id, options),
    pluginHistory: (key) => reconciler.history(directory.get(key).id),
    download: (key, plugin) => reconciler.download(directory.get(key).id, plugin),

    async rollback(key, to) {
      const { id } = lively(directory.get(key));
      const history = await reconciler.history(id);
      const target = chooseTarget(history, to);
      await reconciler.checkRestorable(id, target);
      requireStillDeclared(lively(directory.byId(id)), history, target);
      return tell(lively(directory.byId(id)), 'rollback', { type: 'operator.rolledBack', to: target });
    },

    async updatePlugins(key, plugins) {
      const entry = lively(directory.get(key));
      if (plugins !== 'all') requireDeclared(entry, plugins);
      // By name: what cannot be looked up is a failure then, and tried again.
      const asked = plugins === 'all' ? entry.spec.plugins.map(({ name }) => name) : plugins;
      return tell(entry, 'update', { type: 'operator.updated', plugins: asked });
    },

    async releasePlugin(key, plugin) {
      const entry = lively(directory.get(key));
      const { held } = entry.snapshot.context.plugins.suspicion;
      if (!held.some(({ name }) => name === plugin)) throw new KeepwellError('PLUGIN_NOT_HELD');
      return tell(entry, 'release', { type: 'operator.released', plugins: [plugin] });
    },

    async dismissUpdate(key, plugin) {
      const entry = lively(directory.get(key));
      requireDeclared(entry, [plugin]);
      const newer = (await drift.outdatedOf(entry)).find(({ name }) => name === plugin);
      if (newer === undefined) throw new KeepwellError('PLUGIN_NOT_OUTDATED');
      if (newer.dismissed) return;
      await tell(entry, 'dismiss', { type: 'operator.dismissed', plugin, revision: newer.latest });
    },

    async outdated(key) {
      const asked = key === null ? [...directory.from(null)] : [directory.get(key)];
      const found = [];
      for (const entry of asked) found.push(...(await drift.outdatedOf(entry)));
      return found;
    },
  };
};

/** What is not declared would be taken away again at once. */
const requireStillDeclared = (
  { spec }: Entry,
  history: readonly PluginGeneration[],
  target: number,
): void => {
  const plugins = history.find(({ generation }) => generation === target)?.plugins ?? [];
  const missing = plugins
    .map(({ name }) => name)
    .filter((name) => !spec.plugins.some((one) => one.name === name));
  if (missing.length === 0) return;
  throw new KeepwellError('STATE_CONFLICT', {
    message: `Plugin generation ${target} holds what is not declared any more: ${missing.join(', ')}.`,
    hint: '`keepwell plugins add` declares it again; then go back.',
    details: { missing },
  });
};

/** The generation that was asked for, or the newest one before the one in force that held something else. */
const chooseTarget = (history: readonly PluginGeneration[], to: number | null): number => {
  const current = history.find(({ inForce }) => inForce);
  const hashesOf = (one: PluginGeneration | undefined) =>
    (one?.plugins ?? []).map(({ name, treeHash }) => `${name} ${treeHash}`).toSorted();
  const isSame = (one: PluginGeneration | undefined) => isEqual(hashesOf(one), hashesOf(current));
  const target =
    to === null
      ? history.find((one) => one.generation < (current?.generation ?? 0) && !isSame(one))
      : history.find(({ generation }) => generation === to);
  if (to !== 0 && target === undefined) {
    throw new KeepwellError('PLUGIN_GENERATION_NOT_FOUND', {
      message:
        to === null
          ? 'There is no earlier plugin generation to go back to.'
          : `There is no plugin generation ${to}.`,
      details: { available: history.map(({ generation }) => generation) },
    });
  }
  if (isSame(target)) {
    throw new KeepwellError('STATE_CONFLICT', {
      message: `What plugin generation ${to} holds is in force already.`,
      hint: '`keepwell plugins history` shows what each generation holds.',
    });
  }
  return target?.generation ?? 0;
};
