import type { InstalledPlugin, PlanEntry } from '../../../machines/reconcile/outcome.ts';
import type { PluginsView } from '../../supervisor/api.ts';
import { blockedToWire } from './view.ts';

export const pluginsToWire = ({ declared, installed, blocked }: PluginsView) => ({
  declared,
  installed: { generation: installed.generation, plugins: installed.plugins.map(installedToWire) },
  blocked: blocked.map(blockedToWire),
});

export const planEntryToWire = ({ name, action, why, restart, declaration, installed }: PlanEntry) => ({
  name,
  action,
  why,
  restart,
  declaration,
  installed: installed === null ? null : installedToWire(installed),
});

const installedToWire = (plugin: InstalledPlugin) => ({
  name: plugin.name,
  source: plugin.source,
  revision: plugin.revision,
  tree_hash: plugin.treeHash,
  actual_hash: plugin.actualHash,
  intact: plugin.actualHash === plugin.treeHash,
  restart: plugin.restart,
});
