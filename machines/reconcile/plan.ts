import type { PluginDeclaration, RestartPreference, WorkspaceSpec } from '../workspace/spec.ts';
import type {
  HeldPlugin,
  InstalledPlugin,
  InstalledSet,
  PlanEntry,
  PluginContent,
  PluginSwitch,
  Resolved,
} from './outcome.ts';

/**
 * Compares what is declared with what is on disk: one entry per plugin, declared ones first and in order.
 *
 * A plugin is kept while its source is the declared one and its bytes are those that were recorded. References are
 * followed again only where `resolved` says what they stand for now. What is held is not installed, but another
 * version of it is.
 */
export const planPlugins = (
  { plugins, allowEmpty }: Pick<WorkspaceSpec, 'plugins' | 'allowEmpty'>,
  { plugins: installed }: Pick<InstalledSet, 'plugins'>,
  {
    resolved = new Map(),
    held = [],
  }: { resolved?: ReadonlyMap<string, Resolved>; held?: readonly HeldPlugin[] } = {},
): PlanEntry[] => {
  const present = new Map(installed.map((plugin) => [plugin.name, plugin]));
  const wanted = plugins.map((declaration) =>
    planOne(declaration, {
      installed: present.get(declaration.name) ?? null,
      resolved: resolved.get(declaration.name) ?? null,
      held: held.find(({ name }) => name === declaration.name) ?? null,
    }),
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
  resolved: null,
  declaration: null,
  installed,
});

type Found = { installed: InstalledPlugin | null; resolved: Resolved | null; held: HeldPlugin | null };

const planOne = (declaration: PluginDeclaration, { installed, resolved, held }: Found): PlanEntry => {
  const { name, source } = declaration;
  const preference = declaration.restart ?? installed?.restart ?? 'auto';
  const restart = preference !== 'never';
  const as = (action: PlanEntry['action'], why: string, mayRestart = restart): PlanEntry => ({
    name,
    action,
    why,
    restart: mayRestart,
    resolved,
    declaration,
    installed,
  });
  if (held !== null && isHeld(held, declaration, resolved) && installed?.treeHash !== held.treeHash) {
    return as('hold', WHY_HELD[held.why], false);
  }
  if (installed === null) return as('add', 'not installed');
  if (installed.source !== source) return as('update', 'source changed');
  if (!isExpected(declaration, installed)) return as('update', 'expected hash changed');
  if (resolved !== null && isNewer(resolved, installed)) return as('update', 'its reference moved');
  // Putting back what was there needs no restart: the agent loaded it when it was whole.
  if (installed.actualHash === null) return as('update', 'gone from disk', false);
  if (installed.actualHash !== installed.treeHash) return as('update', 'changed on disk', false);
  return as('keep', 'as declared', false);
};

const WHY_HELD: Record<HeldPlugin['why'], string> = {
  quarantined: 'quarantined: the agent crashed with it',
  suspected: 'held back until it is known what makes the agent crash',
  'rolled-back': 'held back by a rollback',
};

/** Whether what would be installed is what is held; where nobody looked, the reference is taken for what it was. */
const isHeld = (held: HeldPlugin, { source }: PluginDeclaration, resolved: Resolved | null): boolean =>
  held.source === source && (resolved === null || !isNewer(resolved, held));

/** Whether what is installed has the hash, of its tree or of its manifest, that the declaration asks for. */
export const isExpected = (
  { sha256 }: Pick<PluginDeclaration, 'sha256'>,
  { treeHash, manifestHash }: Pick<InstalledPlugin, 'treeHash' | 'manifestHash'>,
): boolean => sha256 === undefined || sha256 === treeHash || sha256 === manifestHash;

/** Whether a reference stands for something else than what there is. */
export const isNewer = (
  { revision, treeHash }: Resolved,
  { revision: known, treeHash: hash }: Pick<PluginContent, 'revision' | 'treeHash'>,
): boolean => (revision === null ? treeHash !== null && treeHash !== hash : revision !== known);
