import { join } from 'node:path';
import type { WorkspaceFolders } from '../folders.ts';
import { MARK_VARIABLE } from './instance-mark.ts';

/** Everything an instance sees in its environment, later ones winning: inherited, the operator's, ours. */
export const instanceEnv = (
  inherited: Record<string, string>,
  spec: { workspaceId: string; incarnation: number; env: Record<string, string>; token: string; url: string },
  folders: WorkspaceFolders,
  mark: string,
): Record<string, string> => {
  const plugins = join(folders.configs, 'plugins');
  return {
    // The supervisor's own settings are none of the agent's business.
    ...Object.fromEntries(Object.entries(inherited).filter(([name]) => !name.startsWith('KEEPWELL_'))),
    ...spec.env,
    KEEPWELL_URL: spec.url,
    KEEPWELL_WORKSPACE_ID: spec.workspaceId,
    KEEPWELL_TOKEN: spec.token,
    KEEPWELL_INCARNATION: String(spec.incarnation),
    KEEPWELL_PLUGINS_DIR: plugins,
    WORKSPACE_ID: spec.workspaceId,
    PLATFORM_URL: spec.url,
    WORKSPACE_CONFIG_PATH: folders.configs,
    PLUGINS_DIR: plugins,
    [MARK_VARIABLE]: mark,
  };
};
