import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, type Finding, fine, warning } from '../check.ts';
import type { Installation } from '../installation.ts';
import { knownWorkspaces } from '../known-workspaces.ts';
import { setAside, whileStopped } from '../set-aside.ts';

export const workspaceFolders: Check = {
  id: 'workspaces.folders',
  async look(installation) {
    const { database, folders } = installation;
    const known = knownWorkspaces(installation);
    if (known === null || database === null) return [];
    const home = join(folders.root, 'workspaces');
    const found = await readdir(home).catch((): string[] => []);
    const ever = new Set(database.prepare<[], string>('SELECT workspace_id FROM workspaces').pluck().all());
    const missing = known.filter(
      ({ id, spec, snapshot }) =>
        spec?.runtime !== 'external' && hasRun(snapshot) && !existsSync(join(home, id)),
    );
    const orphans = found.filter((id) => !ever.has(id));
    const removed = found.filter((id) => ever.has(id) && !known.some((one) => one.id === id));
    const findings = [
      ...missing.map(({ id, spec }) =>
        warning(
          `The folder of ${spec?.name ?? id} (workspaces/${id}) is gone, with what its agent wrote.`,
          'Put it back from a copy; otherwise the next start of the agent makes an empty one.',
        ),
      ),
      ...orphans.map((id) => orphan(installation, join(home, id), id)),
    ];
    if (findings.length > 0) return findings;
    if (found.length === 0) return [];
    const kept = removed.length === 0 ? '' : ` ${removed.length} of removed workspaces are kept.`;
    return [fine(`The folder of every workspace is in its place (${found.length - removed.length}).${kept}`)];
  },
};

const hasRun = (snapshot: string): boolean => {
  try {
    const { context } = JSON.parse(snapshot) as { context?: { incarnation?: unknown } };
    return Number(context?.incarnation) > 0;
  } catch {
    return false;
  }
};

const orphan = (installation: Installation, path: string, id: string): Finding =>
  warning(
    `workspaces/${id} belongs to no workspace there ever was here.`,
    'It may come from another installation; see what is in it before it goes.',
    {
      says: 'moves it aside',
      run: () =>
        whileStopped(
          installation,
          async () => `workspaces/${id} is now ${await setAside(installation, path)}.`,
        ),
    },
  );
