import { chmodSync, readFileSync, type Stats, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Check, type Finding, fine, problem } from '../check.ts';
import type { Installation } from '../installation.ts';

export const secretFiles: Check = {
  id: 'data.secret-files',
  async look(installation) {
    const { root } = installation.folders;
    const owner = statSync(root, { throwIfNoEntry: false })?.uid;
    const there = (await secretPaths(installation)).flatMap((path): { path: string; found: Stats }[] => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found === undefined ? [] : [{ path, found }];
    });
    const findings = there.flatMap(({ path, found }): Finding[] => [
      ...((found.mode & 0o077) === 0 ? [] : [open(root, path, found.mode)]),
      ...(found.uid === owner ? [] : [foreign(root, path, found.uid, Number(owner))]),
    ]);
    if (findings.length > 0 || there.length === 0) return findings;
    return [fine(`Files with secrets can be read by their owner alone (${there.length}).`)];
  },
};

const secretPaths = async ({ folders }: Installation): Promise<string[]> => {
  const { root, adminToken, secretKey, database, config } = folders;
  const backups = (await readdir(join(root, 'backups')).catch(() => [])).map((name) =>
    join(root, 'backups', name),
  );
  const copies = (await readdir(root).catch(() => []))
    .filter((name) => name.startsWith('keepwell.db.'))
    .map((name) => join(root, name));
  return [
    adminToken,
    secretKey,
    database,
    `${database}-wal`,
    ...copies,
    ...backups,
    ...(holdsSecrets(config) ? [config] : []),
  ];
};

/** As a text, so that a file that is no YAML counts as well. */
const holdsSecrets = (config: string): boolean => {
  try {
    return /^\s*(admin_token|metrics_token|notify|secret)\s*:/m.test(readFileSync(config, 'utf8'));
  } catch {
    return false;
  }
};

const open = (root: string, path: string, mode: number): Finding =>
  problem(
    `${relative(root, path)} holds secrets, and others can read it (mode ${(mode & 0o777).toString(8)}).`,
    `chmod 600 '${path}'; if others use this machine, take what is in it for known.`,
    {
      says: 'lets only its owner read it',
      async run() {
        chmodSync(path, 0o600);
        return `${relative(root, path)} has mode 600 now.`;
      },
    },
  );

const foreign = (root: string, path: string, uid: number, owner: number): Finding =>
  problem(
    `${relative(root, path)} belongs to user ${uid}, the data folder to user ${owner}.`,
    `sudo chown --reference='${root}' '${path}'`,
  );
