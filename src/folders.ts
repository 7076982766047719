import { join } from 'node:path';

/** Where one workspace keeps its files. The agent sees `configs` and `workspace`; it is told where they are. */
export type WorkspaceFolders = { root: string; configs: string; workspace: string; logs: string };

/** Here an id becomes a path: nothing that leads elsewhere may pass. */
const WORKSPACE_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Every path in a data folder, in one place. `root` is absolute. */
export const dataFolders = (root: string) => ({
  root,
  database: join(root, 'keepwell.db'),
  lock: join(root, 'keepwell.lock'),
  adminToken: join(root, 'admin-token'),
  secretKey: join(root, 'secret-key'),
  config: join(root, 'keepwell.yaml'),
  templates: join(root, 'templates'),
  registry: join(root, 'registry'),
  cache: join(root, 'cache'),
  workspace: (id: string): WorkspaceFolders => {
    if (!WORKSPACE_ID.test(id)) throw new Error(`not a workspace id: ${JSON.stringify(id)}`);
    const home = join(root, 'workspaces', id);
    return {
      root: home,
      configs: join(home, 'configs'),
      workspace: join(home, 'workspace'),
      logs: join(home, 'logs'),
    };
  },
});

export type DataFolders = ReturnType<typeof dataFolders>;
