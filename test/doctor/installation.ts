import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { onTestFinished } from 'vitest';
import type { WorkspaceSpec } from '../../machines/workspace/spec.ts';
import { createBackup } from '../../src/backup/create-backup.ts';
import { examineAndFix } from '../../src/doctor/examine-and-fix.ts';
import type { InstallationOptions } from '../../src/doctor/installation.ts';
import { type DataFolders, dataFolders } from '../../src/folders.ts';
import { openVault } from '../../src/secrets/vault.ts';
import { openStore } from '../../src/store/open-store.ts';
import { aSpec, aWorkspace, behindItsBack, NOON } from '../store/support.ts';

export const DAY_MS = 86_400_000;

export type Broken = {
  folders: DataFolders;
  /** What the doctor says of one check, e.g. `['problem: …']`. */
  told(id: string, options?: Partial<InstallationOptions> & { isToFix?: boolean }): Promise<string[]>;
  diagnose(options?: Partial<InstallationOptions> & { isToFix?: boolean }): ReturnType<typeof examineAndFix>;
  sql(text: string): void;
};

/** An installation that has run and was stopped, with one external workspace, a secret and a backup; nothing is wrong with it. */
export const anInstallation = async (spec: Partial<WorkspaceSpec> = {}): Promise<Broken> => {
  const root = mkdtempSync(join(tmpdir(), 'keepwell-doctor-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const folders = dataFolders(join(root, 'data'));
  mkdirSync(join(folders.templates, 'coder'), { recursive: true });
  mkdirSync(join(folders.registry, 'lint'), { recursive: true });
  mkdirSync(join(folders.root, 'workspaces', 'w1'), { recursive: true });
  writeFileSync(join(folders.templates, 'coder', 'template.yaml'), 'command: [agent]\n');
  writeFileSync(join(folders.registry, 'lint', 'plugin.yaml'), 'version: 1.0.0\n');
  writeFileSync(folders.adminToken, 'kwa_token\n', { mode: 0o600 });
  const store = openStore({ file: folders.database, now: () => NOON });
  const vault = openVault({ file: folders.secretKey, given: null });
  await store.create(
    aWorkspace('w1', {
      spec: { spec: aSpec('ada', { runtime: 'external', ...spec }), generation: 1 },
      secrets: [vault.seal({ workspaceId: 'w1', name: 'API_KEY' }, 'planted-value', NOON)],
    }),
  );
  await store.close();
  const file = join(folders.root, 'backups', 'one.keepwell-backup');
  await createBackup({ folders, file, passphrase: null, version: '1', now: () => NOON });
  const diagnose: Broken['diagnose'] = (options = {}) =>
    examineAndFix({
      data: folders.root,
      env: { PATH: env.PATH, KEEPWELL_PORT: '0' },
      now: () => NOON + DAY_MS,
      isToFix: false,
      ...options,
    });
  return {
    folders,
    diagnose,
    async told(id, options) {
      const { findings } = await diagnose(options);
      return findings.filter((one) => one.id === id).map(({ verdict, message }) => `${verdict}: ${message}`);
    },
    sql: (text) => behindItsBack(folders.database, (db) => db.exec(text)),
  };
};
