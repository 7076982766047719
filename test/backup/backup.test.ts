import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBackup } from '../../src/backup/create-backup.ts';
import { readManifestOf } from '../../src/backup/read-backup.ts';
import { restoreBackup, verifyBackup } from '../../src/backup/restore-backup.ts';
import { dataFolders } from '../../src/folders.ts';
import { openStore } from '../../src/store/open-store.ts';
import { aRow, aWorkspace, NOON } from '../store/records.ts';

let bench: string;
let file: string;
beforeEach(async () => {
  bench = mkdtempSync(join(tmpdir(), 'keepwell-backup-'));
  file = join(bench, 'one.keepwell-backup');
  const folders = dataFolders(join(bench, 'data'));
  mkdirSync(join(folders.templates, 'coder'), { recursive: true });
  mkdirSync(join(folders.registry, 'lint'), { recursive: true });
  mkdirSync(join(folders.root, 'workspaces', 'w1', 'configs', '.plugins', '3'), { recursive: true });
  writeFileSync(join(folders.templates, 'coder', 'template.yaml'), 'description: codes\n');
  writeFileSync(join(folders.registry, 'lint', 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(folders.root, 'workspaces', 'w1', 'configs', '.plugins', '3.json'), '{"generation":3}');
  writeFileSync(join(folders.root, 'workspaces', 'w1', 'configs', '.plugins', '3', 'big'), 'not in it');
  writeFileSync(folders.secretKey, 'the key of the secrets\n', { mode: 0o600 });
  writeFileSync(folders.adminToken, 'kwa_token\n', { mode: 0o600 });
  const store = openStore({ file: folders.database, now: () => NOON });
  await store.create(aWorkspace('w1'));
  for (let n = 0; n < 20; n += 1) await store.commit({ workspaceId: 'w1', journal: [aRow(`x.n${n}`)] });
  await store.close();
});
afterEach(() => rmSync(bench, { recursive: true, force: true }));

const folders = () => dataFolders(join(bench, 'data'));
const elsewhere = () => join(bench, 'new', 'data');
const create = (passphrase: string | null = 'correct horse') =>
  createBackup({ folders: folders(), file, passphrase, version: '1.2.3', now: () => NOON });
const leftBehind = () =>
  readdirSync(bench).filter((name) => !['data', 'new', 'one.keepwell-backup'].includes(name));

describe('a backup', () => {
  it('restored into a folder that is not there yet is what was backed up, keys and modes and all', async () => {
    const made = await create();
    expect(made).toMatchObject({
      keepwell: '1.2.3',
      keys: 'wrapped',
      secretKey: true,
      journal: { rows: 21 },
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const restored = await restoreBackup(file, elsewhere(), { text: 'correct horse' });
    expect(restored).toMatchObject({ ...made, keysRestored: true });
    const there = dataFolders(elsewhere());
    expect(readFileSync(there.secretKey, 'utf8')).toBe('the key of the secrets\n');
    expect(readFileSync(there.adminToken, 'utf8')).toBe('kwa_token\n');
    expect(statSync(there.secretKey).mode & 0o777).toBe(0o600);
    expect(statSync(join(there.registry, 'lint', 'run.sh')).mode & 0o777).toBe(0o755);
    expect(readFileSync(join(there.templates, 'coder', 'template.yaml'), 'utf8')).toBe(
      'description: codes\n',
    );
    const sets = join(there.root, 'workspaces', 'w1', 'configs', '.plugins');
    expect(readdirSync(sets)).toEqual(['3.json']);
    const store = openStore({ file: there.database, now: () => NOON });
    expect(store.load()).toMatchObject([{ workspaceId: 'w1' }]);
    expect(store.journal('w1', { limit: 99 })).toHaveLength(21);
    await store.close();
    expect(leftBehind()).toEqual([]);
  });

  it('without a passphrase holds no key, and says so', async () => {
    expect(await create(null)).toMatchObject({ keys: 'left out' });
    expect(await restoreBackup(file, elsewhere(), null)).toMatchObject({ keysRestored: false });
    expect(existsSync(dataFolders(elsewhere()).secretKey)).toBe(false);
  });

  it('with one shows nothing of the keys to whoever lacks it, and opens only with the right one', async () => {
    await create();
    await expect(restoreBackup(file, elsewhere(), null)).rejects.toMatchObject({
      code: 'BACKUP_PASSPHRASE_NEEDED',
    });
    await expect(restoreBackup(file, elsewhere(), { text: 'wrong' })).rejects.toMatchObject({
      code: 'BACKUP_PASSPHRASE_WRONG',
    });
    await expect(verifyBackup(file, { text: 'wrong' })).rejects.toMatchObject({
      code: 'BACKUP_PASSPHRASE_WRONG',
    });
    expect(existsSync(elsewhere())).toBe(false);
    expect(await restoreBackup(file, elsewhere(), 'leave')).toMatchObject({ keysRestored: false });
    expect(readdirSync(elsewhere()).toSorted()).toEqual([
      'keepwell.db',
      'registry',
      'templates',
      'workspaces',
    ]);
  });

  it('is whole or not: one changed byte anywhere, or an end that is missing, is noticed', async () => {
    await create();
    await expect(verifyBackup(file, { text: 'correct horse' })).resolves.toMatchObject({ keys: 'wrapped' });
    const whole = readFileSync(file);
    const broken = join(bench, 'data', 'broken');
    const places = Array.from({ length: 12 }, (_, n) => Math.floor((n * (whole.length - 1)) / 11));
    // Bytes 4 to 9 of a gzip file say when and where it was made: nothing depends on them.
    for (const place of places.map((at) => (at >= 4 && at < 10 ? 10 : at))) {
      const bytes = Buffer.from(whole);
      bytes[place] = (bytes[place] as number) ^ 0x10;
      writeFileSync(broken, bytes);
      await expect(verifyBackup(broken, null), `byte ${place}`).rejects.toMatchObject({ code: /BACKUP_/ });
    }
    for (const bytes of [0, 10, Math.floor(whole.length / 2), whole.length - 1]) {
      copyFileSync(file, broken);
      truncateSync(broken, bytes);
      await expect(verifyBackup(broken, null), `${bytes} bytes`).rejects.toMatchObject({
        code: 'BACKUP_DAMAGED',
      });
    }
    expect(leftBehind()).toEqual([]);
  });

  it('is refused where a data folder is in the way, and touches nothing of it', async () => {
    await create();
    const before = readdirSync(folders().root).toSorted();
    await expect(restoreBackup(file, folders().root, 'leave')).rejects.toMatchObject({
      code: 'BACKUP_FOLDER_NOT_EMPTY',
    });
    expect(readdirSync(folders().root).toSorted()).toEqual(before);
    mkdirSync(elsewhere(), { recursive: true });
    await expect(restoreBackup(file, elsewhere(), 'leave')).resolves.toMatchObject({ format: 1 });
  });

  it('of a newer Keepwell is refused, naming both versions, before anything is unpacked', async () => {
    const manifest = await create(null);
    for (const newer of [{ schema: 99 }, { format: 2 }]) {
      const tar = pack();
      tar.entry({ name: 'manifest.json' }, JSON.stringify({ ...manifest, ...newer, keepwell: '9.0.0' }));
      tar.finalize();
      writeFileSync(file, await buffer(tar.pipe(createGzip())));
      await expect(restoreBackup(file, elsewhere(), null)).rejects.toMatchObject({
        code: 'BACKUP_FROM_FUTURE',
        message: expect.stringMatching(/9\.0\.0/),
      });
      await expect(readManifestOf(file)).rejects.toMatchObject({ code: 'BACKUP_FROM_FUTURE' });
    }
    expect(existsSync(elsewhere())).toBe(false);
  });

  it('leads out of the folder it is restored into by no path', async () => {
    const manifest = await create(null);
    for (const name of ['../out', '/out', 'a/../../out']) {
      const tar = pack();
      tar.entry({ name: 'manifest.json' }, JSON.stringify(manifest));
      tar.entry({ name }, 'x');
      tar.finalize();
      writeFileSync(file, await buffer(tar.pipe(createGzip())));
      await expect(restoreBackup(file, elsewhere(), null)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    }
    expect(leftBehind()).toEqual([]);
  });

  it('is not written over another one, nor of a folder without a database', async () => {
    await create();
    await expect(create()).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    const nothing = { folders: dataFolders(join(bench, 'none')), file: join(bench, 'b'), passphrase: null };
    await expect(createBackup({ ...nothing, version: '1', now: () => NOON })).rejects.toMatchObject({
      code: 'BACKUP_NOTHING_THERE',
    });
  });
});
