import type { Check } from './check.ts';
import { audit } from './checks/audit.ts';
import { backups } from './checks/backups.ts';
import { clock } from './checks/clock.ts';
import { configuration } from './checks/configuration.ts';
import { dataFolder } from './checks/data-folder.ts';
import { database } from './checks/database.ts';
import { diskSpace } from './checks/disk-space.ts';
import { docker } from './checks/docker.ts';
import { git, ssh } from './checks/git.ts';
import { leftovers } from './checks/leftovers.ts';
import { lock } from './checks/lock.ts';
import { nodeVersion } from './checks/node-version.ts';
import { pluginCache } from './checks/plugin-cache.ts';
import { port } from './checks/port.ts';
import { registry } from './checks/registry.ts';
import { secretFiles } from './checks/secret-files.ts';
import { secrets } from './checks/secrets.ts';
import { templates } from './checks/templates.ts';
import { workspaceFolders } from './checks/workspace-folders.ts';
import { workspaces } from './checks/workspaces.ts';

/** Every check, from what all others stand on to what stands on all others. */
export const CHECKS: readonly Check[] = [
  nodeVersion,
  dataFolder,
  secretFiles,
  diskSpace,
  lock,
  configuration,
  port,
  clock,
  database,
  audit,
  leftovers,
  secrets,
  git,
  ssh,
  docker,
  templates,
  registry,
  pluginCache,
  workspaceFolders,
  workspaces,
  backups,
];
