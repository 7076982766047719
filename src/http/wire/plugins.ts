import type { InstalledPlugin, PlanEntry } from '../../../machines/reconcile/outcome.ts';
import type { OutdatedPlugin, PluginsView } from '../../supervisor/api.ts';
import { iso } from '../schemas/nullable.ts';
import { blockedToWire, heldToWire } from './view.ts';

export const pluginsToWire = ({ declared, installed, blocked, held, outdated }: PluginsView) => ({
  declared,
  installed: { generation: installed.generation, plugins: installed.plugins.map(installedToWire) },
  blocked: blocked.map(blockedToWire),
  held: held.map(heldToWire),
  outdated: outdated.map(outdatedToWire),
});

export const outdatedToWire = ({ workspaceId, checkedAt, ...outdated }: OutdatedPlugin) => ({
  workspace_id: workspaceId,
  ...outdated,
  checked_at: iso(checkedAt),
});

export const planEntryToWire = ({
  name,
  action,
  why,
  restart,
  resolved,
  declaration,
  installed,
}: PlanEntry) => ({
  name,
  action,
  why,
  restart,
  resolved: resolved === null ? null : { revision: resolved.revision, tree_hash: resolved.treeHash },
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
