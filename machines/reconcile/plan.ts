import type { PluginDeclaration, RestartPreference, WorkspaceSpec } from '../workspace/spec.ts';
import type { InstalledPlugin, InstalledSet, PlanEntry, PluginSwitch } from './outcome.ts';

/** What a reference stands for now, where somebody looked. */
export type Resolved = { revision: string | null; treeHash: string | null };

/**
 * Compares what is declared with what is on disk: one entry per plugin, declared ones first and in order.
 *
 * A plugin is kept while its source is the declared one and its bytes are those that were recorded. References are
 * followed again only where `resolved` says what they stand for now.
 */
export const planPlugins = (
  { plugins, allowEmpty }: Pick<WorkspaceSpec, 'plugins' | 'allowEmpty'>,
  { plugins: installed }: Pick<InstalledSet, 'plugins'>,
  resolved: ReadonlyMap<string, Resolved> = new Map(),
): PlanEntry[] => {
  const present = new Map(installed.map((plugin) => [plugin.name, plugin]));
  const wanted = plugins.map((declaration) =>
    planOne(declaration, present.get(declaration.name) ?? null, resolved.get(declaration.name)),
  );
  const declared = new Set(plugins.map(({ name }) => name));
  const mayEmpty = plugins.length > 0 || allowEmpty;
  const others = installed
    .filter(({ name }) => !declared.has(name))
    .map((plugin): PlanEntry => {
      const { name } = plugin;
      return mayEmpty
        ? {
            ...remains(name, plugin),
            action: 'remove',
            why: 'no longer declared',
            restart: plugin.restart !== 'never',
          }
        : {
            ...remains(name, plugin),
            why: 'an empty declaration removes nothing unless it says allow_empty',
          };
    });
  return [...wanted, ...others];
};

/** The restart that putting `now` where `before` was makes due. */
export const makesRestartDue = (
  preference: RestartPreference,
  before: Pick<InstalledPlugin, 'treeHash' | 'coreHash'> | null,
  now: Pick<InstalledPlugin, 'treeHash' | 'coreHash'> | null,
): boolean => {
  if (preference === 'never') return false;
  if (before === null || now === null) return true;
  return preference === 'always' ? before.treeHash !== now.treeHash : before.coreHash !== now.coreHash;
};

/** What switches after `knownGeneration` changed: an interrupted reconcile made them and never told. */
export const unaccountedFor = (
  { switches }: Pick<InstalledSet, 'switches'>,
  knownGeneration: number,
): Omit<PluginSwitch, 'generation'> => {
  const missed = switches.filter(({ generation }) => generation > knownGeneration);
  return {
    changed: [...new Set(missed.flatMap(({ changed }) => changed))],
    restartNeeded: missed.some(({ restartNeeded }) => restartNeeded),
  };
};

const remains = (name: string, installed: InstalledPlugin): PlanEntry => ({
  name,
  action: 'keep',
  why: 'as declared',
  restart: false,
  declaration: null,
  installed,
});

const planOne = (
  declaration: PluginDeclaration,
  installed: InstalledPlugin | null,
  resolved: Resolved | undefined,
): PlanEntry => {
  const { name, source, sha256 } = declaration;
  const preference = declaration.restart ?? installed?.restart ?? 'auto';
  const restart = preference !== 'never';
  if (installed === null) {
    return { name, action: 'add', why: 'not installed', restart, declaration, installed };
  }
  const update = (why: string, mayRestart = restart): PlanEntry => ({
    name,
    action: 'update',
    why,
    restart: mayRestart,
    declaration,
    installed,
  });
  if (installed.source !== source) return update('source changed');
  if (sha256 !== undefined && sha256 !== installed.treeHash) return update('expected hash changed');
  if (resolved !== undefined && isNewer(resolved, installed)) return update('its reference moved');
  // Putting back what was there needs no restart: the agent loaded it when it was whole.
  if (installed.actualHash === null) return update('gone from disk', false);
  if (installed.actualHash !== installed.treeHash) return update('changed on disk', false);
  return { ...remains(name, installed), declaration };
};

const isNewer = ({ revision, treeHash }: Resolved, installed: InstalledPlugin): boolean =>
  revision === null ? treeHash !== null && treeHash !== installed.treeHash : revision !== installed.revision;
