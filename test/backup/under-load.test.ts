import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createBackup } from '../../src/backup/create-backup.ts';
import { journalHash } from '../../src/backup/journal-hash.ts';
import { restoreBackup } from '../../src/backup/restore-backup.ts';
import { dataFolders } from '../../src/folders.ts';
import { openStore } from '../../src/store/open-store.ts';
import { aFolder, aRow, aWorkspace, behindItsBack, NOON } from '../store/support.ts';

const LOOP = fileURLToPath(new URL('../store/commit-loop.ts', import.meta.url));

describe('a backup of a large database', () => {
  it('made while another process writes without a pause is one moment of it, whole', async () => {
    const folders = dataFolders(join(aFolder()));
    const store = openStore({ file: folders.database, now: () => NOON, journalCap: 1_000_000 });
    await store.create(aWorkspace('w1'));
    const message = 'much was said. '.repeat(200);
    for (let n = 0; n < 6; n += 1) {
      const journal = Array.from({ length: 500 }, () =>
        aRow('x.happened', { reason: { code: 'CRASHED', message, hint: null } as never }),
      );
      await store.commit({ workspaceId: 'w1', journal });
    }
    await store.close();
    const pages = behindItsBack(folders.database, (db) => db.pragma('page_count', { simple: true }));
    expect(pages).toBeGreaterThan(2_000);

    const writer = spawn(process.execPath, [LOOP, folders.database], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void writer.kill('SIGKILL'));
    let acknowledged = 0;
    writer.stdout.on('data', (chunk: Buffer) => (acknowledged += chunk.toString().split('\n').length - 1));
    await once(writer.stdout, 'data');
    const before = acknowledged;
    const file = join(aFolder(), 'large.keepwell-backup');
    const made = await createBackup({ folders, file, passphrase: null, version: '1', now: () => NOON });
    const during = acknowledged - before;
    writer.kill('SIGKILL');
    await once(writer, 'exit');
    expect(during).toBeGreaterThan(10);
    expect(made.journal.rows).toBeGreaterThan(3_000 + before);

    const fresh = join(aFolder(), 'data');
    await restoreBackup(file, fresh, null);
    behindItsBack(dataFolders(fresh).database, (db) => {
      expect(journalHash(db)).toEqual(made.journal);
      expect(db.pragma('page_count', { simple: true })).toBeGreaterThan(2_000);
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    });
  });
});
