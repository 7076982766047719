import type { BlockedPlugin, HeldPlugin, InstalledPlugin, OutdatedPlugin, PluginsWire } from '../../wire.ts';

export type PluginState = 'installed' | 'damaged' | 'failed' | 'held' | 'missing' | 'undeclared';

export type PluginLine = {
  name: string;
  source: string;
  state: PluginState;
  installed: InstalledPlugin | null;
  blocked: BlockedPlugin | null;
  held: HeldPlugin | null;
  outdated: OutdatedPlugin | null;
};

/** Everything that is known of each plugin in one line: the declared ones in order, then what else is on disk. */
export const joinPlugins = ({ declared, installed, blocked, held, outdated }: PluginsWire): PluginLine[] => {
  const named = <T extends { name: string }>(items: T[], name: string): T | null =>
    items.find((item) => item.name === name) ?? null;
  const lineOf = ({ name, source }: { name: string; source: string }, isDeclared: boolean): PluginLine => {
    const line = {
      name,
      source,
      installed: named(installed.plugins, name),
      blocked: named(blocked, name),
      held: named(held, name),
      outdated: named(outdated, name),
    };
    return { ...line, state: stateOf(line, isDeclared) };
  };
  const others = installed.plugins.filter(({ name }) => named(declared, name) === null);
  return [...declared.map((each) => lineOf(each, true)), ...others.map((each) => lineOf(each, false))];
};

const stateOf = (
  { installed, blocked, held }: Omit<PluginLine, 'state'>,
  isDeclared: boolean,
): PluginState => {
  if (!isDeclared) return 'undeclared';
  if (held !== null) return 'held';
  if (blocked !== null) return 'failed';
  if (installed === null) return 'missing';
  return installed.intact ? 'installed' : 'damaged';
};
