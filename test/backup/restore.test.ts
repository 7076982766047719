import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBackup } from '../../src/backup/create-backup.ts';
import { placeNew } from '../../src/backup/place-new.ts';
import { readManifestOf } from '../../src/backup/read-backup.ts';
import { restoreBackup, verifyBackup } from '../../src/backup/restore-backup.ts';
import { anInstallation } from '../doctor/installation.ts';
import { aFolder, NOON } from '../store/support.ts';

/** An installation with a secret, and a backup of it with its keys. */
const backedUp = async () => {
  const { folders } = await anInstallation();
  const file = join(aFolder(), 'one.keepwell-backup');
  const passphrase = { text: 'correct horse' };
  const manifest = await createBackup({
    folders,
    file,
    passphrase: passphrase.text,
    version: '1',
    now: () => NOON,
  });
  return { folders, file, passphrase, manifest, elsewhere: join(aFolder(), 'new', 'data') };
};

/** A backup of nothing but what it says of itself. */
const saying = async (manifest: string): Promise<string> => {
  const tar = pack();
  tar.entry({ name: 'manifest.json' }, manifest);
  tar.finalize();
  const file = join(aFolder(), 'odd.keepwell-backup');
  writeFileSync(file, await buffer(tar.pipe(createGzip())));
  return file;
};

describe('what is restored', () => {
  it('opens with the key that came with it', async () => {
    const { file, passphrase, elsewhere } = await backedUp();
    expect(await restoreBackup(file, elsewhere, passphrase)).toMatchObject({ lostSecrets: [] });
  });

  it('says by name which secrets no key here opens, and finds a key that the configuration gives', async () => {
    const { folders, file, elsewhere } = await backedUp();
    const lost = [{ name: 'API_KEY', workspace: 'ada' }];
    expect(await restoreBackup(file, elsewhere, 'leave')).toMatchObject({ lostSecrets: lost });
    rmSync(elsewhere, { recursive: true });
    const wrong = randomBytes(32).toString('base64');
    expect(await restoreBackup(file, elsewhere, 'leave', wrong)).toMatchObject({ lostSecrets: lost });
    rmSync(elsewhere, { recursive: true });
    const right = readFileSync(folders.secretKey, 'utf8').trim();
    expect(await restoreBackup(file, elsewhere, 'leave', right)).toMatchObject({ lostSecrets: [] });
  });

  it.skipIf(process.platform !== 'linux')(
    'is on the disk before it is called restored: every file, every folder',
    async () => {
      const { file, passphrase, elsewhere } = await backedUp();
      const probe = await open(file, 'r');
      const prototype = Object.getPrototypeOf(probe) as FileHandle;
      await probe.close();
      const { sync } = prototype;
      const synced: string[] = [];
      vi.spyOn(prototype, 'sync').mockImplementation(async function (this: FileHandle) {
        synced.push(readlinkSync(`/proc/self/fd/${this.fd}`));
        await sync.call(this);
      });
      onTestFinished(() => void vi.restoreAllMocks());
      await restoreBackup(file, elsewhere, passphrase);
      const places = synced.map((path) => path.replace(/\/\.restoring-\w+/, ''));
      const restored = readdirSync(elsewhere, { recursive: true, encoding: 'utf8' }).map((name) =>
        join(elsewhere, name),
      );
      expect(restored.length).toBeGreaterThan(8);
      expect(restored.filter((path) => !places.includes(path))).toEqual([]);
      // The names in the folder come after what they name, and the folder's own name last.
      expect(synced.slice(-2)).toEqual([elsewhere, join(elsewhere, '..')]);
    },
  );
});

describe('a backup', () => {
  it('whose manifest has another shape says what is wrong with it', async () => {
    const { manifest } = await backedUp();
    const oddities: [unknown, RegExp][] = [
      [{ ...manifest, files: [{ path: 1 }] }, /makes no sense: files\.0/],
      [{ ...manifest, journal: null }, /makes no sense: journal/],
      [{ ...manifest, keys: 'lost' }, /makes no sense: keys/],
      [{ ...manifest, format: 'x' }, /makes no sense: format/],
      [{}, /makes no sense/],
      [[], /makes no sense/],
      [null, /not a JSON object/],
      ['text', /not a JSON object/],
    ];
    for (const [odd, said] of oddities) {
      const file = await saying(JSON.stringify(odd));
      await expect(verifyBackup(file, null)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED', message: said });
      await expect(readManifestOf(file)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED', message: said });
    }
    const broken = await saying('{"format": 1');
    await expect(verifyBackup(broken, null)).rejects.toMatchObject({ message: /not a JSON object/ });
  });

  it('of a later format is refused as that, however its manifest looks', async () => {
    const file = await saying('{"format": 2, "wholly": "different"}');
    await expect(verifyBackup(file, null)).rejects.toMatchObject({ code: 'BACKUP_FROM_FUTURE' });
  });

  it('is verified where nothing can be written, and leaves nothing beside it', async () => {
    const { file, passphrase } = await backedUp();
    const folder = join(file, '..');
    const seen: string[][] = [];
    chmodSync(folder, 0o500);
    onTestFinished(() => chmodSync(folder, 0o700));
    const before = statSync(folder).mtimeMs;
    const looking = setInterval(() => seen.push(readdirSync(folder)), 1);
    await verifyBackup(file, passphrase);
    clearInterval(looking);
    // Root may write anywhere; the folder says whether anybody did.
    expect(statSync(folder).mtimeMs).toBe(before);
    expect(seen.flat().filter((name) => name !== 'one.keepwell-backup')).toEqual([]);
  });

  it('is not put in the place of a file that was made while it was written', async () => {
    const folder = aFolder();
    const [draft, file] = [join(folder, 'draft'), join(folder, 'one')];
    writeFileSync(draft, 'the backup');
    writeFileSync(file, 'somebody else’s');
    await expect(placeNew(draft, file)).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
    expect(readFileSync(file, 'utf8')).toBe('somebody else’s');
    rmSync(file);
    await placeNew(draft, file);
    expect([readFileSync(file, 'utf8'), existsSync(draft)]).toEqual(['the backup', false]);
  });

  it('made twice at once under one name is there once, and the other is told', async () => {
    const { folders } = await anInstallation();
    const file = join(aFolder(), 'one.keepwell-backup');
    const make = (version: string) =>
      createBackup({ folders, file, passphrase: null, version, now: () => NOON });
    const both = await Promise.allSettled([make('1'), make('2')]);
    const made = both.filter((one) => one.status === 'fulfilled');
    expect(made).toHaveLength(1);
    expect(both).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'BACKUP_EXISTS' }),
    });
    expect((await verifyBackup(file, null)).keepwell).toBe(made[0]?.value.keepwell);
    expect(readdirSync(join(file, '..'))).toEqual(['one.keepwell-backup']);
  });
});
