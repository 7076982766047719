import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Check, type Finding, fine, warning } from '../check.ts';
import { setAside, whileStopped } from '../set-aside.ts';

/** What is written under such a name is renamed when it is whole. */
const DRAFT =
  /^(keepwell\.db\.schema-\d+\.draft|\.restoring-.+|.+\.(draft|verifying)-\w{6}|(secret-key|keepwell\.lock\.pid)\.new)$/;

export const leftovers: Check = {
  id: 'data.leftovers',
  async look(installation) {
    const { root } = installation.folders;
    const paths = (await Promise.all([root, join(root, 'backups')].map(entriesOf))).flat();
    const drafts = paths.filter(({ name }) => DRAFT.test(name));
    const copies = paths.filter(({ name }) => /^keepwell\.db\.schema-\d+$/.test(name));
    const kept = copies.map(({ name }) => name).toSorted();
    return [
      ...drafts.map(
        ({ name, path }): Finding =>
          warning(
            `${name} was left behind by something that was interrupted.`,
            'Nobody reads it; unless a backup or a restore is at work right now it can go.',
            {
              says: 'moves it aside',
              run: () =>
                whileStopped(
                  installation,
                  async () => `${name} is now ${await setAside(installation, path)}.`,
                ),
            },
          ),
      ),
      ...(kept.length === 0 ? [] : [fine(`${kept.join(', ')}: the way back to an older version.`)]),
    ];
  },
};

const entriesOf = async (folder: string): Promise<{ name: string; path: string }[]> =>
  (await readdir(folder).catch(() => [])).map((name) => ({ name, path: join(folder, name) }));
